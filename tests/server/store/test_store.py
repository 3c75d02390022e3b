"""The store on real SQLite files, in one process and in several."""

import multiprocessing
import os
import signal
import sqlite3
import stat
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from strongroom.server.store import (
    Deployment,
    EncryptionsExhausted,
    IntentLost,
    NewKey,
    NewMaterial,
    NoSuchKey,
    NotInState,
    SchemaUnknown,
    Store,
    StoreExists,
    StoreUnavailable,
    Tag,
)
from strongroom.server.store.engine import open_engine
from strongroom.server.store.tables import metadata

ACCOUNT = "111122223333"
NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/store.db"
    Store.create(url, Deployment("test", ACCOUNT, "eu-local-1"))
    return url


@pytest.fixture
def store(url: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
    store = Store.open(url, busy_timeout_s=0.5)
    yield store
    store.close()


def _new(key_id: str | None = None) -> tuple[NewKey, NewMaterial]:
    key_id = key_id or str(uuid.uuid4())
    key = NewKey(
        key_id=key_id,
        account_id=ACCOUNT,
        description="d",
        key_spec="SYMMETRIC_DEFAULT",
        key_usage="ENCRYPT_DECRYPT",
        origin="AWS_KMS",
        multi_region=False,
        created_at=NOW,
        policy="{}",
        created_by="arn:aws:iam::111122223333:role/x",
        tags=(Tag("b", "1"), Tag("a", "")),
    )
    material_id = os.urandom(16)
    return key, NewMaterial(material_id, material_id.hex() * 2, f"strongroom/test/{key_id}", NOW)


def _created(store: Store) -> tuple[str, bytes]:
    key, material = _new()
    store.begin_create(key, material, "boot")
    store.complete_create(key.key_id, material.material_id, b"check")
    return key.key_id, material.material_id


def test_a_new_store_knows_its_deployment_and_is_the_owners_alone(store: Store, tmp_path: Path) -> None:
    assert store.deployment() == Deployment("test", ACCOUNT, "eu-local-1")
    assert stat.S_IMODE((tmp_path / "store.db").stat().st_mode) == 0o600
    assert store.damage() == ()
    store.ping()


def test_nothing_is_overwritten(url: str) -> None:
    with pytest.raises(StoreExists):
        Store.create(url, Deployment("other", ACCOUNT, "eu-local-1"))


def test_a_key_is_invisible_until_its_creation_is_complete(store: Store) -> None:
    key, material = _new()
    store.begin_create(key, material, "boot")
    assert store.load_key(key.key_id) is None
    assert store.find_material(material.material_id) is None
    assert store.list_key_ids(ACCOUNT, limit=10, after=None).key_ids == ()
    (intent,) = store.pending_intents()
    assert (intent.kind, intent.owner, intent.label) == ("creating", "boot", material.label)
    record = store.complete_create(key.key_id, material.material_id, b"check")
    assert store.pending_intents() == ()
    assert record == store.load_key(key.key_id)
    assert (record.state, record.created_at, record.tags) == ("Enabled", NOW, key.tags)
    assert record.materials[0].check_value == b"check"


def test_a_creation_that_was_undone_can_not_be_completed(store: Store) -> None:
    key, material = _new()
    store.begin_create(key, material, "boot")
    store.begin_undo(material.material_id, "other boot")
    with pytest.raises(IntentLost):
        store.complete_create(key.key_id, material.material_id, b"check")
    store.complete_destroy(material.material_id, "undone")
    assert store.pending_intents() == ()
    assert store.count_keys(ACCOUNT) == 0
    with pytest.raises(IntentLost):
        store.complete_destroy(material.material_id, "undone")


def test_a_completed_creation_can_not_be_undone(store: Store) -> None:
    _, material_id = _created(store)
    with pytest.raises(IntentLost):
        store.begin_undo(material_id, "boot")


def test_a_destroyed_material_is_gone_in_two_steps(store: Store) -> None:
    key_id, material_id = _created(store)
    store.begin_destroy(material_id, "boot")
    assert store.find_material(material_id) is None
    assert [intent.kind for intent in store.pending_intents()] == ["destroying"]
    store.complete_destroy(material_id, "deleted")
    assert store.all_materials() == ()
    assert store.count_keys(ACCOUNT) == 1
    assert key_id


def test_states_change_only_from_those_allowed(store: Store) -> None:
    key_id, _ = _created(store)
    for _ in range(2):
        store.set_state(key_id, "Disabled", allowed_from={"Enabled", "Disabled"})
    with pytest.raises(NotInState) as caught:
        store.set_description(key_id, "new", allowed_in={"Enabled"})
    assert caught.value.state == "Disabled"
    with pytest.raises(NoSuchKey):
        store.set_state(str(uuid.uuid4()), "Disabled", allowed_from={"Enabled"})


def test_a_walk_by_pages_gives_every_key_once(store: Store) -> None:
    made = {_created(store)[0] for _ in range(7)}
    walked: list[str] = []
    after = None
    while True:
        page = store.list_key_ids(ACCOUNT, limit=3, after=after)
        walked += page.key_ids
        if not page.truncated:
            break
        after = page.key_ids[-1]
    assert sorted(made) == walked
    assert store.list_key_ids("999988887777", limit=3, after=None).key_ids == ()


def test_encryptions_are_reserved_up_to_the_limit(store: Store) -> None:
    _, material_id = _created(store)
    first = store.reserve_encryptions(material_id, 60, limit=100)
    second = store.reserve_encryptions(material_id, 60, limit=100)
    assert ((first.start, first.count), (second.start, second.count)) == ((0, 60), (60, 40))
    with pytest.raises(EncryptionsExhausted):
        store.reserve_encryptions(material_id, 1, limit=100)
    with pytest.raises(NoSuchKey):
        store.reserve_encryptions(bytes(16), 1, limit=100)


def _reserve(url: str, material_id: bytes, queue) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    store = Store.open(url)
    queue.put([store.reserve_encryptions(material_id, 7, limit=10**6).start for _ in range(20)])
    store.close()


def test_no_two_processes_reserve_the_same_encryptions(store: Store, url: str) -> None:
    _, material_id = _created(store)
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    processes = [context.Process(target=_reserve, args=(url, material_id, queue)) for _ in range(3)]
    for process in processes:
        process.start()
    starts = [start for _ in processes for start in queue.get(timeout=60)]
    for process in processes:
        process.join()
    assert sorted(starts) == list(range(0, 60 * 7, 7))


def test_a_missing_material_is_news_once(store: Store) -> None:
    key_id, material_id = _created(store)
    feed = store.feed()
    assert store.mark_missing(material_id)
    assert not store.mark_missing(material_id)
    assert feed.take().key_ids == {key_id}
    found = store.find_material(material_id)
    assert found is not None
    assert found.missing_since is not None
    assert store.mark_found(material_id)
    assert not store.mark_found(material_id)
    feed.close()


def test_the_feed_tells_what_others_change_at_once(store: Store, url: str) -> None:
    key_id, material_id = _created(store)
    other = Store.open(url)
    feed = store.feed()
    assert not feed.has_changed()
    for state in ("Disabled", "Enabled"):
        other.set_state(key_id, state, allowed_from={"Enabled", "Disabled"})
        assert feed.has_changed()
        changes = feed.take()
        assert (set(changes.key_ids), changes.is_complete) == ({key_id}, True)
        assert not feed.has_changed()
    other.reserve_encryptions(material_id, 1, limit=10)
    assert feed.take().key_ids == frozenset()
    feed.close()
    other.close()


def test_a_feed_that_was_trimmed_behind_a_reader_says_so(url: str) -> None:
    now = [NOW]
    store = Store.open(url, clock=lambda: now[0])
    key_id, _ = _created(store)
    feed = store.feed()
    for _ in range(3):
        store.set_description(key_id, "x", allowed_in={"Enabled"})
    now[0] += timedelta(hours=2)
    store.set_description(key_id, "y", allowed_in={"Enabled"})
    assert store.trim_changes(older_than_s=3600) == 4
    changes = feed.take()
    assert not changes.is_complete
    store.set_description(key_id, "z", allowed_in={"Enabled"})
    changes = feed.take()
    assert (set(changes.key_ids), changes.is_complete) == ({key_id}, True)
    feed.close()
    store.close()


def test_a_lease_has_one_holder_until_it_ends(url: str) -> None:
    now = [NOW]
    store = Store.open(url, clock=lambda: now[0])
    assert store.acquire_lease("work", "one", 10)
    assert store.acquire_lease("work", "one", 10)
    assert not store.acquire_lease("work", "other", 10)
    now[0] += timedelta(seconds=11)
    assert store.acquire_lease("work", "other", 10)
    store.release_lease("work", "one")
    assert not store.acquire_lease("work", "one", 10)
    store.release_lease("work", "other")
    assert store.acquire_lease("work", "one", 10)
    store.close()


def test_the_migrations_make_exactly_the_tables(url: str) -> None:
    engine = open_engine(url, 1)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE alembic_version SET version_num = 'future'", "newer"),
        ("DROP TABLE alembic_version", "isn't a Strongroom store"),
    ],
)
def test_another_schema_is_refused_with_a_remedy(url: str, tmp_path: Path, statement: str, says: str) -> None:
    connection = sqlite3.connect(tmp_path / "store.db")
    connection.execute(statement)
    connection.commit()
    connection.close()
    for upgrade in (False, True):
        with pytest.raises(SchemaUnknown, match=says):
            Store.open(url, upgrade=upgrade)


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="strongroomd init"):
        Store.open(f"sqlite:///{tmp_path}/none.db")
    assert not (tmp_path / "none.db").exists()


def test_a_locked_database_is_unavailable_and_then_works_again(store: Store, tmp_path: Path) -> None:
    key_id, _ = _created(store)
    blocker = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    with pytest.raises(StoreUnavailable) as caught:
        store.set_description(key_id, "secret text", allowed_in={"Enabled"})
    assert "secret" not in str(caught.value)
    assert time.monotonic() - started < 5
    assert store.load_key(key_id) is not None  # readers aren't blocked
    blocker.execute("ROLLBACK")
    blocker.close()
    store.set_description(key_id, "now", allowed_in={"Enabled"})


def test_threads_write_side_by_side(url: str) -> None:
    store = Store.open(url)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(10):
                _created(store)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert store.count_keys(ACCOUNT) == 60
    store.close()


def _write_for_ever(url: str, connection) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    store = Store.open(url)
    while True:
        connection.send(_created(store)[0])


def test_what_was_acknowledged_survives_kill_9(store: Store, url: str) -> None:
    context = multiprocessing.get_context("spawn")
    for delay_s in (0.02, 0.11, 0.23):
        reader, writer = context.Pipe(duplex=False)
        process = context.Process(target=_write_for_ever, args=(url, writer))
        process.start()
        acknowledged = [reader.recv()]
        time.sleep(delay_s)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        writer.close()
        while reader.poll():
            try:
                acknowledged.append(reader.recv())
            except EOFError:
                break
        reader.close()
        process.close()
        assert all(store.load_key(key_id) is not None for key_id in acknowledged)
    assert store.damage() == ()
