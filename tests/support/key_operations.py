"""Keys of every kind, and a call of every operation that uses one."""

import json
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric import ec

from strongroom.client import Client
from tests.support.imports import TWO_STEPS, bring, parameters
from tests.support.wrapping import pkcs8, wrap

SOMEBODY = "arn:aws:iam::111122223333:role/somebody"
OPEN_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": "111122223333"},
            "Action": "kms:*",
            "Resource": "*",
        },
    }
)
"""A key policy that leaves all to the account."""


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
    grant: str = ""


def _key(client: Client, origin: str, material: bytes, **kind: str) -> tuple[str, bytes]:
    """A key that can be used, and its material if that was imported."""
    key_id = client.create_key(origin=origin, tags={"a": "b"}, **kind).key_id  # type: ignore[arg-type]
    if origin == "EXTERNAL":
        bring(client, key_id, material, TWO_STEPS)
    return key_id, material


def wrapped(client: Client, key_id: str, material: bytes) -> tuple[bytes, bytes]:
    found = parameters(client, key_id, TWO_STEPS)
    return found.import_token, wrap(found.public_key, TWO_STEPS, material)


def symmetric(client: Client, origin: str) -> Key:
    key_id, material = _key(client, origin, os.urandom(32))
    made = client.encrypt(key_id, b"x").ciphertext_blob
    return _named(client, key_id, made, client.create_key().key_id, material)


def signing(client: Client, origin: str) -> Key:
    private = pkcs8(ec.generate_private_key(ec.SECP256R1()))
    key_id, _ = _key(client, origin, private, key_spec="ECC_NIST_P256", key_usage="SIGN_VERIFY")
    signature = client.sign(key_id, b"x", signing_algorithm="ECDSA_SHA_256").signature
    return _named(client, key_id, signature, client.create_key().key_id)


def authenticating(client: Client, origin: str) -> Key:
    secret = os.urandom(32)
    key_id, _ = _key(client, origin, secret, key_spec="HMAC_256", key_usage="GENERATE_VERIFY_MAC")
    mac = client.generate_mac(key_id, b"x", mac_algorithm="HMAC_SHA_256").mac
    return _named(client, key_id, mac, client.create_key().key_id)


def agreeing(client: Client, origin: str) -> Key:
    private = pkcs8(ec.generate_private_key(ec.SECP256R1()))
    key_id, _ = _key(client, origin, private, key_spec="ECC_NIST_P256", key_usage="KEY_AGREEMENT")
    return _named(client, key_id, client.get_public_key(key_id).public_key, client.create_key().key_id)


def _named(client: Client, key_id: str, made: bytes, other: str, material: bytes = b"") -> Key:
    alias = f"alias/states/{key_id}"
    client.create_alias(alias, key_id)
    return Key(key_id, made, alias, other, material)


def with_wrapped(client: Client, origin: str) -> Key:
    """A key of imported material that can be imported again, whatever its state then."""
    key = symmetric(client, origin)
    return Key(
        key.key_id,
        key.made,
        key.alias,
        key.other,
        key.material,
        *wrapped(client, key.key_id, key.material),
    )


def granted(client: Client, origin: str) -> Key:
    """A key on which somebody has a grant, which whoever calls may retire."""
    key = symmetric(client, origin)
    me = "arn:aws:iam::111122223333:role/client/admin"
    grant = client.create_grant(key.key_id, SOMEBODY, ["Decrypt"], retiring_principal=me)
    return replace(key, grant=grant.grant_id)


def _move_here(client: Client, key: Key) -> None:
    alias = f"{key.alias}/{uuid.uuid4()}"
    client.create_alias(alias, key.other)
    client.update_alias(alias, key.key_id)


Call = Callable[[Client, Key], object]
Maker = Callable[[Client, str], Key]

CALLS: dict[str, tuple[Maker, Call]] = {
    "Encrypt": (symmetric, lambda c, k: c.encrypt(k.key_id, b"x")),
    "Decrypt": (symmetric, lambda c, k: c.decrypt(k.made)),
    "ReEncrypt from": (symmetric, lambda c, k: c.re_encrypt(k.made, k.other)),
    "ReEncrypt to": (symmetric, lambda c, k: c.re_encrypt(c.encrypt(k.other, b"x").ciphertext_blob, k.key_id)),
    "GenerateDataKey": (symmetric, lambda c, k: c.generate_data_key(k.key_id)),
    "GenerateDataKeyWithoutPlaintext": (symmetric, lambda c, k: c.generate_data_key_without_plaintext(k.key_id)),
    "GenerateDataKeyPair": (symmetric, lambda c, k: c.generate_data_key_pair(k.key_id, "ECC_NIST_P256")),
    "GenerateDataKeyPairWithoutPlaintext": (symmetric, lambda c, k: c.generate_data_key_pair_without_plaintext(k.key_id, "ECC_NIST_P256")),
    "Sign": (signing, lambda c, k: c.sign(k.key_id, b"x", signing_algorithm="ECDSA_SHA_256")),
    "Verify": (signing, lambda c, k: c.verify(k.key_id, b"x", k.made, signing_algorithm="ECDSA_SHA_256")),
    "GetPublicKey": (signing, lambda c, k: c.get_public_key(k.key_id)),
    "GenerateMac": (authenticating, lambda c, k: c.generate_mac(k.key_id, b"x", mac_algorithm="HMAC_SHA_256")),
    "VerifyMac": (authenticating, lambda c, k: c.verify_mac(k.key_id, b"x", k.made, mac_algorithm="HMAC_SHA_256")),
    "DeriveSharedSecret": (agreeing, lambda c, k: c.derive_shared_secret(k.key_id, k.made)),
    "DescribeKey": (symmetric, lambda c, k: c.describe_key(k.key_id)),
    "ListAliases": (symmetric, lambda c, k: c.list_aliases(key_id=k.key_id)),
    "ListResourceTags": (symmetric, lambda c, k: c.list_resource_tags(k.key_id)),
    "ListKeyRotations": (symmetric, lambda c, k: c.list_key_rotations(k.key_id)),
    "GetKeyRotationStatus": (symmetric, lambda c, k: c.get_key_rotation_status(k.key_id)),
    "DeleteAlias": (symmetric, lambda c, k: c.delete_alias(k.alias)),
    "UpdateAlias away": (symmetric, lambda c, k: c.update_alias(k.alias, k.other)),
    "CreateAlias": (symmetric, lambda c, k: c.create_alias(f"{k.alias}/2", k.key_id)),
    "UpdateAlias to": (symmetric, _move_here),
    "UpdateKeyDescription": (symmetric, lambda c, k: c.update_key_description(k.key_id, "x")),
    "TagResource": (symmetric, lambda c, k: c.tag_resource(k.key_id, {"c": "d"})),
    "UntagResource": (symmetric, lambda c, k: c.untag_resource(k.key_id, ["a"])),
    "EnableKey": (symmetric, lambda c, k: c.enable_key(k.key_id)),
    "DisableKey": (symmetric, lambda c, k: c.disable_key(k.key_id)),
    "ScheduleKeyDeletion": (symmetric, lambda c, k: c.schedule_key_deletion(k.key_id)),
    "CancelKeyDeletion": (symmetric, lambda c, k: c.cancel_key_deletion(k.key_id)),
    "EnableKeyRotation": (symmetric, lambda c, k: c.enable_key_rotation(k.key_id)),
    "DisableKeyRotation": (symmetric, lambda c, k: c.disable_key_rotation(k.key_id)),
    "RotateKeyOnDemand": (symmetric, lambda c, k: c.rotate_key_on_demand(k.key_id)),
    "GetKeyPolicy": (symmetric, lambda c, k: c.get_key_policy(k.key_id)),
    "ListKeyPolicies": (symmetric, lambda c, k: c.list_key_policies(k.key_id)),
    "PutKeyPolicy": (symmetric, lambda c, k: c.put_key_policy(k.key_id, OPEN_POLICY)),
    "CreateGrant": (symmetric, lambda c, k: c.create_grant(k.key_id, SOMEBODY, ["Encrypt"])),
    "ListGrants": (granted, lambda c, k: c.list_grants(k.key_id)),
    "RevokeGrant": (granted, lambda c, k: c.revoke_grant(k.key_id, k.grant)),
    "ExplainAccess": (symmetric, lambda c, k: c.explain_access(k.key_id, SOMEBODY, "kms:Encrypt")),
}  # fmt: skip
"""A call of each operation that uses a key; of those with two, for each."""
