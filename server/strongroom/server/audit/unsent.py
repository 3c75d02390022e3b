"""What is to be forwarded of a segment: its lines behind a place in it, some at a time."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from strongroom.server.audit.chain import ChainBroken, Head
from strongroom.server.audit.files import NoSegmentFile, is_too_long, lines_of, open_segment
from strongroom.server.audit.states import SegmentState

_SOME_BYTES = 1024 * 1024


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
            NoSegmentFile: no process of the service has begun it as the segment that its name says.
            OSError: it can't be read.
        """
        with open_segment(self.path) as file:
            name = self._name_in(file)
            if name is None:
                return None
            offset = offset_of(name)
            if not 0 <= offset <= os.fstat(file.fileno()).st_size:  # it was cut off: better twice than never
                offset = 0
            file.seek(offset)
            return Unsent(name, offset, list(_some_lines(file)))

    def _name_in(self, file: BinaryIO) -> str | None:
        line = next(lines_of(file), b"")
        if is_too_long(line):
            raise NoSegmentFile("its first line doesn't end")
        if not line.endswith(b"\n"):
            return None
        try:
            state, _ = SegmentState(Head(self.chain, self.number, "")).after(line[:-1])
        except ChainBroken as error:
            raise NoSegmentFile(f"of its first line: {error}") from None
        return f"{self.chain}/{self.number}/{state.head.segment}"  # an id alone could be another's


def _some_lines(file: BinaryIO) -> Iterator[bytes]:
    read = 0
    for line in lines_of(file):
        if not line.endswith(b"\n") and not is_too_long(line):
            return  # half of a record, so far
        yield line
        read += len(line)
        if read >= _SOME_BYTES:
            return
