"""Seeing what other processes make on a token that is files.

SoftHSM 2.6 counts changes in a file, and reads the token's directory anew when another process has counted
up. But its own change takes the counter as it finds it: what others made since the last look then stays
unseen until somebody else changes something, and looks as if the token had lost it. So after changes of ours
it is counted up once more, from outside the module, before we search: not after each of them, or whoever
makes thousands of keys would have the directory read anew as often.
"""

import fcntl
import glob
import logging
import os
from pathlib import Path

_log = logging.getLogger(__name__)

_BYTES = 8  # big-endian


class ChangeCounter:
    """The counters of a profile's token; without a name there is none.

    Args:
        beside: absolute glob patterns of files in whose directories the counters are.
        name: the counters' file name, or empty.
    """

    def __init__(self, beside: tuple[str, ...], name: str) -> None:
        self._beside = beside if name else ()
        self._name = name
        self._has_changed = False

    def note(self) -> None:
        """Something was changed by this process; only under the connection's lock."""
        self._has_changed = True

    def catch_up(self) -> None:
        """Has every process look anew if this one has changed something; call it before a search.

        Only under the connection's lock: POSIX locks are the process's, so closing the file here would
        end one that the module holds on it in another thread.
        """
        if not self._has_changed:
            return
        self._has_changed = False
        for pattern in self._beside:
            for found in glob.glob(pattern):  # noqa: PTH207 # the pattern is absolute
                self._count_up(Path(found).with_name(self._name))

    @staticmethod
    def _count_up(path: Path) -> None:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return  # nothing was made yet, or the token is away
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX)  # as the module locks it
            data = os.pread(descriptor, _BYTES, 0)
            if len(data) == _BYTES:
                count = (int.from_bytes(data) + 1) % 2 ** (8 * _BYTES)
                os.pwrite(descriptor, count.to_bytes(_BYTES), 0)
        except OSError as error:
            _log.warning("%s can't be counted up: %s", path, error.strerror)
        finally:
            os.close(descriptor)
