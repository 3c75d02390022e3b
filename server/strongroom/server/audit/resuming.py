"""Where a process goes on: behind what its chain's ledger knows, and no record that others may have added.

Whoever can write the directory can add records, and whole segments, while no process writes them. So the
files are believed as far as the ledger knows; beyond it only where they go on from there, and the chain
hadn't ended: a process that was killed wrote more than it had told the ledger. Nothing vouches for that.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from strongroom.server.audit.chain import ChainBroken, Head
from strongroom.server.audit.endings import Ending, segments_in
from strongroom.server.audit.files import NoSegmentFile, is_too_long, lines_of, open_segment
from strongroom.server.audit.states import SegmentState

_log = structlog.get_logger("strongroom.audit")


@dataclass(slots=True)
class _Read:
    """What is in a file, up to the first line that doesn't follow the one before it.

    Args:
        state: how far it goes.
        torn_bytes: what is behind that.
        is_broken: True if a whole line is behind it, which no crash leaves.
        has_known: True if it went through the head that was asked for.
    """

    state: SegmentState
    torn_bytes: int = 0
    is_broken: bool = False
    has_known: bool = False

    @property
    def head(self) -> Head:
        return self.state.head


def resumed(directory: Path, name: str, known: Head | None) -> Ending:
    """How a chain ended.

    Args:
        directory: where its files are.
        name: of the chain.
        known: how far it went as the ledger knows, number 0 of one that was never written; None if that can't
            be told: then the newest file is believed, and not vouched for.
    """
    files = dict(segments_in(directory, name))
    if known is None:
        return _by_files(files, name)
    found = _from(files, known)
    if found.otherwise is not None:
        _log.error(
            "the audit trail isn't as the service left it",
            chain=name,
            file=found.otherwise,
            known_segment=known.number,
            known_records=known.sequence,
        )
    return found


def _by_files(files: Mapping[int, Path], name: str) -> Ending:
    for number in sorted(files, reverse=True):
        read = _read(files[number], Head(name, number, ""))
        if read.head.sequence:
            return Ending(read.head, read.torn_bytes, vouched=0)
    return Ending(Head(name, 0, ""))


def _from(files: Mapping[int, Path], known: Head) -> Ending:
    """Goes on from the head that the ledger knows."""
    at = _Read(SegmentState(known, is_closed=True))  # where its file was moved away nothing tells otherwise
    otherwise = None
    if known.number in files:
        read = _read(files[known.number], known, known)
        if read.has_known:
            at = read
        if read.is_broken or not (read.has_known or _is_shorter(read.head, known)):
            otherwise = files[known.number].name
    if otherwise is None:
        at = _last_behind(files, at)
    strange = otherwise or _beyond(files, at.head)
    vouched = known.sequence if at.head.segment == known.segment else 0
    return Ending(at.head, at.torn_bytes, vouched, strange)


def _is_shorter(head: Head, known: Head) -> bool:
    """True for what a power cut leaves of a segment."""
    return head.segment in {known.segment, ""} and head.sequence < known.sequence


def _last_behind(files: Mapping[int, Path], at: _Read) -> _Read:
    """The last of the segments that follow one another from this one on."""
    while (path := files.get(at.head.number + 1)) is not None:
        read = _read(path, Head(at.head.name, at.head.number + 1, ""))
        if not _goes_on(at, read):
            break
        at = read
    return at


def _goes_on(at: _Read, read: _Read) -> bool:
    """Behind a chain that had ended a process tells the ledger that it goes on, before it writes records."""
    opening = read.state.opening
    if opening is None or read.is_broken or (at.state.is_closed and read.head.sequence > 1):
        return False
    return opening.follows == (at.head if at.head.number else None)


def _beyond(files: Mapping[int, Path], head: Head) -> str | None:
    """The first file behind a head that has a whole line: what else is there a crash may have left."""
    behind = (files[number] for number in sorted(files) if number > head.number)
    return next((path.name for path in behind if _has_a_line(path)), None)


def _has_a_line(path: Path) -> bool:
    try:
        with open_segment(path) as file:
            line = next(lines_of(file), b"")
    except (NoSegmentFile, OSError):
        return True
    return line.endswith(b"\n") or is_too_long(line)


def _read(path: Path, begin: Head, known: Head | None = None) -> _Read:
    """Reads the file of the segment that `begin` names."""
    read = _Read(SegmentState(Head(begin.name, begin.number, "")))
    size = 0
    try:
        with open_segment(path) as file:
            for line in lines_of(file):
                try:
                    read.state = _after(read.state, line)
                except ChainBroken:
                    read.is_broken = line.endswith(b"\n") or is_too_long(line)
                    break
                size += len(line)
                read.has_known = read.has_known or read.head == known
            if not read.is_broken:
                read.torn_bytes = file.seek(0, os.SEEK_END) - size
    except (NoSegmentFile, OSError):
        read.is_broken = True  # who can write the directory mustn't keep the service from its start
    return read


def _after(state: SegmentState, line: bytes) -> SegmentState:
    text = line.removesuffix(b"\n")
    if text == line:
        raise ChainBroken("it isn't whole")
    return state.after(text)[0]
