"""Principals and keys of two accounts."""

import pytest

from strongroom.client import Client, errors
from tests.e2e.policies.principals import DELEGATION, Principal, allow, denied, deny, document


def test_another_account_needs_both_sides(client: Client, partner: Principal, key_id: str) -> None:
    arn = client.describe_key(key_id).arn
    blob = client.encrypt(key_id, b"x").ciphertext_blob
    denied(lambda: partner.client.encrypt(arn, b"x"))
    theirs = {"AWS": "arn:aws:iam::999988887777:root"}
    client.put_key_policy(key_id, document(DELEGATION, allow("kms:*", Principal=theirs)))
    assert partner.client.decrypt(blob).plaintext == b"x"
    assert partner.client.describe_key(arn).arn == arn
    partner.client.get_key_rotation_status(arn)
    assert partner.client.decrypt(partner.client.encrypt(arn, b"y").ciphertext_blob).plaintext == b"y"
    denied(lambda: partner.client.disable_key(arn))  # not across accounts
    denied(lambda: partner.client.put_key_policy(arn, document(DELEGATION)))
    partner.may(deny("kms:Encrypt"), name="less")
    denied(lambda: partner.client.encrypt(arn, b"x"))
    partner.administrator.delete_principal_policy(partner.arn, "less")


def test_a_re_encryption_that_is_refused_does_not_tell_which_keys_another_account_has(
    client: Client, partner: Principal, key_id: str
) -> None:
    arn = client.describe_key(key_id).arn
    own = partner.client.create_key().key_id
    blob = partner.client.encrypt(own, b"x").ciphertext_blob
    for condition in ({}, {"Bool": {"kms:ReEncryptOnSameKey": "false"}}):
        partner.may(deny("kms:ReEncryptFrom", Condition=condition), name="less")
        told = set()
        for destination in (arn, arn.replace(key_id, "00000000-0000-4000-8000-000000000000")):
            with pytest.raises(errors.AccessDenied) as refusal:
                partner.client.re_encrypt(blob, destination)
            told.add(str(refusal.value).partition("request id")[0])
        assert len(told) == 1, told
    partner.administrator.delete_principal_policy(partner.arn, "less")


def test_a_key_is_not_found_by_an_arn_of_another_account(partner: Principal) -> None:
    key = partner.client.create_key()
    for _ in range(5):  # whether the worker knows the key or not
        partner.client.describe_key(key.arn)
        denied(lambda: partner.client.describe_key(key.arn.replace("999988887777", "111122223333")))


def test_an_alias_of_another_account_is_no_name_where_aliases_are_none(
    client: Client, partner: Principal, key_id: str
) -> None:
    theirs = {"AWS": "arn:aws:iam::999988887777:root"}
    client.put_key_policy(key_id, document(DELEGATION, allow("kms:*", Principal=theirs)))
    client.create_alias("alias/decisions/shared", key_id)
    alias = client.describe_key(key_id).arn.replace(f"key/{key_id}", "alias/decisions/shared")
    partner.client.encrypt(alias, b"x")
    with pytest.raises(errors.NotFound, match="Invalid keyId"):
        partner.client.get_key_rotation_status(alias)


def test_principals_of_another_account_are_not_administered(client: Client, partner: Principal) -> None:
    for call in (
        lambda: client.put_principal_policy(partner.arn, "x", document(allow("kms:*"))),
        lambda: client.get_principal_policy(partner.arn, "administrator"),
        lambda: client.delete_principal_policy(partner.arn, "administrator"),
        lambda: client.explain_access(client.create_key().key_id, partner.arn, "kms:Encrypt"),
    ):
        denied(call)
    assert partner.arn not in {entry.principal for entry in client.all_principals()}
