"""Key state by operation: every cell of AWS KMS's table that can be reached here.

Source: AWS KMS developer guide, "Key states of AWS KMS keys".
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from strongroom.client import Client, errors
from strongroom.hsm import MaterialId
from strongroom.server.operations import OPERATIONS
from tests.support.housekeeping import Housekeeping
from tests.support.imports import TWO_STEPS, bring, parameters
from tests.support.wrapping import pkcs8, wrap

# Batches of what is in it; what needs PKCS#11 v3.2 is in test_pkcs11_3_2; ListAliases finds a key by itself.
NOT_IN_THE_TABLE = {"Encapsulate", "Decapsulate", "GetKeyLastUsage"}

State = Callable[[Client, Housekeeping, str], object]


def _is_unavailable(_client: Client, rounds: Housekeeping, key_id: str) -> None:
    record = rounds.store.load_key(key_id)
    assert record is not None
    rounds.token.destroy(MaterialId(record.current_material_id), record.materials[0].label)
    rounds.store.mark_missing(record.current_material_id)


def _stored(state: str) -> State:
    """A state into which only Multi-Region keys will get, by the store."""

    def enter(_client: Client, rounds: Housekeeping, key_id: str) -> None:
        rounds.store.set_state(key_id, state, allowed_from={"Enabled"})

    return enter


# Creating isn't here: a key that is being created is not found.
STATES: dict[str, State] = {
    "Enabled": lambda _c, _r, _k: None,
    "Disabled": lambda c, _r, k: c.disable_key(k),
    "PendingDeletion": lambda c, _r, k: c.schedule_key_deletion(k),
    "PendingReplicaDeletion": _stored("PendingReplicaDeletion"),
    "PendingImport": lambda c, _r, k: c.delete_imported_key_material(k),
    "Unavailable": _is_unavailable,
    "Updating": _stored("Updating"),
}


@dataclass(frozen=True)
class Key:
    """A key, and what was made with it while it was enabled."""

    key_id: str
    made: bytes
    alias: str
    other: str
    material: bytes
    token: bytes = b""
    wrapped: bytes = b""


def _key(client: Client, origin: str, material: bytes, **kind: str) -> tuple[str, bytes]:
    """A key that can be used, and its material if that was imported."""
    key_id = client.create_key(origin=origin, tags={"a": "b"}, **kind).key_id  # type: ignore[arg-type]
    if origin == "EXTERNAL":
        bring(client, key_id, material, TWO_STEPS)
    return key_id, material


def _wrapped(client: Client, key_id: str, material: bytes) -> tuple[bytes, bytes]:
    found = parameters(client, key_id, TWO_STEPS)
    return found.import_token, wrap(found.public_key, TWO_STEPS, material)


def _symmetric(client: Client, origin: str) -> Key:
    key_id, material = _key(client, origin, os.urandom(32))
    made = client.encrypt(key_id, b"x").ciphertext_blob
    return _named(client, key_id, made, client.create_key().key_id, material)


def _signing(client: Client, origin: str) -> Key:
    private = pkcs8(ec.generate_private_key(ec.SECP256R1()))
    key_id, _ = _key(client, origin, private, key_spec="ECC_NIST_P256", key_usage="SIGN_VERIFY")
    signature = client.sign(key_id, b"x", signing_algorithm="ECDSA_SHA_256").signature
    return _named(client, key_id, signature, client.create_key().key_id)


def _authenticating(client: Client, origin: str) -> Key:
    secret = os.urandom(32)
    key_id, _ = _key(client, origin, secret, key_spec="HMAC_256", key_usage="GENERATE_VERIFY_MAC")
    mac = client.generate_mac(key_id, b"x", mac_algorithm="HMAC_SHA_256").mac
    return _named(client, key_id, mac, client.create_key().key_id)


def _agreeing(client: Client, origin: str) -> Key:
    private = pkcs8(ec.generate_private_key(ec.SECP256R1()))
    key_id, _ = _key(client, origin, private, key_spec="ECC_NIST_P256", key_usage="KEY_AGREEMENT")
    return _named(client, key_id, client.get_public_key(key_id).public_key, client.create_key().key_id)


def _named(client: Client, key_id: str, made: bytes, other: str, material: bytes = b"") -> Key:
    alias = f"alias/states/{key_id}"
    client.create_alias(alias, key_id)
    return Key(key_id, made, alias, other, material)


def _with_wrapped(client: Client, origin: str) -> Key:
    """A key of imported material that can be imported again, whatever its state then."""
    key = _symmetric(client, origin)
    token, wrapped = _wrapped(client, key.key_id, key.material)
    return Key(key.key_id, key.made, key.alias, key.other, key.material, token, wrapped)


def _move_here(client: Client, key: Key) -> None:
    client.create_alias(f"{key.alias}/other", key.other)
    client.update_alias(f"{key.alias}/other", key.key_id)


Cells = dict[str, tuple[type[Exception], str] | None]
OK = None
_PENDING_DELETION = (errors.InvalidState, r"is pending deletion\.")
_PENDING_REPLICA_DELETION = (errors.InvalidState, r"is pending replica deletion\.")
_PENDING_IMPORT = (errors.InvalidState, r"is pending import\.")
_UPDATING = (errors.InvalidState, r"is updating\.")
_NOT_PENDING = (errors.InvalidState, r"is not pending deletion\.")
_IS_EXTERNAL = (errors.UnsupportedOperation, "origin is EXTERNAL which is not valid for this operation")
_IS_OURS = (errors.UnsupportedOperation, "origin is AWS_KMS which is not valid for this operation")

USES: Cells = {
    "Enabled": OK,
    "Disabled": (errors.Disabled, r"is disabled\."),
    "PendingDeletion": _PENDING_DELETION,
    "PendingReplicaDeletion": _PENDING_REPLICA_DELETION,
    "PendingImport": _PENDING_IMPORT,
    "Unavailable": (errors.InvalidState, r"is unavailable\."),
    "Updating": OK,
}
LOOKS: Cells = dict.fromkeys(STATES, OK)
EDITS: Cells = {
    **LOOKS,
    "PendingDeletion": _PENDING_DELETION,
    "PendingReplicaDeletion": _PENDING_REPLICA_DELETION,
}
SCHEDULES: Cells = {**EDITS, "Updating": _UPDATING}
SWITCHES: Cells = {**SCHEDULES, "PendingImport": _PENDING_IMPORT}
CANCELS: Cells = {
    **dict.fromkeys(STATES, _NOT_PENDING),
    "PendingDeletion": OK,
    "PendingReplicaDeletion": OK,
}
ROTATES: Cells = {**USES, "Unavailable": OK, "PendingImport": _IS_EXTERNAL}
ROTATES_NOW: Cells = {**USES, "Updating": _UPDATING}
# Of keys of origin EXTERNAL:
HAS_NO_SCHEDULE: Cells = {name: cell or _IS_EXTERNAL for name, cell in ROTATES.items()}
HAS_NO_PENDING: Cells = {
    **ROTATES_NOW,
    "Enabled": (errors.InvalidState, "No available key material pending rotation"),
}
ASKS: Cells = {**EDITS, "Updating": _UPDATING}
DELETES: Cells = {**LOOKS, "Updating": _UPDATING}

Call = Callable[[Client, Key], object]
Row = tuple[str, Callable[[Client, str], Key], Call, Cells]
TABLE: list[Row] = [
    ("Encrypt", _symmetric, lambda c, k: c.encrypt(k.key_id, b"x"), USES),
    ("Decrypt", _symmetric, lambda c, k: c.decrypt(k.made), USES),
    ("ReEncrypt from", _symmetric, lambda c, k: c.re_encrypt(k.made, k.other), USES),
    ("ReEncrypt to", _symmetric, lambda c, k: c.re_encrypt(c.encrypt(k.other, b"x").ciphertext_blob, k.key_id), USES),
    ("GenerateDataKey", _symmetric, lambda c, k: c.generate_data_key(k.key_id), USES),
    ("GenerateDataKeyWithoutPlaintext", _symmetric, lambda c, k: c.generate_data_key_without_plaintext(k.key_id), USES),
    ("GenerateDataKeyPair", _symmetric, lambda c, k: c.generate_data_key_pair(k.key_id, "ECC_NIST_P256"), USES),
    ("GenerateDataKeyPairWithoutPlaintext", _symmetric, lambda c, k: c.generate_data_key_pair_without_plaintext(k.key_id, "ECC_NIST_P256"), USES),
    ("Sign", _signing, lambda c, k: c.sign(k.key_id, b"x", signing_algorithm="ECDSA_SHA_256"), USES),
    ("Verify", _signing, lambda c, k: c.verify(k.key_id, b"x", k.made, signing_algorithm="ECDSA_SHA_256"), USES),
    ("GetPublicKey", _signing, lambda c, k: c.get_public_key(k.key_id), USES),
    ("GenerateMac", _authenticating, lambda c, k: c.generate_mac(k.key_id, b"x", mac_algorithm="HMAC_SHA_256"), USES),
    ("VerifyMac", _authenticating, lambda c, k: c.verify_mac(k.key_id, b"x", k.made, mac_algorithm="HMAC_SHA_256"), USES),
    ("DeriveSharedSecret", _agreeing, lambda c, k: c.derive_shared_secret(k.key_id, k.made), USES),
    ("DescribeKey", _symmetric, lambda c, k: c.describe_key(k.key_id), LOOKS),
    ("ListAliases", _symmetric, lambda c, k: c.list_aliases(key_id=k.key_id), LOOKS),
    ("ListResourceTags", _symmetric, lambda c, k: c.list_resource_tags(k.key_id), LOOKS),
    ("ListKeyRotations", _symmetric, lambda c, k: c.list_key_rotations(k.key_id), LOOKS),
    ("GetKeyRotationStatus", _symmetric, lambda c, k: c.get_key_rotation_status(k.key_id), LOOKS),
    ("DeleteAlias", _symmetric, lambda c, k: c.delete_alias(k.alias), LOOKS),
    ("UpdateAlias away", _symmetric, lambda c, k: c.update_alias(k.alias, k.other), LOOKS),
    ("CreateAlias", _symmetric, lambda c, k: c.create_alias(f"{k.alias}/2", k.key_id), EDITS),
    ("UpdateAlias to", _symmetric, _move_here, EDITS),
    ("UpdateKeyDescription", _symmetric, lambda c, k: c.update_key_description(k.key_id, "x"), EDITS),
    ("TagResource", _symmetric, lambda c, k: c.tag_resource(k.key_id, {"c": "d"}), EDITS),
    ("UntagResource", _symmetric, lambda c, k: c.untag_resource(k.key_id, ["a"]), EDITS),
    ("EnableKey", _symmetric, lambda c, k: c.enable_key(k.key_id), SWITCHES),
    ("DisableKey", _symmetric, lambda c, k: c.disable_key(k.key_id), SWITCHES),
    ("ScheduleKeyDeletion", _symmetric, lambda c, k: c.schedule_key_deletion(k.key_id), SCHEDULES),
    ("CancelKeyDeletion", _symmetric, lambda c, k: c.cancel_key_deletion(k.key_id), CANCELS),
    ("EnableKeyRotation", _symmetric, lambda c, k: c.enable_key_rotation(k.key_id), ROTATES),
    ("DisableKeyRotation", _symmetric, lambda c, k: c.disable_key_rotation(k.key_id), ROTATES),
    ("RotateKeyOnDemand", _symmetric, lambda c, k: c.rotate_key_on_demand(k.key_id), ROTATES_NOW),
]  # fmt: skip


_ASK: Call = lambda c, k: _wrapped(c, k.key_id, b"x" * 32)  # noqa: E731 # a row's
_DELETE: Call = lambda c, k: c.delete_imported_key_material(k.key_id)  # noqa: E731 # likewise
EXTERNAL: list[Row] = [
    ("GetParametersForImport", _symmetric, _ASK, ASKS),
    ("ImportKeyMaterial", _with_wrapped, lambda c, k: c.import_key_material(k.key_id, k.token, k.wrapped), EDITS),
    ("DeleteImportedKeyMaterial", _symmetric, _DELETE, DELETES),
    ("EnableKeyRotation", _symmetric, lambda c, k: c.enable_key_rotation(k.key_id), HAS_NO_SCHEDULE),
    ("DisableKeyRotation", _symmetric, lambda c, k: c.disable_key_rotation(k.key_id), HAS_NO_SCHEDULE),
    ("GetKeyRotationStatus", _symmetric, lambda c, k: c.get_key_rotation_status(k.key_id), LOOKS),
    ("RotateKeyOnDemand", _symmetric, lambda c, k: c.rotate_key_on_demand(k.key_id), HAS_NO_PENDING),
]  # fmt: skip
NOT_EXTERNAL: Cells = dict.fromkeys(STATES, _IS_OURS)
OURS: list[Row] = [
    ("GetParametersForImport", _symmetric, _ASK, NOT_EXTERNAL),
    ("ImportKeyMaterial", _symmetric, lambda c, k: c.import_key_material(k.key_id, b"x", b"x"), NOT_EXTERNAL),
    ("DeleteImportedKeyMaterial", _symmetric, _DELETE, NOT_EXTERNAL),
]  # fmt: skip
CELLS: list[tuple[Row, str, str]] = [
    # Only a key of imported material is ever pending import.
    *(
        (row, "EXTERNAL" if state == "PendingImport" else "AWS_KMS", state)
        for row in TABLE
        for state in STATES
    ),
    *((row, "EXTERNAL", state) for row in EXTERNAL for state in STATES),
    *((row, "AWS_KMS", state) for row in OURS for state in STATES if state != "PendingImport"),
]


def _cell_name(cell: tuple[Row, str, str]) -> str:
    row, origin, state = cell
    return f"{row[0]}-{origin}-{state}"


@pytest.mark.parametrize("cell", CELLS, ids=_cell_name)
def test_the_table_of_states_and_operations(
    client: Client, rounds: Housekeeping, cell: tuple[Row, str, str]
) -> None:
    (_, make, call, cells), origin, state = cell
    key = make(client, origin)
    STATES[state](client, rounds, key.key_id)
    assert client.describe_key(key.key_id).key_state == state
    expected = cells[state]
    if expected is None:
        call(client, key)
        return
    error, text = expected
    with pytest.raises(error, match=text):
        call(client, key)


def test_every_operation_on_a_key_has_its_row() -> None:
    named = {row[0].split()[0] for row, _, _ in CELLS}
    assert named >= {operation.name for operation in OPERATIONS if operation.uses} - NOT_IN_THE_TABLE
