"""Forwarding the audit trail: what is in its segments goes to a receiver, in the order of each chain.

It follows the files, so it neither slows a request nor loses a record while the receiver is away. How far it
got is remembered: after a crash some records are sent twice, and none is left out. Syslog has no
acknowledgement: what the receiver had taken and lost before it wrote it down, nobody sends again.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Protocol

import structlog

from strongroom.server.audit.endings import chain_of, segments_in
from strongroom.server.audit.reading import record_of
from strongroom.server.audit.syslog import Connection, message_of
from strongroom.server.core.receivers import Receiver

_POLL_S = 0.5
_SAVE_S = 5.0
_FIRST_DELAY_S, _MAX_DELAY_S = 0.5, 30.0

_log = structlog.get_logger("strongroom.audit")


@dataclass(frozen=True, slots=True)
class Position:
    """How far a chain was forwarded: to this byte of this segment."""

    name: str
    number: int
    offset: int


class Positions(Protocol):
    """Remembers how far chains were forwarded."""

    def find(self, name: str) -> Position | None:
        """How far a chain was; None if it never was."""

    def save(self, position: Position) -> None:
        """Writes it down, if it can be done now."""


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
        self._saved: dict[str, Position] = {}
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
        """Sends what there is; OSError if the receiver or a file fails."""
        for name in self._chains():
            for line in self._lines(name):
                if is_stopping():
                    return
                self._send(name, line)
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

    def _chains(self) -> list[str]:
        return sorted({found[0] for path in self._directory.glob("*.jsonl") if (found := chain_of(path))})

    def _lines(self, name: str) -> Iterator[bytes]:
        """The whole lines of a chain that weren't forwarded yet; each is, once the next is asked for."""
        at = self._at.get(name) or self._positions.find(name) or Position(name, 0, 0)
        for number, path in segments_in(self._directory, name):
            if number < at.number:
                continue
            offset = at.offset if number == at.number else 0
            with path.open("rb") as file:
                file.seek(offset)
                for line in file:
                    if not line.endswith(b"\n"):
                        break  # half of a record, so far
                    yield line
                    offset += len(line)
                    self._at[name] = Position(name, number, offset)

    def _send(self, name: str, line: bytes) -> None:
        record = record_of(line)
        if record is None:
            return
        if self._connection is None:
            self._connection = Connection(self._receiver)
        self._connection.send(message_of(record, line.rstrip(b"\n"), name))

    def _lose(self, error: OSError) -> None:
        if not self._is_behind:
            _log.error("the audit trail isn't forwarded", reason=str(error))  # no defect
        self._is_behind = True
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _save(self, *, now: bool = False) -> None:
        if not now and time.monotonic() < self._save_at:
            return
        self._save_at = time.monotonic() + _SAVE_S
        for name, position in self._at.items():
            if self._saved.get(name) != position:
                self._positions.save(position)
                self._saved[name] = position
