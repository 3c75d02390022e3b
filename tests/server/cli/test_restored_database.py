import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from strongroom.server.config import load_settings
from strongroom.server.deployment import open_store
from strongroom.server.housekeeping.rotation import MOST_ENCRYPTIONS
from strongroom.server.store import schema
from tests.server.cli.conftest import Deployment
from tests.server.cli.restorations import (
    back_up,
    check,
    database,
    lose_database,
    only_key,
    restore,
)
from tests.support.backups import age
from tests.support.databases import change, make_older, rows


def test_counts_are_raised_by_what_may_have_been_encrypted_since(
    deployment: Deployment, backup: Path
) -> None:
    created_at = datetime.fromisoformat(json.loads((backup / "manifest.json").read_text())["created_at"])
    before = datetime.now(UTC)
    assumed = restore(deployment, backup).json["encryptions_assumed"]
    after = datetime.now(UTC)
    assert (before - created_at).total_seconds() * 100_000 <= assumed
    assert assumed <= (after - created_at).total_seconds() * 100_000 + 1
    assert rows(database(deployment), "SELECT encryptions_reserved FROM materials") == [(assumed,)]


def test_counts_of_an_old_backup_are_raised_to_where_keys_rotate(deployment: Deployment) -> None:
    fresh, worn, other = (deployment.make_key() for _ in range(3))
    for key_id, count in ((worn, 2**31 + 5), (other, 7)):
        statement = "UPDATE materials SET encryptions_reserved = ? WHERE key_id = ?"
        change(database(deployment), statement, count, key_id)
    change(database(deployment), "UPDATE keys SET key_spec = 'HMAC_256' WHERE key_id = ?", other)
    change(database(deployment), "UPDATE keys SET key_usage = 'GENERATE_VERIFY_MAC' WHERE key_id = ?", other)
    backup = age(back_up(deployment), timedelta(days=1))
    lose_database(deployment)
    restore(deployment, backup)
    counts = dict(rows(database(deployment), "SELECT key_id, encryptions_reserved FROM materials"))
    assert counts == {fresh: MOST_ENCRYPTIONS, worn: 2**31 + 5, other: 7}
    with closing(open_store(load_settings(deployment.config))) as store:
        assert set(store.due_rotations(MOST_ENCRYPTIONS)) == {fresh, worn}


def test_a_backup_from_the_future_raises_all_counts(deployment: Deployment, backup: Path) -> None:
    age(backup, -timedelta(days=1))
    restore(deployment, backup)
    assert rows(database(deployment), "SELECT encryptions_reserved FROM materials") == [(MOST_ENCRYPTIONS,)]


def test_a_count_that_is_known_to_be_higher_is_taken(deployment: Deployment, backup: Path) -> None:
    change(database(deployment), "UPDATE materials SET encryptions_reserved = ?", 2**32 - 1)
    restore(deployment, backup)
    assert rows(database(deployment), "SELECT encryptions_reserved FROM materials") == [(2**32 - 1,)]


def test_a_deletion_waits_so_that_it_can_be_cancelled(deployment: Deployment) -> None:
    due, late = deployment.make_key(), deployment.make_key()
    for key_id, date in ((due, datetime.now(UTC)), (late, datetime.now(UTC) + timedelta(days=20))):
        statement = "UPDATE keys SET state = 'PendingDeletion', deletion_date = ? WHERE key_id = ?"
        change(database(deployment), statement, int(date.timestamp() * 1e6), key_id)
    backup = back_up(deployment)
    before = datetime.now(UTC)
    assert check(deployment, backup, code=0)["postponed"] == [due]
    assert restore(deployment, backup).json["postponed"] == [due]
    with closing(open_store(load_settings(deployment.config))) as store:
        assert store.due_deletions() == ()
        dates = {key_id: store.load_key(key_id).deletion_date for key_id in (due, late)}  # type: ignore[union-attr]
    assert dates[due] >= before + timedelta(days=7)  # type: ignore[operator]
    assert dates[late] > dates[due]  # type: ignore[operator]


def test_a_deletion_that_was_begun_goes_on(deployment: Deployment) -> None:
    key_id = deployment.make_key()
    change(database(deployment), "UPDATE keys SET state = 'Deleting'")
    change(
        database(deployment), "UPDATE materials SET state = 'destroying', intent_owner = 'x', intent_at = 0"
    )
    found = restore(deployment, back_up(deployment)).json
    assert (found["being_deleted"], found["lacking"]) == ([key_id], [])


def test_an_object_that_was_being_made_is_only_reported(deployment: Deployment) -> None:
    key_id = deployment.make_key()
    change(database(deployment), "UPDATE keys SET state = 'Creating'")
    change(database(deployment), "UPDATE materials SET state = 'creating', intent_owner = 'x', intent_at = 0")
    backup = back_up(deployment)
    lose_database(deployment)
    found = restore(deployment, backup).json
    assert [one["label"] for one in found["unknown"]] == [f"strongroom/dev/{key_id}"]
    with closing(open_store(load_settings(deployment.config))) as store:
        assert store.pending_intents() == ()


def test_leases_end_and_uses_are_known_from_now_on(deployment: Deployment) -> None:
    with closing(open_store(load_settings(deployment.config))) as store:
        store.leases.acquire("housekeeping", "x", 1e6)
        restore(deployment, _closed(store, deployment))
    with closing(open_store(load_settings(deployment.config))) as store:
        assert store.leases.acquire("housekeeping", "y", 1)
        assert datetime.now(UTC) - store.last_usage("none")[1] < timedelta(minutes=1)


def _closed(store: Any, deployment: Deployment) -> Path:
    backup = back_up(deployment)
    store.close()
    return backup


def test_an_older_backup_is_upgraded(deployment: Deployment) -> None:
    key_id = deployment.make_key()
    make_older(database(deployment), "0001")
    backup = back_up(deployment)
    check(deployment, backup, code=0)
    restore(deployment, backup)
    assert rows(database(deployment), "SELECT * FROM alembic_version") == [(schema.HEAD,)]
    assert only_key(database(deployment)) == key_id
    assert deployment.run("doctor").code == 0
