"""New material of a key that has some: it waits for a rotation."""

import os

import pytest

from strongroom.client import Client, errors
from tests.support.imports import bring, external, key_state


def test_new_material_waits_for_a_rotation(client: Client, key_id: str, secret: bytes) -> None:
    first = client.describe_key(key_id).current_key_material_id
    blob = client.encrypt(key_id, b"first").ciphertext_blob
    with pytest.raises(
        errors.InvalidState, match="No available key material pending rotation for the key: arn:"
    ):
        client.rotate_key_on_demand(key_id)
    other = os.urandom(32)
    second = bring(client, key_id, other, import_type="NEW_KEY_MATERIAL", key_material_description="2027 HQ")
    assert client.describe_key(key_id).current_key_material_id == first
    listed = client.list_key_rotations(key_id, all_key_material=True).rotations
    assert [(e.key_material_id, e.key_material_state, e.import_state) for e in listed] == [
        (first, "CURRENT", "IMPORTED"),
        (second, "PENDING_ROTATION", "IMPORTED"),
    ]
    assert listed[1].key_material_description == "2027 HQ"
    with pytest.raises(
        errors.InvalidState, match=f"because another key material .id: {second}. is pending rotation"
    ):
        bring(client, key_id, os.urandom(32), import_type="NEW_KEY_MATERIAL")
    client.rotate_key_on_demand(key_id)
    assert client.describe_key(key_id).current_key_material_id == second
    (entry,) = client.list_key_rotations(key_id).rotations
    assert (entry.key_material_id, entry.rotation_type) == (second, "ON_DEMAND")
    newer = client.encrypt(key_id, b"second").ciphertext_blob
    assert client.decrypt(blob).key_material_id == first
    assert client.decrypt(newer).key_material_id == second
    # All materials are needed, and each comes back by itself.
    client.delete_imported_key_material(key_id, key_material_id=first)
    assert key_state(client, key_id) == "PendingImport"
    with pytest.raises(errors.InvalidState, match="pending import"):
        client.decrypt(newer)
    client.delete_imported_key_material(key_id)
    bring(client, key_id, other, key_material_id=second)
    assert key_state(client, key_id) == "PendingImport"
    bring(client, key_id, secret)
    assert client.decrypt(blob).plaintext == b"first"
    assert client.decrypt(newer).plaintext == b"second"


def test_material_that_waits_can_be_deleted_and_replaced(client: Client, key_id: str) -> None:
    new = {"import_type": "NEW_KEY_MATERIAL"}
    waiting = bring(client, key_id, os.urandom(32), **new)
    client.delete_imported_key_material(key_id, key_material_id=waiting)
    assert key_state(client, key_id) == "Enabled"
    with pytest.raises(errors.InvalidState, match="pending rotation"):
        client.rotate_key_on_demand(key_id)
    bring(client, key_id, os.urandom(32), **new)
    client.rotate_key_on_demand(key_id)


def test_the_wrong_import_type_is_refused(client: Client, key_id: str, secret: bytes) -> None:
    first = client.describe_key(key_id).current_key_material_id
    for material, given in (
        (secret, {"import_type": "NEW_KEY_MATERIAL"}),
        (os.urandom(32), {"import_type": "EXISTING_KEY_MATERIAL"}),
        (secret, {"key_material_id": "0" * 64}),
    ):
        with pytest.raises(errors.IncorrectKeyMaterial):
            bring(client, key_id, material, **given)
    with pytest.raises(errors.IncorrectKeyMaterial):
        bring(client, external(client), secret, import_type="EXISTING_KEY_MATERIAL")
    with pytest.raises(errors.ValidationError, match="EXISTING_KEY_MATERIAL"):
        bring(client, key_id, secret, import_type="NEW_KEY_MATERIAL", key_material_id=first)
    with pytest.raises(errors.NotFound):
        client.delete_imported_key_material(key_id, key_material_id="0" * 64)


def test_a_key_of_imported_material_does_not_rotate_by_itself(client: Client, key_id: str) -> None:
    for change in (client.enable_key_rotation, client.disable_key_rotation):
        with pytest.raises(errors.UnsupportedOperation, match="origin is EXTERNAL"):
            change(key_id)
    assert not client.get_key_rotation_status(key_id).key_rotation_enabled
