"""Leases: one holder at a time, until it ends."""

from strongroom.server.store import Store
from tests.server.store.samples import Clock


def test_a_lease_has_one_holder_until_it_ends(store: Store, other: Store, clock: Clock) -> None:
    assert store.leases.acquire("work", "one", 10)
    assert not other.leases.acquire("work", "other", 10)
    clock.pass_by(11)
    assert other.leases.acquire("work", "other", 10)
    assert not store.leases.acquire("work", "one", 10)


def test_its_holder_renews_a_lease(store: Store, clock: Clock) -> None:
    assert store.leases.acquire("work", "one", 10)
    clock.pass_by(6)
    assert store.leases.acquire("work", "one", 10)
    clock.pass_by(6)
    assert not store.leases.acquire("work", "other", 10)


def test_a_released_lease_is_free_whoever_held_it(store: Store) -> None:
    assert store.leases.acquire("work", "one", 10)
    assert not store.leases.acquire("work", "other", 10)
    store.leases.release("work")
    assert store.leases.acquire("work", "other", 10)


def test_leases_of_different_names_are_independent(store: Store) -> None:
    assert store.leases.acquire("work", "one", 10)
    assert store.leases.acquire("other work", "other", 10)
