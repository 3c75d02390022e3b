"""Key state by operation: every cell of AWS KMS's table that can be reached here.

Source: AWS KMS developer guide, "Key states of AWS KMS keys".
"""

from collections.abc import Callable, Iterator

import pytest

from strongroom.client import Client, errors
from strongroom.hsm import MaterialId
from strongroom.server.operations import OPERATIONS
from tests.support.deployments import Service
from tests.support.housekeeping import Housekeeping
from tests.support.key_operations import CALLS, Call, Maker, granted, symmetric, with_wrapped, wrapped

# Batches of what is in it; what needs PKCS#11 v3.2 is in test_pkcs11_3_2; ListAliases finds a key by itself.
NOT_IN_THE_TABLE = {"Encapsulate", "Decapsulate", "GetKeyLastUsage"}

State = Callable[[Client, Housekeeping, str], object]


@pytest.fixture(scope="module")
def rounds(service: Service) -> Iterator[Housekeeping]:
    """One for hundreds of tests: opening a token takes longer than most of them."""
    found = Housekeeping(service.deployment)
    yield found
    found.close()


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
GRANTS: Cells = {**USES, "Unavailable": OK}
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

Row = tuple[str, Maker, Call, Cells]
TABLE: list[Row] = [
    ("Encrypt", *CALLS["Encrypt"], USES),
    ("Decrypt", *CALLS["Decrypt"], USES),
    ("ReEncrypt from", *CALLS["ReEncrypt from"], USES),
    ("ReEncrypt to", *CALLS["ReEncrypt to"], USES),
    ("GenerateDataKey", *CALLS["GenerateDataKey"], USES),
    ("GenerateDataKeyWithoutPlaintext", *CALLS["GenerateDataKeyWithoutPlaintext"], USES),
    ("GenerateDataKeyPair", *CALLS["GenerateDataKeyPair"], USES),
    ("GenerateDataKeyPairWithoutPlaintext", *CALLS["GenerateDataKeyPairWithoutPlaintext"], USES),
    ("Sign", *CALLS["Sign"], USES),
    ("Verify", *CALLS["Verify"], USES),
    ("GetPublicKey", *CALLS["GetPublicKey"], USES),
    ("GenerateMac", *CALLS["GenerateMac"], USES),
    ("VerifyMac", *CALLS["VerifyMac"], USES),
    ("DeriveSharedSecret", *CALLS["DeriveSharedSecret"], USES),
    ("DescribeKey", *CALLS["DescribeKey"], LOOKS),
    ("ListAliases", *CALLS["ListAliases"], LOOKS),
    ("ListResourceTags", *CALLS["ListResourceTags"], LOOKS),
    ("ListKeyRotations", *CALLS["ListKeyRotations"], LOOKS),
    ("GetKeyRotationStatus", *CALLS["GetKeyRotationStatus"], LOOKS),
    ("DeleteAlias", *CALLS["DeleteAlias"], LOOKS),
    ("UpdateAlias away", *CALLS["UpdateAlias away"], LOOKS),
    ("CreateAlias", *CALLS["CreateAlias"], EDITS),
    ("UpdateAlias to", *CALLS["UpdateAlias to"], EDITS),
    ("UpdateKeyDescription", *CALLS["UpdateKeyDescription"], EDITS),
    ("TagResource", *CALLS["TagResource"], EDITS),
    ("UntagResource", *CALLS["UntagResource"], EDITS),
    ("EnableKey", *CALLS["EnableKey"], SWITCHES),
    ("DisableKey", *CALLS["DisableKey"], SWITCHES),
    ("ScheduleKeyDeletion", *CALLS["ScheduleKeyDeletion"], SCHEDULES),
    ("CancelKeyDeletion", *CALLS["CancelKeyDeletion"], CANCELS),
    ("EnableKeyRotation", *CALLS["EnableKeyRotation"], ROTATES),
    ("DisableKeyRotation", *CALLS["DisableKeyRotation"], ROTATES),
    ("RotateKeyOnDemand", *CALLS["RotateKeyOnDemand"], ROTATES_NOW),
    ("GetKeyPolicy", *CALLS["GetKeyPolicy"], LOOKS),
    ("ListKeyPolicies", *CALLS["ListKeyPolicies"], LOOKS),
    ("PutKeyPolicy", *CALLS["PutKeyPolicy"], LOOKS),
    ("CreateGrant", *CALLS["CreateGrant"], GRANTS),
    ("ListGrants", *CALLS["ListGrants"], LOOKS),
    ("RevokeGrant", *CALLS["RevokeGrant"], LOOKS),
    ("RetireGrant", granted, lambda c, k: c.retire_grant(key_id=k.key_id, grant_id=k.grant), LOOKS),
    ("ExplainAccess", *CALLS["ExplainAccess"], LOOKS),
]


_ASK: Call = lambda c, k: wrapped(c, k.key_id, b"x" * 32)  # noqa: E731 # a row's
_DELETE: Call = lambda c, k: c.delete_imported_key_material(k.key_id)  # noqa: E731 # likewise
EXTERNAL: list[Row] = [
    ("GetParametersForImport", symmetric, _ASK, ASKS),
    ("ImportKeyMaterial", with_wrapped, lambda c, k: c.import_key_material(k.key_id, k.token, k.wrapped), EDITS),
    ("DeleteImportedKeyMaterial", symmetric, _DELETE, DELETES),
    ("EnableKeyRotation", symmetric, lambda c, k: c.enable_key_rotation(k.key_id), HAS_NO_SCHEDULE),
    ("DisableKeyRotation", symmetric, lambda c, k: c.disable_key_rotation(k.key_id), HAS_NO_SCHEDULE),
    ("GetKeyRotationStatus", symmetric, lambda c, k: c.get_key_rotation_status(k.key_id), LOOKS),
    ("RotateKeyOnDemand", symmetric, lambda c, k: c.rotate_key_on_demand(k.key_id), HAS_NO_PENDING),
]  # fmt: skip
NOT_EXTERNAL: Cells = dict.fromkeys(STATES, _IS_OURS)
OURS: list[Row] = [
    ("GetParametersForImport", symmetric, _ASK, NOT_EXTERNAL),
    ("ImportKeyMaterial", symmetric, lambda c, k: c.import_key_material(k.key_id, b"x", b"x"), NOT_EXTERNAL),
    ("DeleteImportedKeyMaterial", symmetric, _DELETE, NOT_EXTERNAL),
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
