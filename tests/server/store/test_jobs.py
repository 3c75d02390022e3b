"""What jobs did is remembered, each by its name."""

from datetime import timedelta

from strongroom.server.store import JobRecord, Store
from tests.server.store.samples import Clock


def _only(store: Store) -> JobRecord:
    (record,) = store.jobs.all()
    return record


def test_a_store_knows_of_no_job_before_the_first(store: Store) -> None:
    assert store.jobs.all() == ()


def test_a_job_that_runs_is_under_way_and_shows_how_far_it_is(
    store: Store, other: Store, clock: Clock
) -> None:
    store.jobs.begin("rotation")
    clock.pass_by(1)
    store.jobs.note("rotation", 1200, 10_000)
    seen = _only(other)
    assert (seen.name, seen.is_under_way, seen.done, seen.of) == ("rotation", True, 1200, 10_000)
    assert (seen.started_at, seen.finished_at) == (clock.now - timedelta(seconds=1), None)


def test_a_job_that_came_to_its_end_is_counted(store: Store, clock: Clock) -> None:
    for items in (5, 3):
        store.jobs.begin("rotation")
        clock.pass_by(2)
        store.jobs.finish("rotation", 2_000_000, items=items, done=7, of=7)
    seen = _only(store)
    assert (seen.is_under_way, seen.has_failed, seen.finished_at) == (False, False, clock.now)
    assert (seen.duration_us, seen.items, seen.runs, seen.failures) == (2_000_000, 3, 2, 0)


def test_a_failure_is_kept_with_its_reason_until_the_next_and_is_the_last_word_until_a_success(
    store: Store, clock: Clock
) -> None:
    store.jobs.begin("rotation")
    store.jobs.fail("rotation", "x" * 1000)
    failed_at = clock.now
    assert (_only(store).has_failed, _only(store).failure) == (True, "x" * 300)
    clock.pass_by(1)
    store.jobs.begin("rotation")
    assert _only(store).has_failed
    clock.pass_by(1)
    store.jobs.finish("rotation", 1, items=0, done=0, of=0)
    seen = _only(store)
    assert (seen.has_failed, seen.failed_at, seen.runs, seen.failures) == (False, failed_at, 2, 1)
