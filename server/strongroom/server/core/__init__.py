"""The rules of a key management service, as pure functions and data: no I/O, no clock, no token."""
