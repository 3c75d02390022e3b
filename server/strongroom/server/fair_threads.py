"""Threads that accounts share fairly: whoever has most work waiting delays himself, not the others."""

import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any, NamedTuple, ParamSpec, TypeVar

from strongroom.server.fair_queue import FairQueue

_Result = TypeVar("_Result")
_Arguments = ParamSpec("_Arguments")
_WEIGHT = 1 / 8  # of the last task in the mean time that one takes

OWN = ""
"""The account of the service's own work."""


class _Task(NamedTuple):
    future: Future[Any]
    work: Callable[[], Any]


class FairThreads(Executor):
    """Runs tasks in threads; while all are busy, the accounts' tasks take turns. Thread-safe.

    Args:
        count: how many threads.
        name: begins the threads' names.
    """

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)
        self._lock = Lock()
        self._waiting: FairQueue[_Task] = FairQueue()
        self._busy = 0
        self._mean_s = 0.0

    def submit(
        self, fn: Callable[_Arguments, _Result], /, *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> Future[_Result]:
        """Runs work of the service itself, which takes turns with the accounts."""
        return self.submit_for(OWN, partial(fn, *args, **kwargs))

    def submit_for(self, account_id: str, work: Callable[[], _Result]) -> Future[_Result]:
        """Runs an account's work when it is its turn; a future cancelled before that is dropped."""
        future: Future[_Result] = Future()
        with self._lock:
            self._waiting.put(account_id, _Task(future, work))
        self._pool.submit(self._run_next)
        return future

    def expected_wait_s(self, account_id: str) -> float:
        """How long a task of this account would wait now, in seconds; 0 while a thread is free."""
        with self._lock:
            if self._busy < self._count:
                return 0.0
            return (self._waiting.ahead_of(account_id) + 1) * self._mean_s / self._count

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002
        """Ends the threads, once what runs has ended; what waits is dropped if it says so."""
        if cancel_futures:
            with self._lock:
                for task in self._waiting:
                    task.future.cancel()
        self._pool.shutdown(wait=wait)

    def _run_next(self) -> None:
        """Runs whichever task's turn it is: there are as many calls of this as tasks."""
        with self._lock:
            task = self._waiting.take()
        if not task.future.set_running_or_notify_cancel():
            return
        with self._lock:
            self._busy += 1
        started = time.monotonic()
        try:
            result = task.work()
        except BaseException as error:  # noqa: BLE001 # whoever waits for the future gets it
            self._note(time.monotonic() - started)
            task.future.set_exception(error)
        else:
            self._note(time.monotonic() - started)
            task.future.set_result(result)

    def _note(self, took_s: float) -> None:
        with self._lock:
            self._busy -= 1
            self._mean_s += (took_s - self._mean_s) * (_WEIGHT if self._mean_s else 1.0)
