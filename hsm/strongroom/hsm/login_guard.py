"""From C_Initialize to C_Login, one process at a time, with a copy of what a kill could destroy.

SoftHSM's C_Login truncates and rewrites the file with the wrapped master key. Another process that reads it
meanwhile sees no token, and a kill before the write loses every key. So all processes of a deployment take
turns, and the file is put back from its copy when it is found torn.
"""

import fcntl
import hashlib
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from strongroom.hsm.errors import TokenUnavailable

_log = logging.getLogger(__name__)

_LOCK_FILE = "token-login.lock"
_COPIES = "token-login-copies"
_POLL_S = 0.01
# A login counts the file's generation up and may change its flags, 8 bytes each; another token has another
# serial number of 16 characters, and other keys.
_MAX_DIFFERENCES = 10


@contextmanager
def login_turn(directory: Path, timeout_s: float) -> Iterator[None]:
    """Waits for this process's turn to initialise the module and log in.

    Raises:
        TokenUnavailable: the turn didn't come in time.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(directory / _LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(descriptor, time.monotonic() + timeout_s)
        yield
    finally:
        os.close(descriptor)  # and with it the lock


def _lock(descriptor: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise TokenUnavailable("Other processes are still logging in to the token.") from None
            time.sleep(_POLL_S)
        else:
            return


class LoginFiles:
    """The files that C_Login rewrites, and their copies.

    Call only within a login turn: then no process of ours is writing them.

    Args:
        patterns: absolute glob patterns of the files.
        directory: where the copies are kept, of mode 0700.
    """

    def __init__(self, patterns: tuple[str, ...], directory: Path) -> None:
        self._patterns = patterns
        self._copies = directory / _COPIES

    def restore_torn(self) -> None:
        """Puts back every file that is the beginning of its copy: a login was killed while writing it.

        A file that begins otherwise is another token's, initialised anew, and none of ours to put back.
        """
        for file in self._files():
            copy = self._copy_of(file)
            if not copy.exists():
                continue
            content, whole = file.read_bytes(), copy.read_bytes()
            if len(content) < len(whole) and _differences(content, whole) <= _MAX_DIFFERENCES:
                _replace(file, whole)
                _log.warning("put back a token file torn by a killed login", extra={"path": str(file)})

    def copy(self) -> None:
        """Keeps a copy of every file as it is before this login."""
        for file in self._files():
            content, copy = file.read_bytes(), self._copy_of(file)
            if content and (not copy.exists() or copy.read_bytes() != content):
                self._copies.mkdir(mode=0o700, exist_ok=True)
                _replace(copy, content)

    def _files(self) -> Iterator[Path]:
        for pattern in self._patterns:
            anchor = Path(pattern).anchor
            yield from sorted(Path(anchor).glob(str(Path(pattern).relative_to(anchor))))

    def _copy_of(self, file: Path) -> Path:
        return self._copies / hashlib.sha256(str(file).encode()).hexdigest()


def _differences(content: bytes, whole: bytes) -> int:
    return sum(a != b for a, b in zip(content, whole, strict=False))


def _replace(target: Path, content: bytes) -> None:
    """Writes a file so that a kill at any point leaves the old or the new content."""
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.replace(target)
