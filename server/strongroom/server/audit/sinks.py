"""Where audit records go."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Lock
from typing import Protocol

import orjson


class AuditUnavailable(Exception):
    """Records couldn't be written: what they tell of must not be answered."""


MIN_ROOM_BYTES = 1024 * 1024


class AuditSink(Protocol):
    """Takes audit records; thread-safe."""

    def require_room(self) -> None:
        """Returns if the records of a change can surely be written.

        Raises:
            AuditUnavailable: there is too little room.
        """

    def follow(self) -> None:
        """Goes on where records belong now, if a file was renamed or taken away.

        Raises:
            AuditUnavailable: it can't be opened.
        """

    def write(self, records: Iterable[Mapping[str, object]]) -> None:
        """Writes records, for good.

        Raises:
            AuditUnavailable: not all of them are written.
        """

    def close(self) -> None:
        """Ends the sink."""


class JsonLinesSink:
    """A file of JSON lines, one for each process, only ever appended to.

    A record is in the file before the answer leaves: a killed process loses none. With `fsync` it is on the
    disk too, so that a power failure loses none either, at the price of the disk's latency for each write.

    Args:
        directory: where the files are; made with mode 0700 if it isn't there.
        name: the process's name, such as `worker-0`.
        fsync: True to wait for the disk.
    """

    def __init__(self, directory: Path, name: str, *, fsync: bool = False) -> None:
        self._path = directory / f"{name}.jsonl"
        self._fsync = fsync
        self._lock = Lock()
        self._is_torn = False
        self._descriptor = self._open()

    def write(self, records: Iterable[Mapping[str, object]]) -> None:
        lines = b"".join([orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records])
        try:
            with self._lock:
                self._append(lines)
                if self._fsync:
                    os.fsync(self._descriptor)
        except OSError as error:
            raise AuditUnavailable(f"The audit file can't be written: {error.strerror}.") from None

    def require_room(self) -> None:
        disk = os.fstatvfs(self._descriptor)
        if disk.f_bavail * disk.f_frsize < MIN_ROOM_BYTES:
            raise AuditUnavailable("The disk of the audit trail is full.")

    def follow(self) -> None:
        if self._is_in_place():
            return
        descriptor = self._open()
        with self._lock:
            os.dup2(descriptor, self._descriptor, inheritable=False)
            self._is_torn = False
        os.close(descriptor)

    def _is_in_place(self) -> bool:
        try:
            return os.path.samestat(os.stat(self._path), os.fstat(self._descriptor))  # noqa: PTH116 # as fstat
        except FileNotFoundError:
            return False
        except OSError:
            return True  # it can't be told: what is open is as good as anything

    def _open(self) -> int:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise AuditUnavailable(
                f"The audit file {self._path} can't be opened: {error.strerror}."
            ) from None

    def _append(self, lines: bytes) -> None:
        if self._is_torn:
            lines = b"\n" + lines  # the last line is half a record
        written = os.write(self._descriptor, lines)
        self._is_torn = written != len(lines)
        if self._is_torn:
            raise AuditUnavailable("The audit file took a part of a record only: is the disk full?")

    def close(self) -> None:
        os.close(self._descriptor)
