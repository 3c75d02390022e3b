"""What a store tells of its keys as a whole."""

from datetime import timedelta

from strongroom.server.store import Store
from tests.server.store.samples import Clock, begin, create, key_id, material_id


def test_an_empty_store_has_nothing(store: Store) -> None:
    census = store.censuses.take([7])
    assert census.keys == {}
    assert (census.missing, census.rotations_due, census.deletions_due) == (0, 0, 0)
    assert (census.next_rotation_at, census.next_deletion_at, census.next_expiry_at) == (None, None, None)
    assert census.expiring == {7: 0}


def test_keys_are_counted_by_the_state_that_callers_see(store: Store, clock: Clock) -> None:
    for number in range(1, 6):
        create(store, number)
    begin(store, 6)  # nobody sees it yet
    store.set_state(key_id(2), "Disabled", allowed_from=["Enabled"])
    store.mark_missing(material_id(3))
    for number in (4, 5):
        store.schedule_deletion(key_id(number), clock.now + timedelta(days=number), allowed_from=["Enabled"])
    store.mark_missing(material_id(5))
    spec = "SYMMETRIC_DEFAULT"
    census = store.censuses.take([])
    assert census.keys == {
        ("Enabled", spec): 1,
        ("Disabled", spec): 1,
        ("Unavailable", spec): 1,
        ("PendingDeletion", spec): 2,
    }
    assert census.missing == 2


def test_what_is_due_is_told_with_the_first_moment(store: Store, clock: Clock) -> None:
    for number in (1, 2, 3):
        create(store, number)
    first = clock.now + timedelta(days=7)
    store.schedule_deletion(key_id(1), first, allowed_from=["Enabled"])
    store.schedule_deletion(key_id(2), first + timedelta(days=1), allowed_from=["Enabled"])
    store.set_rotation(key_id(3), 90, allowed_from=["Enabled"])
    census = store.censuses.take([])
    assert (census.next_deletion_at, census.deletions_due) == (first, 0)
    assert (census.next_rotation_at, census.rotations_due) == (clock.now + timedelta(days=90), 0)
    clock.pass_by(90 * 86400)
    census = store.censuses.take([])
    assert (census.deletions_due, census.rotations_due) == (2, 1)
