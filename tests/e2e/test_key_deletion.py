"""Keys are deleted after their waiting period: not before, not twice, and nothing of them is left."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from strongroom.client import Client, errors
from strongroom.hsm import HsmFault, MaterialId
from tests.support.deployments import Service
from tests.support.housekeeping import Housekeeping

Call = Callable[[Client, str], object]


@pytest.fixture
def key_id(client: Client) -> str:
    return client.create_key(tags={"a": "b"}).key_id


@pytest.mark.parametrize("days", [7, 30, None])
def test_a_key_is_pending_deletion_for_the_days_that_were_asked_for(
    client: Client, key_id: str, days: int | None
) -> None:
    before = datetime.now(UTC)
    scheduled = client.schedule_key_deletion(key_id, pending_window_in_days=days)
    window = timedelta(days=days or 30)
    assert before + window <= scheduled.deletion_date <= datetime.now(UTC) + window
    assert scheduled.pending_window_in_days == (days or 30)
    key = client.describe_key(key_id)
    assert scheduled.key_id == key.arn
    assert (key.key_state, key.enabled, key.deletion_date) == (
        "PendingDeletion",
        False,
        scheduled.deletion_date,
    )


@pytest.mark.parametrize("days", [0, 1, 6, 31, 365, -1])
def test_no_other_days_are_taken(client: Client, key_id: str, days: int) -> None:
    with pytest.raises(errors.ValidationError, match="pendingWindowInDays"):
        client.schedule_key_deletion(key_id, pending_window_in_days=days)
    assert client.describe_key(key_id).enabled


@pytest.mark.parametrize(
    "call",
    [
        lambda c, k: c.encrypt(k, b"x"),
        lambda c, k: c.generate_data_key(k),
        lambda c, k: c.enable_key(k),
        lambda c, k: c.disable_key(k),
        lambda c, k: c.update_key_description(k, "x"),
        lambda c, k: c.tag_resource(k, {"a": "c"}),
        lambda c, k: c.untag_resource(k, ["a"]),
        lambda c, k: c.create_alias("alias/to-deleted", k),
        lambda c, k: c.schedule_key_deletion(k),
    ],
)
def test_a_key_that_is_pending_deletion_refuses(client: Client, key_id: str, call: Call) -> None:
    blob = client.encrypt(key_id, b"x").ciphertext_blob
    client.schedule_key_deletion(key_id, pending_window_in_days=7)
    for refused in (call, lambda c, _: c.decrypt(blob)):
        with pytest.raises(errors.InvalidState, match=r"is pending deletion\."):
            refused(client, key_id)


def test_a_cancelled_key_is_disabled_and_can_be_enabled(client: Client, key_id: str) -> None:
    blob = client.encrypt(key_id, b"x").ciphertext_blob
    client.create_alias(f"alias/{key_id[:8]}", key_id)
    client.schedule_key_deletion(key_id)
    client.cancel_key_deletion(key_id)
    key = client.describe_key(key_id)
    assert (key.key_state, key.deletion_date) == ("Disabled", None)
    with pytest.raises(errors.Disabled):
        client.decrypt(blob)
    client.enable_key(key_id)
    assert client.decrypt(blob, key_id=f"alias/{key_id[:8]}").plaintext == b"x"
    assert dict(client.list_resource_tags(key_id).tags) == {"a": "b"}


@pytest.mark.parametrize("is_enabled", [True, False])
def test_what_is_not_pending_can_not_be_cancelled(client: Client, key_id: str, is_enabled: bool) -> None:  # noqa: FBT001
    if not is_enabled:
        client.disable_key(key_id)
    with pytest.raises(errors.InvalidState, match=r"is not pending deletion\."):
        client.cancel_key_deletion(key_id)


def test_a_key_is_deleted_when_it_is_due_and_not_before(
    client: Client, service: Service, rounds: Housekeeping, key_id: str
) -> None:
    alias = f"alias/due/{key_id[:8]}"
    client.create_alias(alias, key_id)
    blob = client.encrypt(key_id, b"x").ciphertext_blob
    material = rounds.store.load_key(key_id).current_material_id  # type: ignore[union-attr]
    client.schedule_key_deletion(key_id, pending_window_in_days=7)
    rounds.pass_by(days=7, minutes=-1)
    rounds.delete()
    assert client.describe_key(key_id).key_state == "PendingDeletion"
    assert material in {found.material_id for found in rounds.token.objects()}
    rounds.pass_by(minutes=2)
    rounds.delete()
    assert material not in {found.material_id for found in rounds.token.objects()}
    for gone in (lambda: client.describe_key(key_id), lambda: client.encrypt(alias, b"x")):
        with pytest.raises(errors.NotFound):
            gone()
    with pytest.raises(errors.AccessDenied, match="does not exist"):
        client.decrypt(blob)
    assert key_id not in {entry.key_id for entry in client.all_keys()}
    assert alias not in {entry.alias_name for entry in client.all_aliases()}
    events = [r for r in service.deployment.audit_records() if r["eventName"] == "DeleteKey"]
    assert [e["serviceEventDetails"]["keyId"] for e in events].count(key_id) == 1
    client.create_alias(alias, client.create_key().key_id)


class _Stubborn:
    """A token that destroys nothing."""

    def destroy(self, *_: object) -> bool:
        raise HsmFault("protected")


def test_a_key_whose_material_can_not_be_destroyed_stays_pending_and_is_tried_again(
    client: Client, rounds: Housekeeping, key_id: str
) -> None:
    client.schedule_key_deletion(key_id, pending_window_in_days=7)
    rounds.pass_by(days=8)
    assert rounds.delete(_Stubborn()) == 0  # type: ignore[arg-type]
    assert client.describe_key(key_id).key_state == "PendingDeletion"
    with pytest.raises(errors.InvalidState, match="is being deleted"):
        client.cancel_key_deletion(key_id)
    rounds.reconcile()  # leaves it to the deletion
    assert client.describe_key(key_id).key_state == "PendingDeletion"
    rounds.delete()
    with pytest.raises(errors.NotFound):
        client.describe_key(key_id)


def test_a_key_that_was_cancelled_at_the_last_moment_is_kept(
    client: Client, rounds: Housekeeping, key_id: str
) -> None:
    client.schedule_key_deletion(key_id, pending_window_in_days=7)
    rounds.pass_by(days=8)
    assert key_id in rounds.store.due_deletions()
    client.cancel_key_deletion(key_id)
    rounds.delete()
    client.enable_key(key_id)
    assert client.encrypt(key_id, b"x")


def test_what_the_token_refuses_of_one_key_keeps_back_no_other(
    client: Client, rounds: Housekeeping, key_id: str
) -> None:
    other = client.create_key().key_id
    for scheduled in (key_id, other):
        client.schedule_key_deletion(scheduled, pending_window_in_days=7)
    rounds.pass_by(days=8)
    refused = rounds.store.load_key(key_id).current_material_id  # type: ignore[union-attr]

    class _Choosy:
        def destroy(self, material_id: bytes, label: str) -> bool:
            if material_id == refused:
                raise HsmFault("protected")
            return rounds.token.destroy(MaterialId(material_id), label)

    assert rounds.delete(_Choosy()) >= 1  # type: ignore[arg-type]
    with pytest.raises(errors.NotFound):
        client.describe_key(other)
    begun = [i.begun_at for i in rounds.store.pending_intents() if i.key_id == key_id]
    rounds.pass_by(hours=1)
    rounds.delete(_Choosy())  # type: ignore[arg-type]
    assert [i.begun_at for i in rounds.store.pending_intents() if i.key_id == key_id] == begun
    rounds.delete()
