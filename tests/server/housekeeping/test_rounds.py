"""A round does what it can: no job keeps back another, and it ends when it must."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.hsm import HsmFault
from strongroom.server.housekeeping.leases import LEASE, Lease
from strongroom.server.housekeeping.progress import Progress
from strongroom.server.housekeeping.rounds import Job, Round
from strongroom.server.store import Deployment, JobRecord, Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    Store.create(f"sqlite:///{path}", Deployment("test", "111122223333", "eu-test-1"))
    store = Store.open(f"sqlite:///{path}")
    yield store
    store.close()


class Counting:
    """A job of many items, that notes which it has done."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.done: list[int] = []
        self.stop_at = stop_at

    def run(self, progress: Progress) -> int:
        for item in progress.over(range(10)):
            self.done.append(item)
        return len(self.done)

    def must_stop(self) -> bool:
        return len(self.done) == self.stop_at


def _round(store: Store, counting: Counting | None = None, ttl_s: float = 60) -> Round:
    lease = Lease(store, "this boot", ttl_s)
    assert lease.take()
    return Round(store.jobs, lease, counting.must_stop if counting else lambda: False)


def _seen(store: Store) -> dict[str, JobRecord]:
    return {record.name: record for record in store.jobs.all()}


def test_what_a_job_did_is_written_down(store: Store) -> None:
    _round(store).run([Job("counting", Counting().run)])
    seen = _seen(store)["counting"]
    assert (seen.items, seen.done, seen.of, seen.runs, seen.failures) == (10, 10, 10, 1, 0)
    assert not seen.is_under_way


@pytest.mark.parametrize(
    ("error", "reason"),
    [(HsmFault("the token is full"), "HsmFault: the token is full"), (KeyError("secret"), "KeyError")],
)
def test_a_job_that_fails_keeps_back_no_other_and_says_why(
    store: Store, error: Exception, reason: str
) -> None:
    def fail(_: Progress) -> int:
        raise error

    _round(store).run([Job("failing", fail), Job("counting", Counting().run)])
    assert (_seen(store)["failing"].has_failed, _seen(store)["failing"].failure) == (True, reason)
    assert _seen(store)["counting"].items == 10


def test_a_round_ends_before_the_next_item_when_the_service_stops(store: Store) -> None:
    counting, later = Counting(stop_at=4), Counting()
    _round(store, counting).run([Job("counting", counting.run), Job("later", later.run)])
    assert (counting.done, later.done) == ([0, 1, 2, 3], [])
    seen = _seen(store)["counting"]
    assert (seen.is_under_way, seen.has_failed, seen.items, seen.done, seen.of) == (False, False, 4, 4, 10)


def test_a_round_ends_before_the_next_item_when_another_has_the_lease(store: Store) -> None:
    counting, later = Counting(), Counting()

    def run(progress: Progress) -> int:
        for item in progress.over(range(10)):
            counting.done.append(item)
            if item == 4:
                store.leases.release(LEASE)
                store.leases.acquire(LEASE, "another", 60)
        return 10

    _round(store, ttl_s=0).run([Job("counting", run), Job("later", later.run)])
    assert (counting.done, later.done) == ([0, 1, 2, 3, 4], [])


def test_a_round_renews_its_lease(store: Store) -> None:
    _round(store, ttl_s=0).run([Job("counting", Counting().run)])
    lease = Lease(store, "this boot", 60)
    assert lease.take()
    assert lease.keep()
    assert not Lease(store, "another", 60).take()


def test_jobs_are_done_even_if_they_can_not_be_written_down(store: Store, path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE jobs")
    connection.close()
    counting = Counting()
    _round(store).run([Job("counting", counting.run)])
    assert len(counting.done) == 10
