"""Reads DER (X.690 §8, §10), as much of it as public keys need."""

from typing import Final

INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
SEQUENCE: Final = 0x30

_LONG_LENGTH = 0x80
_SIGN = 0x80
_MOST_LENGTH_BYTES = 4


class DerError(ValueError):
    """It isn't the DER that was expected."""


class Reader:
    """Takes one value after the other from the contents of a constructed value."""

    def __init__(self, data: bytes) -> None:
        self._rest = data

    def take(self, tag: int) -> bytes:
        """The contents of the next value, whose tag must be this one."""
        if self._bytes(1)[0] != tag:
            raise DerError("Another value was expected.")
        return self._bytes(self._length())

    def sequence(self) -> "Reader":
        """A reader of the next value, a SEQUENCE."""
        return Reader(self.take(SEQUENCE))

    def natural(self) -> int:
        """The next value, an INTEGER above zero."""
        contents = self.take(INTEGER)
        is_negative = bool(contents) and bool(contents[0] & _SIGN)
        is_padded = len(contents) > 1 and contents[0] == 0 and not contents[1] & _SIGN
        number = int.from_bytes(contents, "big")
        if is_negative or is_padded or not number:
            raise DerError("An integer above zero was expected.")
        return number

    def bit_string(self) -> bytes:
        """The next value, a BIT STRING of whole bytes."""
        contents = self.take(BIT_STRING)
        if contents[:1] != b"\0":
            raise DerError("A bit string of whole bytes was expected.")
        return contents[1:]

    def end(self) -> None:
        """Raises DerError if there is more."""
        if self._rest:
            raise DerError("There is more than expected.")

    def _length(self) -> int:
        first = self._bytes(1)[0]
        if first < _LONG_LENGTH:
            return first
        encoded = self._bytes(first - _LONG_LENGTH)
        length = int.from_bytes(encoded, "big")
        # DER has one form of every length: the shortest (X.690 §10.1). The indefinite one has no bytes.
        is_shortest = length >= _LONG_LENGTH and encoded[0] != 0
        if not is_shortest or len(encoded) > _MOST_LENGTH_BYTES:
            raise DerError("A length isn't in its shortest form.")
        return length

    def _bytes(self, count: int) -> bytes:
        if count > len(self._rest):
            raise DerError("It ends too early.")
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken
