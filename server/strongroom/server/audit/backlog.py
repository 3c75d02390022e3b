"""What is yet to be forwarded of the audit trail, as its files and those who remember tell."""

import os
from collections import defaultdict
from collections.abc import Callable
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


def backlog_of(directory: Path, reached: Callable[[str], tuple[int, int]]) -> Backlog:
    """What is yet to be forwarded of all chains.

    Args:
        directory: of the trail.
        reached: gives the number of the segment and the byte to which a chain was forwarded.

    Raises:
        OSError: the directory can't be read.
    """
    chains: defaultdict[str, list[tuple[int, Path]]] = defaultdict(list)
    for path in directory.iterdir():
        found = chain_of(path)
        if found is not None:
            chains[found[0]].append((found[1], path))
    found_behind = [_of_chain(sorted(segments), reached(name)) for name, segments in chains.items()]
    moments = [one.oldest for one in found_behind if one.oldest is not None]
    return Backlog(sum(one.size for one in found_behind), min(moments, default=None))


def _of_chain(segments: list[tuple[int, Path]], reached: tuple[int, int]) -> Backlog:
    size, oldest = 0, None
    for number, path in segments:
        if number < reached[0]:
            continue
        rest, moment = _rest(path, reached[1] if number == reached[0] else 0)
        size += rest
        oldest = oldest or moment
    return Backlog(size, oldest)


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
