"""Drafts: directories that are filled beside the place where they will be moved to in one step.

The process that fills a draft holds a lock on it (flock, on the directory), which ends with the process.
"""

import fcntl
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path


@contextmanager
def draft_for(final: Path, first: str) -> Iterator[Path]:
    """A new directory of mode 0700 beside `final`; removed afterwards, unless it was moved.

    What killed processes left of theirs for the same place is removed too.

    Args:
        final: where the draft will be moved to.
        first: the file that is written to each draft before any other: drafts are known by it.
    """
    _remove_abandoned(final, first)
    with ExitStack() as stack:
        stack.callback(_remove_abandoned, final, first)  # a signal may come between making and locking it
        yield _make(final, stack)


@contextmanager
def ending_tidily() -> Iterator[None]:
    """Turns SIGTERM into an exception, as Ctrl-C is one, so that the draft is removed."""
    before = signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _prefix(final: Path) -> str:
    return f".{final.name}.draft-"


def _make(final: Path, stack: ExitStack) -> Path:
    while True:
        draft = Path(tempfile.mkdtemp(prefix=_prefix(final), dir=final.parent))
        stack.callback(shutil.rmtree, draft, ignore_errors=True)
        try:
            stack.enter_context(_locked(draft))
        except (BlockingIOError, FileNotFoundError):
            continue  # another process took it for abandoned before the lock was there
        return draft


def _remove_abandoned(final: Path, first: str) -> None:
    with suppress(OSError):  # a directory that can't be listed
        for path in final.parent.iterdir():
            if path.name.startswith(_prefix(final)):
                _remove_if_abandoned(path, first)


def _remove_if_abandoned(draft: Path, first: str) -> None:
    with suppress(OSError), _locked(draft) as lock:  # another process's, in use, or gone already
        names = {path.name for path in draft.iterdir()}
        is_draft = not names or first in names
        if is_draft and os.fstat(lock).st_uid == os.geteuid():
            shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _locked(draft: Path) -> Iterator[int]:
    """Holds the lock on a draft; gives its descriptor.

    Raises:
        BlockingIOError: another process holds it.
        FileNotFoundError: it was removed or moved meanwhile.
        OSError: it isn't a directory, or can't be opened or locked.
    """
    descriptor = os.open(draft, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _require_same(descriptor, draft)
        yield descriptor
    finally:
        os.close(descriptor)


def _require_same(descriptor: int, path: Path) -> None:
    if not os.path.samestat(os.fstat(descriptor), path.lstat()):
        raise FileNotFoundError(path)


def sync(path: Path) -> None:
    """Returns once a file's content, or the names in a directory, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
