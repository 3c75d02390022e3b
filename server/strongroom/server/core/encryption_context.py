"""The encryption context as additional authenticated data.

Length prefixes make the encoding injective: `{"ab": "c"}` and `{"a": "bc"}` differ, and no pair can be
moved into the header or out of it.
"""

from collections.abc import Mapping

MAX_PAIRS = 64
MAX_BYTES = 8192  # of all keys and values together, in UTF-8

_DOMAIN = b"strongroom/ciphertext/aes-256-gcm\x00"
_EMPTY = bytes(4)


def encode(context: Mapping[str, str]) -> bytes:
    """Encodes a context canonically.

    Returns:
        `u32 count`, then for each pair, sorted by the key's UTF-8 bytes,
        `u32 len(key) ‖ key ‖ u32 len(value) ‖ value`; integers big-endian, no Unicode normalisation.
    """
    if not context:
        return _EMPTY
    pairs = sorted((key.encode(), value.encode()) for key, value in context.items())
    parts = [len(pairs).to_bytes(4)]
    for key, value in pairs:
        parts += (len(key).to_bytes(4), key, len(value).to_bytes(4), value)
    return b"".join(parts)


def authenticated_data(header: bytes, context: Mapping[str, str]) -> bytes:
    """The AAD of a ciphertext blob: a domain label, the blob's header of fixed length, the context."""
    return _DOMAIN + header + encode(context)
