"""The buckets that the processes of a deployment share: a small file in its runtime directory.

  offset  bytes  field
       0     64  what the file is, and the boot in which it was made: CLOCK_MONOTONIC begins anew with each
      64    384  set 0: 16 slots
     448    384  set 1, …, 255

A slot is the BLAKE2b-128 of the bucket's name and the time at which the bucket is full again (float64). A
bucket's name tells its set; in it, any slot will do whose bucket is full: it says nothing that an empty slot
doesn't. Whoever changes a set holds a lock on its bytes, which the kernel releases if the process dies.

The file is read and written, not mapped: of a mapped file that somebody truncates, or that a full disk has no
room for, a process dies (SIGBUS).
"""

import fcntl
import os
import struct
import time
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from threading import Lock

from strongroom.server.core.gcra import Limit, Taken, give_back, take

_SETS = 256
_SLOTS = 16
_SLOT = struct.Struct("<16sd")
_SET_BYTES = _SLOTS * _SLOT.size
_HEADER_BYTES = 64
_FILE_BYTES = _HEADER_BYTES + _SETS * _SET_BYTES
_NAME_BYTES = 16
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class BucketsFull(Exception):
    """Too many buckets are in use at once: this one finds no slot."""


class BucketFile:
    """The shared buckets; thread-safe.

    Args:
        path: of the file; what isn't ours, or of an earlier boot, is made anew.
        clock: gives seconds, the same in all processes.

    Raises:
        OSError: the file can't be opened.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()  # locks on bytes of a file belong to the process
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = os.open(path, flags, 0o600)
        with _Locked(self._file, 0, _FILE_BYTES):
            self._make_if_foreign(_header())

    def take(self, name: bytes, limit: Limit, wanted: int) -> Taken:
        """Takes permits from the bucket of this name (gcra.take).

        Args:
            name: as `bucket_name` gives it.
            limit: the same in all processes.
            wanted: at least 1.

        Raises:
            BucketsFull: no slot is free.
            OSError: the file can't be read or written.
        """
        start = _HEADER_BYTES + name[0] * _SET_BYTES
        with self._lock, _Locked(self._file, start, _SET_BYTES):
            now = self._clock()
            slots = os.pread(self._file, _SET_BYTES, start).ljust(_SET_BYTES, b"\0")
            index, full_at = _find(slots, name, now)
            taken = take(full_at, now, limit, wanted)
            if taken.permits:
                os.pwrite(self._file, _SLOT.pack(name, taken.full_at), start + index * _SLOT.size)
            return taken

    def give_back(self, name: bytes, limit: Limit, permits: int) -> None:
        """Gives permits back to the bucket of this name (gcra.give_back).

        Raises:
            BucketsFull, OSError: as `take`.
        """
        start = _HEADER_BYTES + name[0] * _SET_BYTES
        with self._lock, _Locked(self._file, start, _SET_BYTES):
            now = self._clock()
            slots = os.pread(self._file, _SET_BYTES, start).ljust(_SET_BYTES, b"\0")
            index, full_at = _find(slots, name, now)
            slot = _SLOT.pack(name, give_back(full_at, now, limit, permits))
            os.pwrite(self._file, slot, start + index * _SLOT.size)

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)

    def _make_if_foreign(self, header: bytes) -> None:
        is_whole = os.fstat(self._file).st_size == _FILE_BYTES
        if not is_whole or os.pread(self._file, _HEADER_BYTES, 0) != header:
            os.ftruncate(self._file, _FILE_BYTES)
            os.pwrite(self._file, header.ljust(_FILE_BYTES, b"\0"), 0)


class _Locked:
    """Holds a lock on bytes of a file; a generator would take twice the time."""

    __slots__ = ("_file", "_length", "_start")

    def __init__(self, file: int, start: int, length: int) -> None:
        self._file, self._start, self._length = file, start, length

    def __enter__(self) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_EX, self._length, self._start)

    def __exit__(self, *_: object) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_UN, self._length, self._start)


def bucket_name(*parts: str) -> bytes:
    """The name of a bucket in the file, by what it is for."""
    return blake2b("\0".join(parts).encode(), digest_size=_NAME_BYTES).digest()


def _find(slots: bytes, name: bytes, now: float) -> tuple[int, float]:
    """The slot of a bucket, or one that is free, and the bucket's time."""
    index, rest = divmod(slots.find(name), _SLOT.size)
    if index >= 0 and not rest:
        return index, _SLOT.unpack_from(slots, index * _SLOT.size)[1]
    for index, (_, full_at) in enumerate(_SLOT.iter_unpack(slots)):
        if not full_at > now:  # no number is no time, either
            return index, now
    raise BucketsFull


def _header() -> bytes:
    try:
        boot = _BOOT_ID.read_bytes().strip()
    except OSError:
        boot = b""
    return (b"strongroom quotas 1\n" + boot).ljust(_HEADER_BYTES, b"\n")[:_HEADER_BYTES]
