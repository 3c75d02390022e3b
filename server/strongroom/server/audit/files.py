"""Reading files that others may have put into the directory of the trail."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

MAX_LINE_BYTES = 1024 * 1024
"""A record is a quarter of that at most: what is longer is none."""


class NoSegmentFile(Exception):
    """Something has the name of a segment, and isn't one; says what it is."""


def open_segment(path: Path) -> BinaryIO:
    """Opens a regular file to be read; never waits, as a pipe would make it, and follows no link.

    Raises:
        NoSegmentFile: it isn't a regular file.
        OSError: it can't be read.
    """
    if path.is_symlink():
        raise NoSegmentFile("it is a symbolic link, and no file")
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NoSegmentFile("it is no regular file")
    return os.fdopen(descriptor, "rb")


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file with their line feeds; one that is too long is cut, and the last that is given."""
    while line := file.readline(MAX_LINE_BYTES):
        yield line
        if is_too_long(line):
            break


def is_too_long(line: bytes) -> bool:
    """True for what `lines_of` has cut."""
    return len(line) == MAX_LINE_BYTES and not line.endswith(b"\n")
