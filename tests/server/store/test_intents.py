"""Making and destroying a material: what is begun is written down before the token is touched."""

import pytest

from strongroom.server.store import IntentLost, NoSuchKey, NotInState, Store
from tests.server.store.samples import (
    ACCOUNT,
    CHECK,
    OWNER,
    TAGS,
    begin,
    create,
    key_id,
    material_id,
    new_key,
    new_material,
)


def test_a_key_that_is_being_created_is_invisible(store: Store) -> None:
    begin(store)
    assert store.load_key(key_id(1)) is None
    assert store.list_key_ids(ACCOUNT, limit=10, after=None).key_ids == ()
    assert store.find_material(material_id(1)) is None
    assert store.all_materials() == ()
    (intent,) = store.pending_intents()
    assert (intent.kind, intent.owner, intent.label) == ("creating", OWNER, new_material(1).label)
    with pytest.raises(NoSuchKey):
        store.set_state(key_id(1), "Disabled", allowed_from={"Creating", "Enabled"})
    with pytest.raises(NoSuchKey):
        store.set_description(key_id(1), "x", allowed_in={"Creating", "Enabled"})


def test_a_key_that_is_being_created_counts_towards_the_limit(store: Store) -> None:
    begin(store)
    assert store.count_keys(ACCOUNT) == 1


def test_a_completed_key_is_enabled_and_has_all_that_was_begun(store: Store) -> None:
    record = create(store)
    assert record == store.load_key(key_id(1))
    assert (record.state, record.tags, record.current_material_id) == ("Enabled", TAGS, material_id(1))
    for name in ("account_id", "description", "key_spec", "key_usage", "origin", "created_at", "policy"):
        assert getattr(record, name) == getattr(new_key(1), name)
    (material,) = record.materials
    assert (material.check_value, material.encryptions_reserved, material.missing_since) == (CHECK, 0, None)
    assert material.label == new_material(1).label
    assert store.find_material(material_id(1)) == material
    assert store.all_materials() == (material,)
    assert store.pending_intents() == ()


def test_a_key_is_completed_once(store: Store) -> None:
    create(store)
    with pytest.raises(IntentLost):
        store.complete_create(key_id(1), material_id(1), b"another check")
    material = store.find_material(material_id(1))
    assert material is not None
    assert material.check_value == CHECK


def test_what_was_undone_can_be_created_anew_under_the_same_key_id(store: Store) -> None:
    begin(store)
    store.begin_undo(material_id(1), OWNER)
    store.complete_destroy(material_id(1), "undone")
    store.begin_create(new_key(1), new_material(2), OWNER)
    assert store.complete_create(key_id(1), material_id(2), CHECK).tags == TAGS


def test_a_material_that_is_being_destroyed_is_used_by_nobody(store: Store) -> None:
    create(store)
    store.begin_destroy(material_id(1), "boot-2")
    assert [(intent.kind, intent.owner) for intent in store.pending_intents()] == [("destroying", "boot-2")]
    assert store.all_materials() == ()
    record = store.load_key(key_id(1))
    assert record is not None
    assert [material.is_present for material in record.materials] == [False]
    with pytest.raises(NoSuchKey):
        store.reserve_encryptions(material_id(1), 1, limit=10)


def test_destroying_a_material_keeps_its_key(store: Store) -> None:
    create(store)
    store.begin_destroy(material_id(1), OWNER)
    store.complete_destroy(material_id(1), "deleted")
    record = store.load_key(key_id(1))
    assert record is not None
    assert (record.state, record.materials) == ("Enabled", ())
    assert store.pending_intents() == ()


def test_a_material_is_destroyed_once(store: Store) -> None:
    create(store)
    store.begin_destroy(material_id(1), OWNER)
    with pytest.raises(IntentLost):
        store.begin_destroy(material_id(1), "boot-2")
    store.complete_destroy(material_id(1), "deleted")
    with pytest.raises(IntentLost):
        store.complete_destroy(material_id(1), "deleted")


def test_only_what_was_begun_is_destroyed(store: Store) -> None:
    create(store)
    with pytest.raises(IntentLost):
        store.complete_destroy(material_id(1), "deleted")
    with pytest.raises(IntentLost):
        store.begin_destroy(material_id(2), OWNER)
    assert store.find_material(material_id(1)) is not None


def test_one_of_two_stores_wins_between_completing_and_undoing(store: Store, other: Store) -> None:
    begin(store)
    other.begin_undo(material_id(1), "boot-2")
    with pytest.raises(IntentLost):
        store.complete_create(key_id(1), material_id(1), CHECK)
    begin(store, 2)
    store.complete_create(key_id(2), material_id(2), CHECK)
    with pytest.raises(IntentLost):
        other.begin_undo(material_id(2), "boot-2")


def test_a_state_can_be_set_again_where_it_is_allowed(store: Store) -> None:
    create(store)
    for _ in range(2):
        store.set_state(key_id(1), "Disabled", allowed_from={"Enabled", "Disabled"})
    record = store.load_key(key_id(1))
    assert record is not None
    assert record.state == "Disabled"


def test_a_state_that_forbids_the_change_is_named_and_nothing_changes(store: Store) -> None:
    create(store)
    store.set_state(key_id(1), "Disabled", allowed_from={"Enabled"})
    with pytest.raises(NotInState) as caught:
        store.set_state(key_id(1), "PendingDeletion", allowed_from={"Enabled"})
    assert caught.value.state == "Disabled"
    with pytest.raises(NotInState):
        store.set_description(key_id(1), "new", allowed_in={"Enabled"})
    record = store.load_key(key_id(1))
    assert record is not None
    assert (record.state, record.description) == ("Disabled", "key 1")
