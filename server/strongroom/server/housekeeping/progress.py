"""A job on its way through its items: it keeps the lease, tells how far it is, and ends when it must."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TypeVar

import structlog

from strongroom.server.housekeeping.leases import Lease
from strongroom.server.store import StoreError
from strongroom.server.store.jobs import JobLog

_log = structlog.get_logger("strongroom.housekeeper")

_Item = TypeVar("_Item")

_NOTED_EVERY_S = 1.0
_TOLD_EVERY_S = 10.0
_LOOK_EVERY_S = 0.1


class RoundOver(Exception):
    """The round must end: the service stops, or the lease is another's."""


class Progress:
    """How far a job is; here nobody wants to know."""

    def __init__(self) -> None:
        self.done = 0
        self.of = 0

    def over(self, items: Sequence[_Item]) -> Iterator[_Item]:
        """The items of a job, one by one.

        Raises:
            RoundOver: before the next item, if it isn't to be begun any more.
            StoreError: the lease can't be renewed.
        """
        self.of = len(items)
        for self.done, item in enumerate(items):  # counts what is done
            self.check()
            yield item
        self.done = self.of

    def pause(self, seconds: float) -> None:
        """Lets others work for so long; RoundOver and StoreError as above."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, _LOOK_EVERY_S))

    def check(self) -> None:
        """Returns if the job may go on; RoundOver and StoreError as above."""


class WatchedProgress(Progress):
    """That of the housekeeper's jobs.

    Args:
        name: the job's.
        log: where it is written how far the job is, at its first item and then once a second.
        lease: renewed when it is time.
        is_stopping: True when the service stops.
    """

    def __init__(self, name: str, log: JobLog, lease: Lease, is_stopping: Callable[[], bool]) -> None:
        super().__init__()
        self._name = name
        self._log = log
        self._lease = lease
        self._is_stopping = is_stopping
        self._noted = -math.inf  # at once, so that it can be seen how much there is to do
        self._told = time.monotonic()

    def check(self) -> None:
        """Looks at the service, the lease and the time."""
        if self._is_stopping():
            raise RoundOver("the service stops")
        if not self._lease.keep():
            raise RoundOver("the lease is another's")
        now = time.monotonic()
        if now - self._noted >= _NOTED_EVERY_S:
            self._noted = now
            with suppress(StoreError):  # it is only to be seen
                self._log.note(self._name, self.done, self.of)
        if now - self._told >= _TOLD_EVERY_S:
            self._told = now
            _log.info("job under way", job=self._name, done=self.done, of=self.of)
