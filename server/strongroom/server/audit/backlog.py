"""What is yet to be forwarded of the audit trail, as its files and those who remember tell."""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import orjson

from strongroom.server.audit.endings import chain_of

_MOST_OF_A_LINE = 1024 * 1024


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
        # Whoever puts a pipe or a link there keeps nobody waiting.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return 0, None
    try:
        rest = max(os.fstat(descriptor).st_size - offset, 0)
        return rest, _time_in(os.pread(descriptor, _MOST_OF_A_LINE, offset)) if rest else None
    except OSError:
        return 0, None
    finally:
        os.close(descriptor)


def _time_in(data: bytes) -> datetime | None:
    """The time of the first record; None if it isn't a whole one."""
    line, end, _ = data.partition(b"\n")
    try:
        moment = datetime.fromisoformat(orjson.loads(line)["eventTime"]) if end else None
    except (KeyError, TypeError, ValueError):
        return None
    return moment if moment is None or moment.tzinfo else None
