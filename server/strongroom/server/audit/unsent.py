"""What is to be forwarded of a segment: its lines behind a place in it, some at a time."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from strongroom.server.audit.chain import ChainBroken, Head, checked, segment_of
from strongroom.server.audit.endings import path_of
from strongroom.server.audit.names import OPENED

MOST_LINE_BYTES = 4 * 1024 * 1024
"""More than any record has; what goes on without a line feed comes in pieces of this size."""
_SOME_BYTES = 1024 * 1024
_MOST_NUMBER = 2**62


class NoSegment(Exception):
    """No process of the service has begun this file as the segment that its name says; says why."""


class Unsent(NamedTuple):
    """Lines of a segment.

    Args:
        name: of the segment, `<chain>/<its number>/<its id>`.
        offset: where they begin.
        lines: with their line feeds; a piece of what is too long has none.
    """

    name: str
    offset: int
    lines: list[bytes]


class SegmentFile(NamedTuple):
    """A file that has the name of a segment."""

    chain: str
    number: int
    path: Path

    def state(self) -> object:
        """Another one whenever something was written to it; OSError if it can't be told."""
        found = self.path.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns

    def read_on(self, offset_of: Callable[[str], int]) -> Unsent | None:
        """Some of its lines, or none at its end; None while its first record isn't whole.

        Args:
            offset_of: how far a segment was read before, by its name.

        Raises:
            NoSegment: it is no such segment.
            OSError: it can't be read.
        """
        with self.path.open("rb") as file:
            name = self._name_in(file)
            if name is None:
                return None
            offset = offset_of(name)
            if not 0 <= offset <= os.fstat(file.fileno()).st_size:  # it was cut off: better twice than never
                offset = 0
            file.seek(offset)
            return Unsent(name, offset, list(_some_lines(file)))

    def _name_in(self, file: BinaryIO) -> str | None:
        as_written = path_of(self.path.parent, Head(self.chain, self.number, ""))
        if self.path != as_written or self.number > _MOST_NUMBER:  # else two files would pass for one
            raise NoSegment("its number is none that the service gives")
        line = file.readline(MOST_LINE_BYTES)
        if line.endswith(b"\n"):
            return f"{self.chain}/{self.number}/{self._begun_by(line[:-1])}"  # an id alone could be another's
        if len(line) == MOST_LINE_BYTES:
            raise NoSegment("its first line doesn't end")
        return None

    def _begun_by(self, line: bytes) -> str:
        """The id of the segment that a line begins; NoSegment if it isn't this one."""
        try:
            segment = segment_of(line)
            record = checked(line, Head(self.chain, self.number, segment))
        except ChainBroken as error:
            raise NoSegment(f"of its first line: {error}") from None
        details = record.get("serviceEventDetails")
        if record.get("eventName") != OPENED or not isinstance(details, dict):
            raise NoSegment("its first record begins no segment")
        if (details.get("name"), details.get("number")) != (self.chain, self.number):
            raise NoSegment("its first record begins another segment")
        return segment


def _some_lines(file: BinaryIO) -> Iterator[bytes]:
    read = 0
    while read < _SOME_BYTES:
        line = file.readline(MOST_LINE_BYTES)
        if not line.endswith(b"\n") and len(line) < MOST_LINE_BYTES:
            return  # the end, or half of a record, so far
        yield line
        read += len(line)
