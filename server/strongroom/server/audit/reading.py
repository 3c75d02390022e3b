"""Reading the audit trail: the records of all its segments, in the order of their times."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from strongroom.server.audit.endings import chain_of
from strongroom.server.audit.files import NoSegmentFile, is_too_long, lines_of, open_segment

Record = dict[str, Any]
Warn = Callable[[Path, str], None]
"""Is told of a file that isn't read, or not to its end."""

_MAY_BE_DEEP = 200


def records_of(files: Iterable[Path], warn: Warn) -> Iterator[Record]:
    """The records of segments, merged by their times; memory is needed for one record of each chain.

    What is no whole record is passed over: `audit verify` tells of it.

    Raises:
        OSError: a file can't be read.
    """
    named = sorted((found, path) for path in files if (found := chain_of(path)) is not None)
    chains = [[path for _, path in segments] for _, segments in groupby(named, lambda one: one[0][0])]
    return heapq.merge(*(_records_of_chain(chain, warn) for chain in chains), key=time_of)


def _records_of_chain(segments: Iterable[Path], warn: Warn) -> Iterator[Record]:
    for path in segments:
        try:
            with open_segment(path) as file:
                for line in whole_lines(file, path, warn):
                    record = record_of(line)
                    if record is not None:
                        yield record
        except NoSegmentFile as error:
            warn(path, str(error))


def whole_lines(file: BinaryIO, path: Path, warn: Warn) -> Iterator[bytes]:
    """The lines of a file that end with a line feed."""
    for line in lines_of(file):
        if is_too_long(line):
            warn(path, "it has a line that is too long for a record; what is behind it isn't read")
        elif line.endswith(b"\n"):
            yield line


def record_of(line: bytes) -> Record | None:
    """The record of a line; None if it isn't a whole one."""
    if not line.endswith(b"\n"):
        return None
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(record, dict) or not isinstance(record.get("eventTime"), str):
        return None
    return record if _can_be_shown(record, line) else None


def _can_be_shown(record: Record, line: bytes) -> bool:
    """False for what is so deep that it can be read and not written; no record of the service is."""
    if line.count(b"{") + line.count(b"[") < _MAY_BE_DEEP:
        return True
    try:
        orjson.dumps(record)
    except orjson.JSONEncodeError:
        return False
    return True


def time_of(record: Record) -> str:
    """When it was written, as it says: ISO 8601 in UTC, whose texts are ordered as the times are."""
    return str(record["eventTime"])


def members(record: Record, name: str) -> Mapping[str, Any]:
    """A member of a record that should be an object; anybody may have written something else there."""
    found = record.get(name)
    return found if isinstance(found, dict) else {}


def arns_of(record: Record) -> list[str]:
    """ARNs of the keys and aliases that it is about."""
    found = record.get("resources")
    objects = found if isinstance(found, list) else []
    return [str(one.get("ARN", "")) for one in objects if isinstance(one, dict)]


def made_key_of(record: Record) -> Mapping[str, Any]:
    """What it says of a key that was made."""
    return members(dict(members(record, "responseElements")), "keyMetadata")
