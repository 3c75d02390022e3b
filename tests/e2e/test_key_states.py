"""Key state by operation: every cell of AWS KMS's table that can be reached here.

Source: AWS KMS developer guide, "Key states of AWS KMS keys".
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from strongroom.client import Client, errors
from strongroom.hsm import MaterialId
from tests.support.housekeeping import Housekeeping

State = Callable[[Client, Housekeeping, str], object]


def _is_unavailable(_client: Client, rounds: Housekeeping, key_id: str) -> None:
    record = rounds.store.load_key(key_id)
    assert record is not None
    rounds.token.destroy(MaterialId(record.current_material_id), record.materials[0].label)
    rounds.store.mark_missing(record.current_material_id)


STATES: dict[str, State] = {
    "Enabled": lambda _c, _r, _k: None,
    "Disabled": lambda c, _r, k: c.disable_key(k),
    "PendingDeletion": lambda c, _r, k: c.schedule_key_deletion(k),
    "Unavailable": _is_unavailable,
}


@dataclass(frozen=True)
class Key:
    """A key, and what was made with it while it was enabled."""

    key_id: str
    made: bytes
    alias: str
    other: str


def _symmetric(client: Client) -> Key:
    key_id = client.create_key(tags={"a": "b"}).key_id
    return _named(client, key_id, client.encrypt(key_id, b"x").ciphertext_blob, client.create_key().key_id)


def _signing(client: Client) -> Key:
    key_id = client.create_key(key_spec="ECC_NIST_P256", key_usage="SIGN_VERIFY").key_id
    signature = client.sign(key_id, b"x", signing_algorithm="ECDSA_SHA_256").signature
    return _named(client, key_id, signature, client.create_key().key_id)


def _authenticating(client: Client) -> Key:
    key_id = client.create_key(key_spec="HMAC_256", key_usage="GENERATE_VERIFY_MAC").key_id
    mac = client.generate_mac(key_id, b"x", mac_algorithm="HMAC_SHA_256").mac
    return _named(client, key_id, mac, client.create_key().key_id)


def _agreeing(client: Client) -> Key:
    key_id = client.create_key(key_spec="ECC_NIST_P256", key_usage="KEY_AGREEMENT").key_id
    return _named(client, key_id, client.get_public_key(key_id).public_key, client.create_key().key_id)


def _named(client: Client, key_id: str, made: bytes, other: str) -> Key:
    alias = f"alias/states/{key_id}"
    client.create_alias(alias, key_id)
    return Key(key_id, made, alias, other)


def _move_here(client: Client, key: Key) -> None:
    client.create_alias(f"{key.alias}/other", key.other)
    client.update_alias(f"{key.alias}/other", key.key_id)


Cells = dict[str, tuple[type[Exception], str] | None]
OK = None
USES: Cells = {
    "Enabled": OK,
    "Disabled": (errors.Disabled, r"is disabled\."),
    "PendingDeletion": (errors.InvalidState, r"is pending deletion\."),
    "Unavailable": (errors.InvalidState, r"is unavailable\."),
}
LOOKS: Cells = dict.fromkeys(STATES, OK)
EDITS: Cells = {**LOOKS, "PendingDeletion": (errors.InvalidState, r"is pending deletion\.")}
SWITCHES: Cells = EDITS
CANCELS: Cells = {
    **dict.fromkeys(STATES, (errors.InvalidState, r"is not pending deletion\.")),
    "PendingDeletion": OK,
}
ROTATES: Cells = {**USES, "Unavailable": OK}

Call = Callable[[Client, Key], object]
Row = tuple[str, Callable[[Client], Key], Call, Cells]
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
    ("ScheduleKeyDeletion", _symmetric, lambda c, k: c.schedule_key_deletion(k.key_id), EDITS),
    ("CancelKeyDeletion", _symmetric, lambda c, k: c.cancel_key_deletion(k.key_id), CANCELS),
    ("EnableKeyRotation", _symmetric, lambda c, k: c.enable_key_rotation(k.key_id), ROTATES),
    ("DisableKeyRotation", _symmetric, lambda c, k: c.disable_key_rotation(k.key_id), ROTATES),
    ("RotateKeyOnDemand", _symmetric, lambda c, k: c.rotate_key_on_demand(k.key_id), USES),
]  # fmt: skip


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
def test_the_table_of_states_and_operations(
    client: Client, rounds: Housekeeping, row: Row, state: str
) -> None:
    _, make, call, cells = row
    key = make(client)
    STATES[state](client, rounds, key.key_id)
    assert client.describe_key(key.key_id).key_state == state
    expected = cells[state]
    if expected is None:
        call(client, key)
        return
    error, text = expected
    with pytest.raises(error, match=text):
        call(client, key)
