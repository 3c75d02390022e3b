"""Files that are read again when one of them is replaced."""

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import structlog

Value = TypeVar("Value")
_Fingerprint = tuple[tuple[int, ...] | None, ...]

_log = structlog.get_logger("strongroom.files")


class WatchedFiles(Generic[Value]):
    """What some files say that belong together, such as a certificate and its key; thread-safe.

    What can't be used, such as a half-written file, is told once and leaves the old in use; it is tried again
    when one of the files changes.

    Args:
        name: what it is, for the log.
        paths: the files; symbolic links are followed, since Kubernetes and certbot replace those.
        read: reads them; whatever can't be used is an OSError.

    Raises:
        OSError: they can't be used now.
    """

    def __init__(self, name: str, paths: Sequence[Path], read: Callable[[], Value]) -> None:
        self._name = name
        self._paths = paths
        self._read = read
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Value], None]] = []
        self._seen = self._fingerprint()  # before they are read: what is written meanwhile differs
        self.value = read()

    def on_change(self, listener: Callable[[Value], None]) -> None:
        """Has a listener told of what is read from now on."""
        self._listeners.append(listener)

    def look(self, *, in_any_case: bool = False) -> None:
        """Reads the files if one was replaced, or in any case; never raises what `read` does."""
        with self._lock:
            found = self._fingerprint()
            if found == self._seen and not in_any_case:
                return
            self._seen = found
            try:
                self.value = self._read()
            except OSError as error:
                reason = str(error)
                _log.error("not reloaded, the old stays in use", what=self._name, reason=reason)
                return
            for listener in self._listeners:
                listener(self.value)
            _log.info("reloaded", what=self._name)

    def _fingerprint(self) -> _Fingerprint:
        return tuple(map(_fingerprint_of, self._paths))


def _fingerprint_of(path: Path) -> tuple[int, ...] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 # as quick as it can be, every second
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
