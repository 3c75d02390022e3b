"""HTTP/2 frames and header blocks, as far as a load generator needs them (RFC 9113 §6, RFC 7541 §6.2)."""

import struct
from collections.abc import Iterator

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
ACK = END_STREAM = 0x1
END_HEADERS = 0x4
PADDED = 0x8
PRIORITY = 0x20
HEADER_TABLE_SIZE, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = 1, 3, 4

FRAME_HEAD_BYTES = 9
MAX_PAYLOAD_BYTES = 16_384
"""What every peer takes in one frame."""
MAX_WINDOW_BYTES = 2**31 - 1
DEFAULT_WINDOW_BYTES = 65_535
MAX_STREAM_ID = 2**31 - 1

_PREFIX_LIMIT = 127
_CONTINUES = 128


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """One frame."""
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def settings(values: dict[int, int]) -> bytes:
    """A SETTINGS frame."""
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", *item) for item in values.items()))


def read_settings(payload: bytes) -> dict[int, int]:
    """The values in a SETTINGS frame."""
    return dict(struct.iter_unpack(">HI", payload))


def literals(headers: dict[str, str]) -> bytes:
    """A header block of literals without indexing and without Huffman coding: the same on every stream."""
    return b"".join(
        b"\x00" + _prefixed(name.encode()) + _prefixed(value.encode()) for name, value in headers.items()
    )


def _prefixed(text: bytes) -> bytes:
    """A string with its length in front (RFC 7541 §5.1 and §5.2)."""
    if len(text) < _PREFIX_LIMIT:
        return bytes([len(text)]) + text
    rest, length = len(text) - _PREFIX_LIMIT, bytearray([_PREFIX_LIMIT])
    while rest >= _CONTINUES:
        length.append(rest % _CONTINUES + _CONTINUES)
        rest //= _CONTINUES
    length.append(rest)
    return bytes(length) + text


def take_frames(buffer: bytearray) -> Iterator[tuple[int, int, int, bytes]]:
    """Kind, flags, stream and payload of every whole frame; what was read is dropped at the end."""
    at, end = 0, len(buffer)
    while end - at >= FRAME_HEAD_BYTES:
        length = int.from_bytes(buffer[at : at + 3], "big")
        begin = at + FRAME_HEAD_BYTES
        if end - begin < length:
            break
        at, head = begin + length, at
        stream = int.from_bytes(buffer[head + 5 : begin], "big")
        yield buffer[head + 3], buffer[head + 4], stream, bytes(buffer[begin:at])
    del buffer[:at]
