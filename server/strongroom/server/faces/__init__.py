"""Wire protocols: bytes in, bytes out, and nothing decided here."""
