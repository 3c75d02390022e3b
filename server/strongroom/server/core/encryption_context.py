"""The encryption context as additional authenticated data.

Length prefixes make the encoding injective: `{"ab": "c"}` and `{"a": "bc"}` differ, and no pair can be
moved into the header or out of it.
"""

from collections.abc import Mapping

MAX_PAIRS = 64
MAX_BYTES = 8192  # of all keys and values together, in UTF-8

_DOMAIN = b"strongroom/ciphertext/aes-256-gcm\x00"
_EMPTY = bytes(4)
_MAX_UTF8_BYTES = 4  # of one character


def encode(context: Mapping[str, str]) -> bytes:
    """Encodes a context canonically.

    Returns:
        `u32 count`, then for each pair, sorted by the key's UTF-8 bytes,
        `u32 len(key) ‖ key ‖ u32 len(value) ‖ value`; integers big-endian, no Unicode normalisation.
    """
    if not context:
        return _EMPTY
    # Not items(): protobuf's maps inherit a slow one.
    pairs = sorted([(key.encode(), context[key].encode()) for key in context])
    parts = [len(pairs).to_bytes(4)]
    for key, value in pairs:
        parts += (len(key).to_bytes(4), key, len(value).to_bytes(4), value)
    return b"".join(parts)


def size_bytes(context: Mapping[str, str]) -> int:
    """The size of all keys and values in UTF-8, or a bound above it that is still within MAX_BYTES."""
    characters = sum([len(key) + len(context[key]) for key in context])
    if characters * _MAX_UTF8_BYTES <= MAX_BYTES:
        return characters * _MAX_UTF8_BYTES
    return sum(len(key.encode()) + len(context[key].encode()) for key in context)


def authenticated_data(header: bytes, context: Mapping[str, str]) -> bytes:
    """The AAD of a ciphertext blob: a domain label, the blob's header of fixed length, the context."""
    return _DOMAIN + header + encode(context)
