"""Forwarding the audit trail: what is in its segments goes to a receiver, in the order of each chain.

It follows the files, so it neither slows a request nor loses a record while the receiver is away. How far it
got is remembered of each segment, by its id: after a crash some records are sent twice, and none is left out.
No file counts for another: whoever puts one there, whatever its number, keeps back nothing. Syslog has no
acknowledgement: what the receiver had taken and lost before it wrote it down, nobody sends again.
"""

import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import NamedTuple, Protocol

import structlog

from strongroom.server.audit.endings import chain_of
from strongroom.server.audit.files import NoSegmentFile
from strongroom.server.audit.reading import record_of
from strongroom.server.audit.syslog import Connection, TooLong, message_of, shortened
from strongroom.server.audit.unsent import SegmentFile, Unsent
from strongroom.server.core.receivers import Receiver

_POLL_S = 0.5
_SAVE_S = 5.0
_FIRST_DELAY_S, _MAX_DELAY_S = 0.5, 30.0

_log = structlog.get_logger("strongroom.audit")


@dataclass(frozen=True, slots=True)
class Position:
    """How far a segment was forwarded.

    Args:
        name: of the segment, `<chain>/<its number>/<its id>`.
        number: of the segment in its chain.
        offset: how many of its bytes.
    """

    name: str
    number: int
    offset: int


class Positions(Protocol):
    """Remembers how far segments were forwarded."""

    def all(self) -> Iterable[Position]:
        """How far each was; none if that can't be told."""

    def save(self, position: Position) -> None:
        """Writes it down, if it can be done now."""

    def forget(self, names: Collection[str]) -> None:
        """Forgets segments, if it can be done now."""


class _Read(NamedTuple):
    """How a file was when it had been read to its end, and which segment it was; none if it has no name."""

    state: object
    name: str = ""


class Forwarder:
    """Forwards all chains of a directory; for one thread.

    Args:
        directory: of the trail.
        receiver: where it goes.
        positions: remember how far it got.
    """

    def __init__(self, directory: Path, receiver: Receiver, positions: Positions) -> None:
        self._directory = directory
        self._receiver = receiver
        self._positions = positions
        self._at: dict[str, Position] = {}
        self._saved: dict[str, Position] | None = None
        self._read: dict[SegmentFile, _Read] = {}
        self._passed_over: set[SegmentFile] = set()
        self._connection: Connection | None = None
        self._save_at = 0.0
        self._is_behind = False

    def run(self, stopping: Event) -> None:
        """Forwards until it is told to stop; whatever goes wrong is tried again."""
        delay_s = _FIRST_DELAY_S
        while not stopping.is_set():
            try:
                self.forward(stopping.is_set)
            except OSError as error:
                self._lose(error)
                stopping.wait(delay_s)
                delay_s = min(2 * delay_s, _MAX_DELAY_S)
            else:
                delay_s = _FIRST_DELAY_S
                stopping.wait(_POLL_S)
        self.close()

    def forward(self, is_stopping: Callable[[], bool] = lambda: False) -> None:
        """Sends what there is; OSError if the receiver fails."""
        self._remember()
        segments = self._segments()
        for segment in segments:
            self._forward(segment, is_stopping)
            if is_stopping():
                return
        self._forget_all_but(segments)
        self._save()
        if self._is_behind:
            self._is_behind = False
            _log.info("the audit trail is forwarded again")

    def close(self) -> None:
        """Remembers how far it got, and ends the connection."""
        self._save(now=True)
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _segments(self) -> list[SegmentFile]:
        """The files that have names of segments: chain by chain, in their order."""
        files = self._directory.glob("*.jsonl")
        return sorted(SegmentFile(*found, path) for path in files if (found := chain_of(path)) is not None)

    def _forward(self, segment: SegmentFile, is_stopping: Callable[[], bool]) -> None:
        """Sends what is new in a segment."""
        while (unsent := self._unsent(segment)) is not None:
            offset = unsent.offset
            for line in unsent.lines:
                if is_stopping():
                    return
                self._send(segment, line)
                offset += len(line)
                self._at[unsent.name] = Position(unsent.name, segment.number, offset)

    def _unsent(self, segment: SegmentFile) -> Unsent | None:
        """Some of what is new in a segment; one that is none, or that can't be read, keeps back no other."""
        try:
            state = segment.state()
            if segment in self._read and self._read[segment].state == state:
                return None
            found = segment.read_on(self._offset_of)
        except OSError as error:
            self._pass_over(segment, str(error))
            return None
        except NoSegmentFile as error:
            self._pass_over(segment, str(error))
            self._read[segment] = _Read(state)
            return None
        if found is None or found.lines:
            return found
        self._read[segment] = _Read(state, found.name)
        return None

    def _offset_of(self, name: str) -> int:
        return self._at[name].offset if name in self._at else 0

    def _send(self, segment: SegmentFile, line: bytes) -> None:
        record = record_of(line)
        if record is None:
            self._pass_over(segment, "there is what is no record")
            return
        if self._connection is None:
            self._connection = Connection(self._receiver)
        whole = line.rstrip(b"\n")
        for text in (whole, shortened(record, whole)):
            with suppress(TooLong):
                self._connection.send(message_of(record, text, segment.chain))
                return
        self._pass_over(segment, "there is what is too long to be sent")

    def _pass_over(self, segment: SegmentFile, reason: str) -> None:
        if segment not in self._passed_over:
            self._passed_over.add(segment)
            _log.warning("not all of a file is forwarded", file=segment.path.name, reason=reason)

    def _lose(self, error: OSError) -> None:
        if not self._is_behind:
            _log.error("the audit trail isn't forwarded", reason=str(error))  # no defect
        self._is_behind = True
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _remember(self) -> None:
        if self._saved is None:
            self._saved = {one.name: one for one in self._positions.all()}
            self._at = dict(self._saved)

    def _forget_all_but(self, segments: Collection[SegmentFile]) -> None:
        """Forgets what was moved away; where nothing is left, the directory itself may be away."""
        if not segments:
            return
        here = set(segments)
        self._passed_over &= here
        self._read = {segment: read for segment, read in self._read.items() if segment in here}
        gone = self._at.keys() - {read.name for read in self._read.values()}
        for name in gone:
            del self._at[name]
        if gone:
            self._positions.forget(gone)

    def _save(self, *, now: bool = False) -> None:
        if self._saved is None or (not now and time.monotonic() < self._save_at):
            return
        self._save_at = time.monotonic() + _SAVE_S
        for name, position in self._at.items():
            if self._saved.get(name) != position:
                self._positions.save(position)
        self._saved = dict(self._at)
