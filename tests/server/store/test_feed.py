"""The change feed: a worker learns of other processes' changes at its next request."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.server.store import ChangeFeed, Store, StoreUnavailable
from strongroom.server.store.feed import SqliteChangeFeed
from tests.server.store.samples import CHECK, OWNER, Clock, begin, create, key_id, material_id

_DISABLE = """
import sys
from strongroom.server.store import Store
Store.open(sys.argv[1]).set_state(sys.argv[2], "Disabled", allowed_from={"Enabled"})
"""
MANY_YEARS_S = 1e9


@pytest.fixture
def feed(other: Store) -> Iterator[ChangeFeed]:
    feed = other.feed()
    yield feed
    feed.close()


def test_nothing_has_changed_at_first(feed: ChangeFeed) -> None:
    assert not feed.has_changed()
    changes = feed.take()
    assert (changes.key_ids, changes.is_complete) == (frozenset(), True)


def test_another_processs_change_is_seen_at_once(store: Store, url: str, feed: ChangeFeed) -> None:
    create(store)
    feed.take()
    subprocess.run([sys.executable, "-c", _DISABLE, url, key_id(1)], check=True, timeout=60)
    assert feed.has_changed()
    assert feed.take().key_ids == {key_id(1)}


def test_every_kind_of_change_is_told(store: Store, feed: ChangeFeed) -> None:
    create(store)
    changes = (
        lambda: store.set_state(key_id(1), "Disabled", allowed_from={"Enabled"}),
        lambda: store.set_description(key_id(1), "new", allowed_in={"Disabled"}),
        lambda: store.mark_missing(material_id(1)),
        lambda: store.mark_found(material_id(1)),
        lambda: store.begin_destroy(material_id(1), OWNER),
        lambda: store.complete_destroy(material_id(1), "deleted"),
    )
    for change in changes:
        feed.take()
        change()
        assert feed.has_changed()
        assert feed.take().key_ids == {key_id(1)}


def test_a_reservation_touches_no_cache(store: Store, feed: ChangeFeed) -> None:
    create(store)
    feed.take()
    store.reserve_encryptions(material_id(1), 1, limit=10)
    assert feed.take().key_ids == frozenset()


def test_a_missing_material_is_news_once(store: Store) -> None:
    create(store)
    assert store.mark_missing(material_id(1))
    assert not store.mark_missing(material_id(1))
    found = store.find_material(material_id(1))
    assert found is not None
    assert found.missing_since is not None
    assert store.mark_found(material_id(1))
    assert not store.mark_found(material_id(1))


def test_a_key_that_is_only_begun_touches_no_cache(store: Store, feed: ChangeFeed) -> None:
    begin(store)
    assert feed.take().key_ids == frozenset()
    store.complete_create(key_id(1), material_id(1), CHECK)
    assert feed.take().key_ids == {key_id(1)}


def test_a_change_that_failed_is_not_told(store: Store, feed: ChangeFeed) -> None:
    create(store)
    feed.take()
    with pytest.raises(Exception, match="Enabled"):
        store.set_state(key_id(1), "Disabled", allowed_from={"PendingDeletion"})
    assert not feed.has_changed()


def test_trimming_keeps_the_newest_change_and_young_ones(store: Store, clock: Clock) -> None:
    for number in (1, 2, 3):
        create(store, number)
        clock.pass_by(60)
    assert store.trim_changes(older_than_s=100) == 2
    assert store.trim_changes(older_than_s=0) == 0


def test_a_feed_that_misses_nothing_stays_complete_when_old_changes_are_trimmed(
    store: Store, clock: Clock, feed: ChangeFeed
) -> None:
    create(store, 1)
    create(store, 2)
    feed.take()
    clock.pass_by(60)
    store.trim_changes(older_than_s=1)
    create(store, 3)
    changes = feed.take()
    assert changes.is_complete
    assert changes.key_ids == {key_id(3)}


@pytest.mark.parametrize("known", [0, 1])
def test_a_feed_that_missed_trimmed_changes_says_so(
    store: Store, clock: Clock, feed: ChangeFeed, known: int
) -> None:
    for number in range(known):
        create(store, number + 1)
        feed.take()
    create(store, 8)
    create(store, 9)
    clock.pass_by(60)
    store.trim_changes(older_than_s=1)
    assert not feed.take().is_complete
    create(store, 10)
    assert feed.take().is_complete


def test_a_feed_from_later_on_tells_nothing_of_before(store: Store, feed: ChangeFeed) -> None:
    create(store)
    late = store.feed()
    try:
        assert not late.has_changed()
        assert late.take().key_ids == frozenset()
    finally:
        late.close()


def test_a_feed_of_no_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        SqliteChangeFeed(tmp_path / "none.db", 1.0)
    assert not (tmp_path / "none.db").exists()
