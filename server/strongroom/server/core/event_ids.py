"""Unique ids of requests and events, cheap enough for every request.

A UUID of version 8 (RFC 9562 §5.8): 74 random bits of this process, and a counter of 48 bits.
"""

from collections.abc import Iterator
from itertools import count


class EventIds:
    """Gives ids; thread-safe.

    Args:
        seed: 10 random bytes, another for every process.
    """

    def __init__(self, seed: bytes) -> None:
        number = int.from_bytes(seed[:10])
        head, middle, tail = number >> 48, number >> 32 & 0xFFFF, number >> 14 & 0xFFF
        variant = 0x8000 | number & 0x3FFF
        self._prefix = f"{head:08x}-{middle:04x}-8{tail:03x}-{variant:04x}-"
        self._counter: Iterator[int] = count(1)

    def __call__(self) -> str:
        """A fresh id."""
        return f"{self._prefix}{next(self._counter):012x}"
