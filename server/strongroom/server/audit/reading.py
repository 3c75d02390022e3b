"""Reading an audit trail back: the records of all its segments, in the order of their times."""

import heapq
from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import orjson

from strongroom.server.audit.endings import chain_of

Record = dict[str, Any]


def records_of(files: Iterable[Path]) -> Iterator[Record]:
    """The records of segments, merged by their times; memory is needed for one record of each chain.

    What is no whole record is passed over: `audit verify` tells of it.

    Raises:
        OSError: a file can't be read.
    """
    named = sorted((found, path) for path in files if (found := chain_of(path)) is not None)
    chains = [[path for _, path in segments] for _, segments in groupby(named, lambda one: one[0][0])]
    return heapq.merge(*map(_records_of_chain, chains), key=time_of)


def _records_of_chain(segments: Iterable[Path]) -> Iterator[Record]:
    return chain.from_iterable(map(records_in, segments))


def records_in(path: Path) -> Iterator[Record]:
    """The whole records of one segment."""
    with path.open("rb") as file:
        for line in file:
            record = record_of(line)
            if record is not None:
                yield record


def record_of(line: bytes) -> Record | None:
    """The record of a line; None if it isn't a whole one."""
    if not line.endswith(b"\n"):
        return None
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return record if isinstance(record, dict) and isinstance(record.get("eventTime"), str) else None


def time_of(record: Record) -> str:
    """When it was written, as it says: ISO 8601 in UTC, whose texts are ordered as the times are."""
    return str(record["eventTime"])
