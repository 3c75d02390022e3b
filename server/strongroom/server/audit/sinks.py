"""Where audit records go."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import orjson


class AuditUnavailable(Exception):
    """A record couldn't be written: what it tells of must not be answered."""


class AuditSink(Protocol):
    """Takes audit records; thread-safe."""

    def write(self, record: Mapping[str, object]) -> None:
        """Writes one record, for good.

        Raises:
            AuditUnavailable: it isn't written.
        """

    def close(self) -> None:
        """Ends the sink."""


class JsonLinesSink:
    """A file of JSON lines, one for each process, only ever appended to.

    A record is in the file before the answer leaves: a killed process loses none. With `fsync` it is on the
    disk too, so that a power failure loses none either, at the price of the disk's latency for each request.

    Args:
        directory: where the files are; made with mode 0700 if it isn't there.
        name: the process's name, such as `worker-0`.
        fsync: True to wait for the disk.
    """

    def __init__(self, directory: Path, name: str, *, fsync: bool = False) -> None:
        self._path = directory / f"{name}.jsonl"
        self._fsync = fsync
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            self._descriptor = os.open(self._path, flags, 0o600)
        except OSError as error:
            raise AuditUnavailable(
                f"The audit file {self._path} can't be opened: {error.strerror}."
            ) from None

    def write(self, record: Mapping[str, object]) -> None:
        line = orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
        try:
            written = os.write(self._descriptor, line)  # appended whole: O_APPEND, and one call
            if written != len(line):
                raise AuditUnavailable("The audit file took a part of a record only: is the disk full?")
            if self._fsync:
                os.fsync(self._descriptor)
        except OSError as error:
            raise AuditUnavailable(f"The audit file can't be written: {error.strerror}.") from None

    def close(self) -> None:
        os.close(self._descriptor)
