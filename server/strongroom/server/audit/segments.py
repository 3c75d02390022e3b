"""The files of the audit trail: each process writes one chain of segments, and only ever appends.

    <directory>/<process>-<number>.jsonl      worker-0-00000012.jsonl

A record is in the file before its answer leaves, so a killed process loses none, and the file is at its path
then: what went into one that was moved or removed is written again, into the next. Nothing is written behind
what another process wrote: who begins, begins a segment, and says where the one before it ended.
"""

import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Protocol

import orjson

from strongroom.server.audit.chain import Head, linked
from strongroom.server.audit.endings import Ending, path_of
from strongroom.server.audit.errors import AuditUnavailable
from strongroom.server.audit.names import OPENED
from strongroom.server.audit.resuming import resumed

MIN_ROOM_BYTES = 1024 * 1024

_ID_BYTES = 8
_LOCK_TIMEOUT_S = 20.0
_POLL_S = 0.05
_MOST_MOVES = 3  # of the file, while one batch is written

ServiceEvent = Callable[[str, Mapping[str, object]], Mapping[str, object]]
"""Makes the record of something that the service did by itself."""


class Fsync(StrEnum):
    """When records are forced to the disk; a killed process loses none in any case."""

    ALWAYS = "always"
    EVERY_SECOND = "every_second"
    NEVER = "never"


class Ledger(Protocol):
    """Remembers elsewhere how far chains go."""

    def save(self, head: Head) -> None:
        """Writes down how far a chain goes, if it can be done now."""

    def find(self, name: str) -> Head | None:
        """How far a chain went: number 0 of one that was never written; None if it can't be told."""


@dataclass(frozen=True, slots=True)
class SegmentRules:
    """How segments are written.

    Args:
        fsync: when they are forced to the disk.
        most_bytes: the size at which the next one is begun.
        most_s: the age at which it is, in seconds.
    """

    fsync: Fsync = Fsync.EVERY_SECOND
    most_bytes: int = 128 * 1024 * 1024
    most_s: float = 86_400.0


class SegmentSink:
    """Writes the chain of one process; thread-safe.

    Args:
        directory: where the files are; made with mode 0700 if it isn't there.
        name: the process's name, such as `worker-0`.
        event: makes the records that begin and end segments.
        ledger: knows how far the chain went.

    Raises:
        AuditUnavailable: it can't be written, or another process writes it.
    """

    def __init__(
        self, directory: Path, name: str, rules: SegmentRules, event: ServiceEvent, ledger: Ledger
    ) -> None:
        self._directory = directory
        self._name = name
        self._rules = rules
        self._event = event
        self._ledger = ledger
        self._mutex = Lock()
        self._guard = _claimed(directory, name)
        self._descriptor = -1
        self._path = directory
        self._opened_at = 0.0
        self._bytes = 0
        self._identity = (0, 0)
        self._is_torn = False
        self._is_astray = False
        self._is_dirty = False
        self._head = Head(name, 0, "")
        self._told = ""
        self._begin(resumed(directory, name, ledger.find(name)))
        self._tell()

    @property
    def head(self) -> Head:
        """How far the chain goes."""
        return self._head

    @property
    def path(self) -> Path:
        """The file that is written."""
        return self._path

    def write(self, records: Iterable[Mapping[str, object]]) -> None:
        """Writes records, for good.

        Raises:
            AuditUnavailable: not all of them are written.
        """
        bodies = [orjson.dumps(record) for record in records]
        with self._mutex:
            self._append(bodies)
            if self._rules.fsync is Fsync.ALWAYS:
                self._force()
            else:
                self._is_dirty = True

    def require_room(self) -> None:
        """Returns if the records of a change can surely be written.

        Raises:
            AuditUnavailable: there is too little room, or no file at the path that could be written.
        """
        with self._mutex:
            self._keep_place()
            if _room(self._descriptor) < MIN_ROOM_BYTES:
                raise AuditUnavailable("The disk of the audit trail is full.")

    def tend(self) -> None:
        """Forces what was written to the disk, and begins another segment where one is due.

        Raises:
            AuditUnavailable: it can't be done.
        """
        if self._rules.fsync is Fsync.EVERY_SECOND and self._is_dirty:
            self._is_dirty = False
            self._force()
        with self._mutex:
            if self._is_due():
                self._begin(self._ending())
            self._keep_place()
        self._tell()

    def close(self) -> None:
        """Ends the sink."""
        with self._mutex:
            with suppress(AuditUnavailable):
                self._force()
            self._ledger.save(self._head)  # before the next process may begin and ask
            os.close(self._descriptor)
            os.close(self._guard)

    def _tell(self) -> None:
        """Tells the ledger of a segment that was begun: one that it doesn't know isn't believed later."""
        head = self._head
        if self._told != head.segment:
            self._ledger.save(head)
            self._told = head.segment

    def _begin(self, before: Ending) -> None:
        """Begins the segment behind another; where it can't be begun, all is as before."""
        descriptor, path, head = self._made(before.head.number + 1)
        about = {"name": head.name, "number": head.number, "segment": head.segment, **before.as_json()}
        line, head = linked([self._body(OPENED, about)], head)
        if not _is_written(descriptor, line):
            os.close(descriptor)
            with suppress(OSError):
                path.unlink()
            raise AuditUnavailable(f"The audit file {path} can't be begun: is the disk full?")
        self._settle()
        self._descriptor = _in_place_of(self._descriptor, descriptor)
        self._identity = _identity(os.fstat(self._descriptor))
        self._path, self._head = path, head
        self._bytes, self._opened_at = len(line), time.monotonic()
        self._is_torn = self._is_astray = False

    def _made(self, number: int) -> tuple[int, Path, Head]:
        """A new file, of this number or the next one that is free: what is there isn't ours to write to."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        while True:
            head = Head(self._name, number, secrets.token_hex(_ID_BYTES))
            path = path_of(self._directory, head)
            try:
                return os.open(path, flags, 0o600), path, head
            except FileExistsError:
                number += 1
            except OSError as error:
                raise AuditUnavailable(f"The audit file {path} can't be made: {error.strerror}.") from None

    def _settle(self) -> None:
        """Forces the file that is left to the disk, as `tend` would have: nobody comes back to it."""
        if self._rules.fsync is Fsync.EVERY_SECOND and self._is_dirty:
            self._is_dirty = False
            with suppress(AuditUnavailable):  # a broken disk mustn't keep us from another
                self._force()

    def _ending(self) -> Ending:
        return Ending(self._head, os.fstat(self._descriptor).st_size - self._bytes if self._is_torn else 0)

    def _keep_place(self) -> None:
        """Begins another segment where the file isn't at its path any more."""
        if self._is_astray or not self._is_in_place():
            self._is_astray = True
            self._begin(self._ending())

    def _append(self, bodies: list[bytes]) -> None:
        """Appends to a file that is at its path afterwards: what isn't there is no record of an answer."""
        if self._is_torn or self._is_astray:
            self._begin(self._ending())
        for _ in range(_MOST_MOVES):
            self._put(bodies)
            if self._is_in_place():
                return
            self._keep_place()
        raise AuditUnavailable(f"The audit file {self._path} is taken away again and again.")

    def _put(self, bodies: list[bytes]) -> None:
        data, head = linked(bodies, self._head)
        try:
            written = os.write(self._descriptor, data)
        except OSError as error:
            raise AuditUnavailable(f"The audit file can't be written: {error.strerror}.") from None
        if written != len(data):
            self._take_back()
            raise AuditUnavailable("The audit file took a part of a record only: is the disk full?")
        self._bytes += written
        self._head = head

    def _take_back(self) -> None:
        """Removes the half of a record that was written: the next one follows the last whole one."""
        try:
            os.ftruncate(self._descriptor, self._bytes)
        except OSError:
            self._is_torn = True

    def _force(self) -> None:
        try:
            os.fdatasync(self._descriptor)
        except OSError as error:
            raise AuditUnavailable(f"The audit file can't be forced to the disk: {error.strerror}.") from None

    def _is_due(self) -> bool:
        is_old = time.monotonic() - self._opened_at >= self._rules.most_s
        return self._bytes >= self._rules.most_bytes or (is_old and self._head.sequence > 1)

    def _is_in_place(self) -> bool:
        """True if the file at the path is the open one; a microsecond or three, once for each write."""
        try:
            return _identity(os.stat(self._path)) == self._identity  # noqa: PTH116 # as fstat
        except OSError:
            return False  # it can't be told

    def _body(self, name: str, details: Mapping[str, object]) -> bytes:
        return orjson.dumps(self._event(name, details))


def _identity(status: os.stat_result) -> tuple[int, int]:
    """What no other file has, as long as this one is open."""
    return status.st_dev, status.st_ino


def _room(descriptor: int) -> int:
    """The bytes that are free where a file is; none if it can't be told."""
    try:
        disk = os.fstatvfs(descriptor)
    except OSError:
        return 0
    return disk.f_bavail * disk.f_frsize


def _is_written(descriptor: int, line: bytes) -> bool:
    """Writes the first line of a file, and forces it to the disk."""
    try:
        written = os.write(descriptor, line)
        os.fdatasync(descriptor)
    except OSError:
        return False
    return written == len(line)


def _in_place_of(old: int, new: int) -> int:
    """Puts a descriptor in the place of another, under the other's number, which others may be using."""
    if old < 0:
        return new
    os.dup2(new, old, inheritable=False)
    os.close(new)
    return old


def _claimed(directory: Path, name: str) -> int:
    """A descriptor that holds the chain for this process, until it ends; waits for one that is ending."""
    deadline = time.monotonic() + _LOCK_TIMEOUT_S
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        guard = os.open(directory / f".{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        while not _is_locked(guard):
            if time.monotonic() > deadline:
                os.close(guard)
                raise AuditUnavailable(f"Another process writes the audit trail of {name} in {directory}.")
            time.sleep(_POLL_S)
    except OSError as error:
        raise AuditUnavailable(f"The audit trail {directory} can't be opened: {error.strerror}.") from None
    return guard


def _is_locked(guard: int) -> bool:
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
