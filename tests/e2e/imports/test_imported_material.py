"""The life of imported material: brought, lost, deleted, expired, brought again."""

import base64
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from strongroom.client import Client, ImportParameters, errors
from strongroom.hsm import MaterialId
from strongroom.server.store import MaterialRecord, NewImport, NewMaterial
from tests.support.deployments import Deployment, Service
from tests.support.hooking import Hooks
from tests.support.housekeeping import Housekeeping
from tests.support.imports import OAEP, TWO_STEPS, bring, external, key_state, parameters
from tests.support.wrapping import pkcs8, wrap


def test_a_key_of_origin_external_has_no_material_at_first(client: Client) -> None:
    key = client.describe_key(external(client))
    assert (key.key_state, key.enabled, key.origin) == ("PendingImport", False, "EXTERNAL")
    assert (key.current_key_material_id, key.expiration_model, key.valid_to) == ("", None, None)


def test_deleted_material_comes_back_with_everything_that_it_encrypted(
    client: Client, key_id: str, secret: bytes
) -> None:
    blob = client.encrypt(key_id, b"plaintext").ciphertext_blob
    material_id = client.describe_key(key_id).current_key_material_id
    assert client.delete_imported_key_material(key_id).key_material_id == material_id
    key = client.describe_key(key_id)
    assert (key.key_state, key.enabled) == ("PendingImport", False)
    assert (key.expiration_model, key.current_key_material_id) == (None, material_id)
    for use in (lambda: client.encrypt(key_id, b"x"), lambda: client.decrypt(blob)):
        with pytest.raises(errors.InvalidState, match=r"is pending import\."):
            use()
    client.delete_imported_key_material(key_id)  # no effect
    with pytest.raises(errors.IncorrectKeyMaterial):
        bring(client, key_id, os.urandom(32))
    assert bring(client, key_id, secret) == material_id
    assert client.decrypt(blob).plaintext == b"plaintext"
    assert key_state(client, key_id) == "Enabled"


def test_the_same_material_has_the_same_id_in_one_key_and_another_in_another(
    client: Client, key_id: str, secret: bytes
) -> None:
    first = client.describe_key(key_id).current_key_material_id
    assert bring(client, key_id, secret, TWO_STEPS) == first
    assert bring(client, external(client), secret) != first


def test_an_asymmetric_or_hmac_key_takes_its_own_material_only(client: Client) -> None:
    mine, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    key_id = external(client, "ECC_NIST_P256", "SIGN_VERIFY")
    bring(client, key_id, pkcs8(mine), TWO_STEPS)
    for _ in range(2):
        with pytest.raises(errors.IncorrectKeyMaterial):
            bring(client, key_id, pkcs8(other), TWO_STEPS)
        bring(client, key_id, pkcs8(mine), TWO_STEPS)
        client.delete_imported_key_material(key_id)
    for given in (
        {"import_type": "NEW_KEY_MATERIAL"},
        {"key_material_description": "x"},
        {"key_material_id": "0" * 64},
    ):
        with pytest.raises(errors.ValidationError, match="symmetric"):
            bring(client, key_id, pkcs8(mine), TWO_STEPS, **given)


def test_a_disabled_key_is_enabled_by_its_material(client: Client, key_id: str, secret: bytes) -> None:
    client.disable_key(key_id)
    bring(client, key_id, secret)
    assert key_state(client, key_id) == "Enabled"


def test_lost_material_is_made_good_by_importing_it_again(
    client: Client, rounds: Housekeeping, key_id: str, secret: bytes
) -> None:
    blob = client.encrypt(key_id, b"plaintext").ciphertext_blob
    record = rounds.store.load_key(key_id)
    assert record is not None
    rounds.token.destroy(MaterialId(record.current_material_id), record.materials[0].label)
    rounds.store.mark_missing(record.current_material_id)
    assert key_state(client, key_id) == "Unavailable"
    bring(client, key_id, secret)
    assert key_state(client, key_id) == "Enabled"
    assert client.decrypt(blob).plaintext == b"plaintext"


def test_deletion_takes_everything_and_cancelling_it_finds_the_state(
    client: Client, rounds: Housekeeping, key_id: str, secret: bytes
) -> None:
    client.schedule_key_deletion(key_id, pending_window_in_days=7)
    with pytest.raises(errors.InvalidState, match="pending deletion"):
        parameters(client, key_id)
    client.delete_imported_key_material(key_id)
    assert key_state(client, key_id) == "PendingDeletion"
    client.cancel_key_deletion(key_id)
    assert key_state(client, key_id) == "PendingImport"
    bring(client, key_id, secret)
    parameters(client, key_id)
    client.schedule_key_deletion(key_id, pending_window_in_days=7)
    rounds.pass_by(days=8)
    rounds.delete()
    with pytest.raises(errors.NotFound):
        client.describe_key(key_id)
    assert not [found for found in rounds.token.objects() if key_id in found.label]


def test_material_expires_when_its_time_is_over_and_not_before(
    client: Client, rounds: Housekeeping, secret: bytes
) -> None:
    key_id, valid_to = external(client), datetime.now(UTC) + timedelta(days=30)
    material_id = bring(client, key_id, secret, valid_to=valid_to)
    key = client.describe_key(key_id)
    assert (key.expiration_model, key.valid_to) == ("KEY_MATERIAL_EXPIRES", valid_to)
    blob = client.encrypt(key_id, b"x").ciphertext_blob
    rounds.pass_by(days=29)
    rounds.expire()
    assert key_state(client, key_id) == "Enabled"
    rounds.pass_by(days=2)
    rounds.expire()
    assert key_state(client, key_id) == "PendingImport"
    assert client.describe_key(key_id).valid_to is None
    (record,) = (r for r in rounds_records(rounds) if r.get("eventName") == "DeleteExpiredKeyMaterial")
    assert record["serviceEventDetails"] == {"keyId": key_id, "keyMaterialId": material_id}
    bring(client, key_id, secret)
    assert client.decrypt(blob).plaintext == b"x"
    rounds.expire()
    assert key_state(client, key_id) == "Enabled"


def rounds_records(rounds: Housekeeping) -> list[dict[str, Any]]:
    return Deployment(Path(rounds.settings.audit.directory).parent, 0).audit_records()


def test_importing_again_changes_when_it_expires(client: Client, rounds: Housekeeping, secret: bytes) -> None:
    key_id, soon = external(client), datetime.now(UTC) + timedelta(days=1)
    bring(client, key_id, secret, valid_to=soon)
    bring(client, key_id, secret, valid_to=soon + timedelta(days=9))
    rounds.pass_by(days=2)
    rounds.expire()
    assert client.describe_key(key_id).valid_to == soon + timedelta(days=9)
    bring(client, key_id, secret)
    assert client.describe_key(key_id).expiration_model == "KEY_MATERIAL_DOES_NOT_EXPIRE"


@pytest.mark.parametrize("days", [-1, 0, 366])
def test_a_time_that_is_over_or_too_far_ahead_is_refused(client: Client, secret: bytes, days: int) -> None:
    key_id = external(client)
    with pytest.raises(errors.ValidationError, match="validTo"):
        bring(client, key_id, secret, valid_to=datetime.now(UTC) + timedelta(days=days))


def test_the_same_request_makes_one_key_without_material(client: Client) -> None:
    request_id = "a0000000-0000-4000-8000-00000000000e"
    first = client.create_key(origin="EXTERNAL", request_id=request_id)
    assert client.create_key(origin="EXTERNAL", request_id=request_id) == first


def test_the_same_material_at_once_is_imported_once(client: Client, secret: bytes) -> None:
    key_id = external(client)
    found = [parameters(client, key_id) for _ in range(4)]

    def do(one: ImportParameters) -> bool:
        try:
            client.import_key_material(key_id, one.import_token, wrap(one.public_key, OAEP, secret))
        except errors.ServiceUnavailable:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert any(pool.map(do, found))
    assert len(client.list_key_rotations(key_id, all_key_material=True).rotations) == 1
    assert client.decrypt(client.encrypt(key_id, b"x").ciphertext_blob).plaintext == b"x"


def _materials(rounds: Housekeeping, key_id: str) -> tuple[MaterialRecord, ...]:
    record = rounds.store.load_key(key_id)
    assert record is not None
    return record.materials


def _begin_import_and_die(client: Client, rounds: Housekeeping, key_id: str) -> None:
    """Begins to import a key's material again, as a service that doesn't come back."""
    (row,) = _materials(rounds, key_id)
    pair = rounds.importer().opened(parameters(client, key_id).import_token, key_id, rounds.now)
    new = NewImport(pair.material_id, import_type=None, rotates=True, expires_at=None, description="")
    fresh = NewMaterial(b"0" * 16, row.kms_material_id, row.label, rounds.now)
    rounds.store.begin_import(key_id, fresh, new, "a boot that died", allowed_in={"Enabled", "PendingImport"})


def test_an_interrupted_import_is_undone_and_can_be_done_again(
    client: Client, rounds: Housekeeping, key_id: str, secret: bytes
) -> None:
    blob = client.encrypt(key_id, b"x").ciphertext_blob
    client.delete_imported_key_material(key_id)
    _begin_import_and_die(client, rounds, key_id)
    with pytest.raises(errors.ServiceUnavailable, match="being imported"):
        bring(client, key_id, secret)
    rounds.reconcile()
    assert key_state(client, key_id) == "PendingImport"
    bring(client, key_id, secret)
    assert client.decrypt(blob).plaintext == b"x"


def test_neither_material_nor_token_is_in_records_or_log(service: Service, client: Client) -> None:
    secret = os.urandom(32)
    key_id = external(client)
    found = parameters(client, key_id)
    wrapped = wrap(found.public_key, OAEP, secret)
    client.import_key_material(key_id, found.import_token, wrapped)
    records = [r for r in service.deployment.audit_records() if key_id in str(r)]
    assert {r["eventName"] for r in records} >= {"GetParametersForImport", "ImportKeyMaterial"}
    everything = str(records) + service.log.read_text()
    for hidden in (secret, wrapped, found.import_token):
        assert hidden.hex() not in everything
        assert repr(hidden) not in everything
        assert base64.b64encode(hidden).decode() not in everything


def test_keys_without_material_are_listed_and_named(client: Client) -> None:
    key_id = external(client)
    alias = f"alias/imported/{key_id}"
    client.create_alias(alias, key_id)
    assert client.describe_key(alias).key_id == key_id
    assert key_id in {entry.key_id for entry in client.all_keys()}
    assert client.list_key_rotations(key_id, all_key_material=True).rotations == ()


def test_expired_material_is_not_used_even_before_it_is_deleted(
    own_deployment: Deployment, tmp_path: Path, secret: bytes
) -> None:
    hooks = Hooks.in_directory(tmp_path)
    own_deployment.add_config("[housekeeping]\nreconcile_interval_s = 86400")
    with own_deployment.served(hooks=hooks) as service, own_deployment.client() as client:
        key_id = external(client)
        bring(client, key_id, secret, valid_to=hooks.clock.now() + timedelta(days=1))
        blob = client.encrypt(key_id, b"x").ciphertext_blob
        hooks.clock.pass_by(days=2)
        key = client.describe_key(key_id)
        assert (key.key_state, key.enabled, key.valid_to) == ("PendingImport", False, None)
        for refused in (lambda: client.decrypt(blob), lambda: client.disable_key(key_id)):
            with pytest.raises(errors.InvalidState, match="is pending import"):
                refused()
        bring(client, key_id, secret)
        service.do_round()
        assert client.decrypt(blob).plaintext == b"x"


def test_a_failed_attempt_to_make_a_lost_material_good_leaves_the_key_waiting(
    client: Client, rounds: Housekeeping, key_id: str, secret: bytes
) -> None:
    (row,) = _materials(rounds, key_id)
    rounds.token.destroy(MaterialId(row.material_id), row.label)
    rounds.store.mark_missing(row.material_id)
    _begin_import_and_die(client, rounds, key_id)
    rounds.reconcile()
    assert key_state(client, key_id) == "PendingImport"
    bring(client, key_id, secret)
    assert key_state(client, key_id) == "Enabled"
