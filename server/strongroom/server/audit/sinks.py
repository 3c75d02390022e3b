"""Where audit records go."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Lock
from typing import Protocol

import orjson


class AuditUnavailable(Exception):
    """Records couldn't be written: what they tell of must not be answered."""


class AuditSink(Protocol):
    """Takes audit records; thread-safe."""

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
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            self._descriptor = os.open(self._path, flags, 0o600)
        except OSError as error:
            raise AuditUnavailable(
                f"The audit file {self._path} can't be opened: {error.strerror}."
            ) from None

    def write(self, records: Iterable[Mapping[str, object]]) -> None:
        lines = b"".join([orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records])
        try:
            self._append(lines)
            if self._fsync:
                os.fsync(self._descriptor)
        except OSError as error:
            raise AuditUnavailable(f"The audit file can't be written: {error.strerror}.") from None

    def _append(self, lines: bytes) -> None:
        with self._lock:
            if self._is_torn:
                lines = b"\n" + lines  # the last line is half a record
            written = os.write(self._descriptor, lines)
            self._is_torn = written != len(lines)
        if self._is_torn:
            raise AuditUnavailable("The audit file took a part of a record only: is the disk full?")

    def close(self) -> None:
        os.close(self._descriptor)
