"""Threads that accounts share fairly."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future

import pytest

from strongroom.server.fair_threads import FairThreads
from tests.support.holding import hold


class Held:
    """One thread that is kept busy until it is let go; what ran on it, in order."""

    def __init__(self) -> None:
        self.threads = FairThreads(1, "test")
        self.ran: list[str] = []
        self.go = hold(self.threads)

    def submit(self, account_id: str, name: str) -> Future[None]:
        return self.threads.submit_for(account_id, self._run(name))

    def _run(self, name: str) -> Callable[[], None]:
        return lambda: self.ran.append(name)

    def let_go(self) -> None:
        self.go.set()
        self.threads.shutdown()


@pytest.fixture
def held() -> Iterator[Held]:
    held = Held()
    yield held
    held.let_go()


def test_accounts_take_turns_however_many_tasks_they_have(held: Held) -> None:
    for n in range(5):
        held.submit("many", f"many {n}")
    for n in range(2):
        held.submit("few", f"few {n}")
    held.threads.submit(held.ran.append, "own")
    held.let_go()
    assert held.ran == ["many 0", "few 0", "own", "many 1", "few 1", "many 2", "many 3", "many 4"]


def test_what_is_cancelled_before_its_turn_is_not_done(held: Held) -> None:
    gone, stays = held.submit("a", "gone"), held.submit("a", "stays")
    assert gone.cancel()
    held.let_go()
    assert held.ran == ["stays"]
    with pytest.raises(CancelledError):
        gone.result()
    assert stays.done()


def test_what_waits_at_the_end_is_dropped_if_it_is_to_be(held: Held) -> None:
    waiting = held.submit("a", "waiting")
    held.threads.shutdown(wait=False, cancel_futures=True)
    assert waiting.cancelled()
    held.let_go()
    assert held.ran == []


def test_a_failure_is_that_of_its_task_alone(held: Held) -> None:
    def fail() -> None:
        raise ValueError("a defect")

    failed, done = held.threads.submit_for("a", fail), held.submit("a", "done")
    held.let_go()
    assert isinstance(failed.exception(), ValueError)
    assert done.exception() is None


def test_nobody_waits_while_a_thread_is_free() -> None:
    threads = FairThreads(2, "test")
    threads.submit_for("a", lambda: time.sleep(0.01)).result()
    assert threads.expected_wait_s("a") == 0
    threads.shutdown()


def test_the_wait_grows_with_the_accounts_own_tasks() -> None:
    threads = FairThreads(1, "test")
    threads.submit_for("a", lambda: time.sleep(0.02)).result()
    go = hold(threads)
    one = threads.expected_wait_s("many")
    assert one >= 0.02
    for _ in range(9):
        threads.submit_for("many", lambda: None)
    assert threads.expected_wait_s("many") == pytest.approx(10 * one)
    assert threads.expected_wait_s("few") == pytest.approx(2 * one)
    go.set()
    threads.shutdown()
