"""Requests that would wait too long are refused at once."""

import math
import time
from collections.abc import Iterator

import pytest

from strongroom.server.core.callers import Caller
from strongroom.server.core.errors import Throttled
from strongroom.server.faces.grpc.patience import Patience
from strongroom.server.fair_threads import FairThreads
from strongroom.server.operations import OPERATIONS, Lane
from strongroom.server.quotas import Refusals, Why
from strongroom.server.requests import Arrival, Progress
from tests.support.holding import hold

CALLER = Caller("arn:aws:iam::111122223333:role/a", "111122223333", "certificate:x")


@pytest.fixture
def busy() -> Iterator[FairThreads]:
    """A thread whose tasks take some hundredths of a second, and that is busy now."""
    threads = FairThreads(1, "test")
    threads.submit_for("a", lambda: time.sleep(0.05)).result()
    go = hold(threads)
    yield threads
    go.set()
    threads.shutdown()


def progress(deadline: float = math.inf) -> Progress:
    return Progress("id", OPERATIONS[0], Arrival(b"", None, "", "", deadline), caller=CALLER)


def test_who_would_wait_longer_than_allowed_is_refused_and_counted(busy: FairThreads) -> None:
    refusals = Refusals()
    with pytest.raises(Throttled) as caught:
        Patience(0.001, refusals).check(Lane.COMMON, busy, progress())
    assert caught.value.retry_after_s >= 0.05
    assert refusals.counts() == {(Why.QUEUE, "111122223333", "common"): 1}


def test_who_would_wait_longer_than_its_deadline_is_refused(busy: FairThreads) -> None:
    with pytest.raises(Throttled):
        Patience(600, Refusals()).check(Lane.COMMON, busy, progress(time.monotonic() + 0.01))


def test_who_may_wait_waits(busy: FairThreads) -> None:
    Patience(600, Refusals()).check(Lane.COMMON, busy, progress())


def test_where_keys_are_made_one_may_wait_longer(busy: FairThreads) -> None:
    most_s = busy.expected_wait_s("111122223333") / 2
    with pytest.raises(Throttled):
        Patience(most_s, Refusals()).check(Lane.COMMON, busy, progress())
    for lane in (Lane.KEYS, Lane.RSA_PAIRS):
        Patience(most_s, Refusals()).check(lane, busy, progress())


def test_where_a_thread_is_free_nobody_is_refused() -> None:
    threads = FairThreads(1, "test")
    Patience(1e-9, Refusals()).check(Lane.COMMON, threads, progress(0.0))
    threads.shutdown()
