"""What is yet to be forwarded of the audit trail, as its files and those who remember tell."""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from strongroom.server.audit.endings import chain_of
from strongroom.server.audit.files import NoSegmentFile, lines_of, open_segment
from strongroom.server.audit.openings import moment_of
from strongroom.server.audit.reading import record_of, time_of


class Backlog(NamedTuple):
    """What wasn't forwarded yet.

    Args:
        size: in bytes, those of half a line that a crash left included.
        oldest: when its first record was written; None if there is none.
    """

    size: int
    oldest: datetime | None


def backlog_of(directory: Path, forwarded: Mapping[tuple[str, int], int]) -> Backlog:
    """What is yet to be forwarded of all chains.

    Args:
        directory: of the trail.
        forwarded: so many bytes of a segment, by its chain and number.

    Raises:
        OSError: the directory can't be read.
    """
    paths = {found: path for path in directory.iterdir() if (found := chain_of(path)) is not None}
    rests = [_rest(path, forwarded.get(segment, 0)) for segment, path in paths.items()]
    moments = [oldest for _, oldest in rests if oldest is not None]
    return Backlog(sum(size for size, _ in rests), min(moments, default=None))


def _rest(path: Path, offset: int) -> tuple[int, datetime | None]:
    """How much of a file is behind this byte, and when the record there was written."""
    try:
        with open_segment(path) as file:
            rest = max(file.seek(0, os.SEEK_END) - offset, 0)
            file.seek(offset)
            record = record_of(next(lines_of(file), b"")) if rest else None
    except (NoSegmentFile, OSError):
        return 0, None
    return rest, None if record is None else moment_of(time_of(record))
