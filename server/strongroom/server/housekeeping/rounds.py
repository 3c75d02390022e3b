"""A round: all jobs, one after the other.

What can't be done now is tried in the next, and keeps back nothing else.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from strongroom.hsm import HsmError
from strongroom.server.audit import AuditUnavailable
from strongroom.server.housekeeping.leases import Lease
from strongroom.server.housekeeping.progress import Progress, RoundOver, WatchedProgress
from strongroom.server.store import StoreError
from strongroom.server.store.jobs import JobLog

_log = structlog.get_logger("strongroom.housekeeper")


@dataclass(frozen=True, slots=True)
class Job:
    """Something that is to be done in every round.

    Args:
        name: what it is called, at most 32 characters.
        run: does it; gives how many items it changed.
    """

    name: str
    run: Callable[[Progress], int]


class Round:
    """One round.

    Args:
        log: told of every job, before and after.
        lease: held; kept for as long as the round takes.
        is_stopping: True when the service stops: the round ends before the next item.
    """

    def __init__(self, log: JobLog, lease: Lease, is_stopping: Callable[[], bool]) -> None:
        self._log = log
        self._lease = lease
        self._is_stopping = is_stopping

    def run(self, jobs: Iterable[Job]) -> None:
        """Does the jobs; whatever goes wrong is logged and written down."""
        for job in jobs:
            if self._is_stopping():
                return
            progress = WatchedProgress(job.name, self._log, self._lease, self._is_stopping)
            try:
                self._run(job, progress)
            except RoundOver as over:
                _log.info("round over early", job=job.name, reason=str(over))
                return

    def _run(self, job: Job, progress: Progress) -> None:
        with _unrecorded_if_need_be():
            self._log.begin(job.name)
        started = time.monotonic()
        try:
            items = job.run(progress)
        except RoundOver:
            self._finish(job, progress, started, progress.done)
            raise
        except (AuditUnavailable, HsmError, StoreError) as error:
            reason = f"{type(error).__name__}: {error}"
            _log.warning("job not finished", job=job.name, reason=reason)
            self._fail(job, reason)
        except Exception as error:  # noqa: BLE001 # a defect in one job keeps back no other
            _log.exception("job crashed", job=job.name)
            self._fail(job, type(error).__name__)  # its text may hold anything
        else:
            self._finish(job, progress, started, items)

    def _finish(self, job: Job, progress: Progress, started: float, items: int) -> None:
        duration_us = int((time.monotonic() - started) * 1e6)
        _log.debug("job done", job=job.name, items=items, ms=duration_us // 1000)
        with _unrecorded_if_need_be():
            self._log.finish(job.name, duration_us, items=items, done=progress.done, of=progress.of)

    def _fail(self, job: Job, reason: str) -> None:
        with _unrecorded_if_need_be():
            self._log.fail(job.name, reason)


@contextmanager
def _unrecorded_if_need_be() -> Iterator[None]:
    """That a job can't be written down doesn't keep it back."""
    try:
        yield
    except StoreError as error:
        _log.warning("job not written down", reason=str(error))
