"""What one worker has taken from a shared bucket and not used yet.

A busy worker takes several permits at once, so that most requests cost no system call. They expire soon, and
the shared bucket is shallower by what may be used late: in no window of t seconds do all workers together
use more than rate * t + rate * burst_s.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from threading import Lock

import structlog

from strongroom.server.core import gcra
from strongroom.server.quotas.bucket_file import BucketFile, BucketsFull

LEASE_S = 0.1
_MOST_S = 0.01  # what a lease may hold, in seconds of the rate
_SHARE = 8  # of what was used lately, how much is taken at once: so little may be lost

_log = structlog.get_logger("strongroom.quotas")


class LeasedBucket:
    """A worker's view of a shared bucket; thread-safe.

    Args:
        file: the shared buckets.
        name: of the bucket in it.
        rate: permits a second.
        burst_s: for how many seconds of the rate the bucket has room.
        clock: gives seconds, the same in all processes.
    """

    __slots__ = (
        "_clock", "_expires", "_file", "_full_at", "_is_alone", "_left", "_limit", "_lock", "_most", "_name",
        "_none_until", "_pace", "_since", "_used",
    )  # fmt: skip

    def __init__(
        self,
        file: BucketFile,
        name: bytes,
        rate: float,
        burst_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = file
        self._name = name
        self._clock = clock
        self._lock = Lock()
        self._most = int(rate * _MOST_S) if burst_s >= 2 * LEASE_S else 1
        late_s = LEASE_S if self._most > 1 else 0.0
        self._limit = gcra.Limit(rate, max(1.0, rate * (burst_s - late_s)))
        self._is_alone = False
        self._left = 0
        self._expires = self._none_until = self._since = self._full_at = 0.0
        self._used = self._pace = 0

    def take(self) -> float:
        """Uses a permit and gives 0; if there is none, gives the seconds until there is one."""
        with self._lock:
            now = self._clock()
            if not self._left or now >= self._expires:
                wait_s = self._none_until - now if now < self._none_until else self._lease(now)
                if wait_s > 0:
                    return wait_s
            self._left -= 1
            self._used += 1
            return 0.0

    def give_back(self) -> None:
        """Gives a permit back that was taken a moment ago and isn't needed."""
        with self._lock:
            self._used -= 1
            self._none_until = 0.0
            if self._is_alone:
                self._full_at = gcra.give_back(self._full_at, self._clock(), self._limit, 1)
                return
            with suppress(BucketsFull, OSError):  # it is lost, as what isn't used in time
                self._file.give_back(self._name, self._limit, 1)

    def _lease(self, now: float) -> float:
        taken = self._take(self._wanted(now))
        self._left, self._expires = taken.permits, now + LEASE_S
        if not taken.permits:
            self._none_until = now + taken.wait_s
        return taken.wait_s

    def _wanted(self, now: float) -> int:
        elapsed_s = now - self._since
        if elapsed_s > LEASE_S:
            self._pace = int(self._used * LEASE_S / elapsed_s)
            self._since, self._used = now, 0
        return max(1, min(self._most, max(self._used, self._pace) // _SHARE))

    def _take(self, wanted: int) -> gcra.Taken:
        """From the shared bucket; where that can't be had, from one of this worker alone."""
        try:
            taken = self._file.take(self._name, self._limit, wanted)
            self._is_alone = False
        except (BucketsFull, OSError) as error:
            if not self._is_alone:
                _log.warning("a rate is kept by this worker alone", error=type(error).__name__)
            self._is_alone = True
            taken = gcra.take(self._full_at, self._clock(), self._limit, wanted)
            self._full_at = taken.full_at
        return taken
