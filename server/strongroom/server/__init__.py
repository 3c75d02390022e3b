"""The service: everything behind the wire."""
