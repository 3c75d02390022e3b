"""Rotation: new material encrypts, old material decrypts for ever, and no schedule is missed or doubled."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from strongroom.client import Client, errors
from strongroom.hsm import MaterialId
from strongroom.server.audit import AuditUnavailable
from strongroom.server.housekeeping.rotation import MOST_ENCRYPTIONS
from strongroom.server.store import NotInState
from tests.support.deployments import Service
from tests.support.housekeeping import Housekeeping


@pytest.fixture
def key_id(client: Client) -> str:
    return client.create_key().key_id


def _current(client: Client, key_id: str) -> str:
    return client.describe_key(key_id).current_key_material_id


def test_what_older_materials_encrypted_decrypts_for_ever(client: Client, key_id: str) -> None:
    blobs, materials = [], []
    for number in range(4):
        if number:
            client.rotate_key_on_demand(key_id)
        blobs.append(client.encrypt(key_id, str(number).encode()).ciphertext_blob)
        materials.append(_current(client, key_id))
    assert len(set(materials)) == 4
    for number, blob in enumerate(blobs):
        opened = client.decrypt(blob, key_id=key_id)
        assert (opened.plaintext, opened.key_material_id) == (str(number).encode(), materials[number])
    moved = client.re_encrypt(blobs[0], key_id)
    assert client.decrypt(moved.ciphertext_blob).key_material_id == materials[3]
    assert {client.generate_data_key(key_id).key_material_id for _ in range(8)} == {materials[3]}


def test_rotations_are_listed_the_oldest_first(client: Client, key_id: str) -> None:
    first = _current(client, key_id)
    assert client.list_key_rotations(key_id).rotations == ()
    (only,) = client.list_key_rotations(key_id, all_key_material=True).rotations
    assert (only.key_material_id, only.key_material_state) == (first, "CURRENT")
    assert (only.rotation_date, only.rotation_type) == (None, None)
    before = datetime.now(UTC)
    client.rotate_key_on_demand(key_id)
    client.rotate_key_on_demand(key_id)
    entries = client.list_key_rotations(key_id, all_key_material=True).rotations
    assert [entry.key_material_state for entry in entries] == ["NON_CURRENT", "NON_CURRENT", "CURRENT"]
    assert [entry.rotation_type for entry in entries] == [None, "ON_DEMAND", "ON_DEMAND"]
    assert entries[2].key_material_id == _current(client, key_id)
    dates = [entry.rotation_date for entry in entries[1:] if entry.rotation_date]
    assert before <= dates[0] <= dates[1] <= datetime.now(UTC)
    assert client.list_key_rotations(key_id).rotations == entries[1:]


def test_rotations_are_walked_page_by_page(client: Client, key_id: str) -> None:
    for _ in range(3):
        client.rotate_key_on_demand(key_id)
    seen, marker = [], None
    while marker != "":
        page = client.list_key_rotations(key_id, all_key_material=True, limit=1, marker=marker)
        seen += [entry.key_material_id for entry in page.rotations]
        marker = page.next_marker
    assert seen == [e.key_material_id for e in client.all_key_rotations(key_id, all_key_material=True)]
    assert len(seen) == 4
    marker = client.list_key_rotations(key_id, limit=1).next_marker
    with pytest.raises(errors.InvalidMarker):
        client.list_key_rotations(key_id, all_key_material=True, marker=marker)


def test_a_key_rotates_on_demand_25_times(client: Client, key_id: str) -> None:
    for _ in range(25):
        client.rotate_key_on_demand(key_id)
    current = _current(client, key_id)
    with pytest.raises(
        errors.LimitExceeded, match="The on-demand rotations limit has been reached"
    ) as caught:
        client.rotate_key_on_demand(key_id)
    assert caught.value.reason == "ROTATION_LIMIT_EXCEEDED"
    assert _current(client, key_id) == current


@pytest.mark.parametrize("days", [90, 2560, None])
def test_a_schedule_begins_when_it_is_set(client: Client, key_id: str, days: int | None) -> None:
    status = client.get_key_rotation_status(key_id)
    assert (status.key_rotation_enabled, status.next_rotation_date) == (False, None)
    before = datetime.now(UTC)
    client.enable_key_rotation(key_id, rotation_period_in_days=days)
    status = client.get_key_rotation_status(key_id)
    period = timedelta(days=days or 365)
    assert status.key_rotation_enabled
    assert status.rotation_period_in_days == (days or 365)
    assert status.next_rotation_date is not None
    assert before + period <= status.next_rotation_date <= datetime.now(UTC) + period
    client.rotate_key_on_demand(key_id)
    assert client.get_key_rotation_status(key_id) == status
    client.disable_key_rotation(key_id)
    assert not client.get_key_rotation_status(key_id).key_rotation_enabled


@pytest.mark.parametrize("days", [0, 89, 2561, -1])
def test_no_other_period_is_taken(client: Client, key_id: str, days: int) -> None:
    with pytest.raises(errors.ValidationError, match="rotationPeriodInDays"):
        client.enable_key_rotation(key_id, rotation_period_in_days=days)


Change = Callable[[Client, str], object]
CHANGES: list[Change] = [
    lambda c, k: c.enable_key_rotation(k),
    lambda c, k: c.disable_key_rotation(k),
    lambda c, k: c.rotate_key_on_demand(k),
]


@pytest.mark.parametrize("change", CHANGES)
def test_only_symmetric_keys_rotate_and_the_state_is_looked_at_first(client: Client, change: Change) -> None:
    other = client.create_key(key_spec="HMAC_256", key_usage="GENERATE_VERIFY_MAC").key_id
    with pytest.raises(errors.UnsupportedOperation):
        change(client, other)
    assert not client.get_key_rotation_status(other).key_rotation_enabled
    assert client.list_key_rotations(other).rotations == ()
    with pytest.raises(errors.UnsupportedOperation):
        client.list_key_rotations(other, all_key_material=True)
    client.disable_key(other)
    with pytest.raises(errors.Disabled):
        change(client, other)


@pytest.mark.parametrize("change", CHANGES)
def test_a_key_that_is_not_enabled_does_not_rotate(client: Client, key_id: str, change: Change) -> None:
    client.disable_key(key_id)
    with pytest.raises(errors.Disabled):
        change(client, key_id)
    client.schedule_key_deletion(key_id)
    with pytest.raises(errors.InvalidState, match="is pending deletion"):
        change(client, key_id)


def test_a_pending_deletion_hides_the_schedule_until_it_is_cancelled(client: Client, key_id: str) -> None:
    client.enable_key_rotation(key_id)
    status = client.get_key_rotation_status(key_id)
    client.schedule_key_deletion(key_id)
    assert not client.get_key_rotation_status(key_id).key_rotation_enabled
    client.cancel_key_deletion(key_id)
    assert client.get_key_rotation_status(key_id) == status


def test_a_key_rotates_by_itself_when_it_is_due_and_once(
    client: Client, service: Service, rounds: Housekeeping, key_id: str
) -> None:
    blob = client.encrypt(key_id, b"x").ciphertext_blob
    client.enable_key_rotation(key_id, rotation_period_in_days=90)
    due = client.get_key_rotation_status(key_id).next_rotation_date
    assert due is not None
    rounds.pass_by(days=89)
    rounds.rotate()
    assert client.list_key_rotations(key_id).rotations == ()
    rounds.pass_by(days=1, minutes=1)
    rounds.rotate()
    rounds.rotate()
    (entry,) = client.list_key_rotations(key_id).rotations
    assert (entry.rotation_type, entry.key_material_state) == ("AUTOMATIC", "CURRENT")
    assert client.get_key_rotation_status(key_id).next_rotation_date == due + timedelta(days=90)
    assert client.decrypt(blob).plaintext == b"x"
    assert (
        client.decrypt(client.encrypt(key_id, b"y").ciphertext_blob).key_material_id == entry.key_material_id
    )
    told = [r for r in service.deployment.audit_records() if r["eventName"] == "RotateKey"]
    assert [r["serviceEventDetails"]["keyId"] for r in told].count(key_id) == 1


def test_after_a_long_absence_a_key_rotates_once(client: Client, rounds: Housekeeping, key_id: str) -> None:
    client.enable_key_rotation(key_id, rotation_period_in_days=90)
    rounds.pass_by(days=1000)
    rounds.rotate()
    rounds.rotate()
    assert len(client.list_key_rotations(key_id).rotations) == 1
    assert client.get_key_rotation_status(key_id).next_rotation_date == rounds.now + timedelta(days=90)


def test_a_disabled_key_rotates_when_it_is_enabled_again(
    client: Client, rounds: Housekeeping, key_id: str
) -> None:
    client.enable_key_rotation(key_id, rotation_period_in_days=90)
    client.disable_key(key_id)
    rounds.pass_by(days=91)
    rounds.rotate()
    assert client.list_key_rotations(key_id).rotations == ()
    client.enable_key(key_id)
    rounds.rotate()
    assert len(client.list_key_rotations(key_id).rotations) == 1


def test_a_material_that_has_encrypted_enough_is_replaced(
    client: Client, rounds: Housekeeping, key_id: str
) -> None:
    record = rounds.store.load_key(key_id)
    assert record is not None
    rounds.store.reserve_encryptions(record.current_material_id, MOST_ENCRYPTIONS, limit=2**32)
    rounds.rotate()
    (entry,) = client.list_key_rotations(key_id).rotations
    assert entry.rotation_type == "AUTOMATIC"
    assert not client.get_key_rotation_status(key_id).key_rotation_enabled
    rounds.rotate()
    assert len(client.list_key_rotations(key_id).rotations) == 1


def test_rotations_at_once_are_all_whole(client: Client, service: Service, key_id: str) -> None:
    def rotate() -> type[Exception] | None:
        with service.deployment.client() as own:
            try:
                own.rotate_key_on_demand(key_id)
            except errors.Conflict as error:
                return type(error)
        return None

    with ThreadPoolExecutor(6) as pool:
        outcomes = [call.result() for call in [pool.submit(rotate) for _ in range(12)]]
    done = outcomes.count(None)
    entries = client.list_key_rotations(key_id, all_key_material=True).rotations
    assert len(entries) == done + 1
    assert [entry.key_material_state for entry in entries].count("CURRENT") == 1
    assert client.decrypt(client.encrypt(key_id, b"x").ciphertext_blob).plaintext == b"x"


def test_a_rotation_that_is_due_soon_is_not_doubled(
    client: Client, rounds: Housekeeping, key_id: str
) -> None:
    rounds.pass_by(days=-90, minutes=10)
    rounds.store.set_rotation(key_id, 90, allowed_from={"Enabled"})
    with pytest.raises(errors.Conflict, match="within 20 minutes"):
        client.rotate_key_on_demand(key_id)


def test_a_rotation_that_was_interrupted_is_undone(client: Client, rounds: Housekeeping, key_id: str) -> None:
    blob = client.encrypt(key_id, b"x").ciphertext_blob
    record = rounds.store.load_key(key_id)
    assert record is not None
    maker = rounds.maker()
    material = maker.new_material(key_id)
    rounds.store.begin_rotate(key_id, material, "dead", "ON_DEMAND", most_on_demand=25)
    maker._generate(material, record.key_spec, record.key_usage)
    rounds.reconcile()
    assert material.material_id not in {found.material_id for found in rounds.token.objects()}
    assert client.list_key_rotations(key_id).rotations == ()
    client.rotate_key_on_demand(key_id)
    assert client.decrypt(blob).plaintext == b"x"


def test_what_is_undone_is_recorded_however_late(
    client: Client, service: Service, rounds: Housekeeping, key_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds.store.begin_rotate(
        key_id, rounds.maker().new_material(key_id), "dead", "ON_DEMAND", most_on_demand=25
    )

    def refuse(*_: object) -> None:
        raise AuditUnavailable("full")

    with monkeypatch.context() as patch:
        patch.setattr(rounds.records, "write_service_event", refuse)
        with pytest.raises(AuditUnavailable):
            rounds.reconcile("this boot")
    rounds.reconcile("next boot")
    told = [r for r in service.deployment.audit_records() if r["eventName"] == "FinishInterruptedIntent"]
    assert [r["serviceEventDetails"]["keyId"] for r in told].count(key_id) == 1


def test_all_materials_of_a_key_are_destroyed_with_it(
    client: Client, rounds: Housekeeping, key_id: str
) -> None:
    client.rotate_key_on_demand(key_id)
    client.rotate_key_on_demand(key_id)
    record = rounds.store.load_key(key_id)
    assert record is not None
    materials = {material.material_id for material in record.materials}
    assert len(materials & {found.material_id for found in rounds.token.objects()}) == 3
    client.schedule_key_deletion(key_id, pending_window_in_days=7)
    rounds.pass_by(days=8)
    rounds.delete()
    assert not materials & {found.material_id for found in rounds.token.objects()}


def test_a_rotation_that_can_not_be_recorded_is_undone(
    client: Client, rounds: Housekeeping, key_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.enable_key_rotation(key_id, rotation_period_in_days=90)
    rounds.pass_by(days=91)

    def refuse(*_: object) -> None:
        raise AuditUnavailable("full")

    with monkeypatch.context() as patch:
        patch.setattr(rounds.records, "write_service_event", refuse)
        with pytest.raises(AuditUnavailable):
            rounds.rotate()
    assert client.list_key_rotations(key_id).rotations == ()
    rounds.rotate()
    assert len(client.list_key_rotations(key_id).rotations) == 1


def test_a_key_that_is_not_due_any_more_does_not_rotate(
    client: Client, rounds: Housekeeping, key_id: str
) -> None:
    client.enable_key_rotation(key_id, rotation_period_in_days=90)
    rounds.pass_by(days=91)
    record = rounds.store.load_key(key_id)
    assert record is not None
    maker = rounds.maker()
    made = maker.make_due_material(maker.begin_due_rotation(record, most_encryptions=MOST_ENCRYPTIONS))
    client.disable_key_rotation(key_id)
    with pytest.raises(NotInState):
        maker.complete_due_rotation(
            made, most_encryptions=MOST_ENCRYPTIONS, announce=lambda: pytest.fail("told too early")
        )
    assert not rounds.token.exists(made.ref)
    with pytest.raises(NotInState):
        maker.begin_due_rotation(record, most_encryptions=MOST_ENCRYPTIONS)
    assert client.list_key_rotations(key_id).rotations == ()


def test_a_key_whose_material_is_lost_does_not_rotate(
    client: Client, rounds: Housekeeping, key_id: str
) -> None:
    client.enable_key_rotation(key_id, rotation_period_in_days=90)
    record = rounds.store.load_key(key_id)
    assert record is not None
    rounds.token.destroy(MaterialId(record.current_material_id), record.materials[0].label)
    rounds.reconcile()
    rounds.pass_by(days=91)
    rounds.rotate()
    assert client.describe_key(key_id).key_state == "Unavailable"
