"""Grants are made, listed, retired and refused."""

from collections.abc import Callable
from typing import Any

import pytest

from strongroom.client import Client, errors
from tests.e2e.policies.principals import ACCOUNT, DELEGATION, Principal, allow, denied, deny, document

SOMEBODY = f"arn:aws:iam::{ACCOUNT}:role/somebody"
ACCOUNT_ROOT = f"arn:aws:iam::{ACCOUNT}:root"
A, AB = {"tenant": "a"}, {"tenant": "a", "table": "b"}


def test_a_named_grant_is_made_once(client: Client) -> None:
    key_id, other = client.create_key().key_id, client.create_key().key_id
    first = client.create_grant(key_id, SOMEBODY, ["Decrypt", "Encrypt"], name="nightly")
    again = client.create_grant(key_id, SOMEBODY, ["Encrypt", "Decrypt"], name="nightly")
    assert again.grant_id == first.grant_id
    assert again.grant_token != first.grant_token
    others = {
        client.create_grant(key_id, SOMEBODY, ["Decrypt"], name="nightly").grant_id,
        client.create_grant(other, SOMEBODY, ["Decrypt", "Encrypt"], name="nightly").grant_id,
        client.create_grant(key_id, SOMEBODY, ["Decrypt", "Encrypt"]).grant_id,
        client.create_grant(key_id, SOMEBODY, ["Decrypt", "Encrypt"]).grant_id,
    }
    assert len(others - {first.grant_id}) == 4


def test_grants_are_listed_page_by_page_and_by_grantee(client: Client) -> None:
    key = client.create_key()
    mine = client.create_grant(
        key.key_id,
        SOMEBODY,
        ["Decrypt", "DescribeKey"],
        retiring_principal=ACCOUNT_ROOT,
        encryption_context_equals=AB,
        encryption_context_subset=A,
        name="mine",
    )
    others = [client.create_grant(key.key_id, f"{SOMEBODY}{n}", ["Encrypt"]) for n in range(4)]
    first = client.list_grants(key.arn, limit=2)
    assert len(first.grants) == 2
    with pytest.raises(errors.InvalidMarker):
        client.list_grants(key.arn, grantee_principal=SOMEBODY, marker=first.next_marker)
    found = {entry.grant_id: entry for entry in client.all_grants(key.key_id)}
    assert found.keys() == {mine.grant_id, *(one.grant_id for one in others)}
    entry = found[mine.grant_id]
    assert (entry.key_id, entry.name, entry.grantee_principal) == (key.arn, "mine", SOMEBODY)
    assert (entry.retiring_principal, entry.issuing_account) == (ACCOUNT_ROOT, ACCOUNT_ROOT)
    assert set(entry.operations) == {"Decrypt", "DescribeKey"}
    assert (entry.encryption_context_equals, entry.encryption_context_subset) == (AB, A)
    plain = found[others[0].grant_id]
    assert (plain.name, plain.retiring_principal, plain.encryption_context_equals) == ("", None, None)
    assert [one.grant_id for one in client.all_grants(key.key_id, grantee_principal=SOMEBODY)] == [
        mine.grant_id
    ]
    assert client.list_grants(key.key_id, grant_id="0" * 64).grants == ()


def test_grants_to_retire_are_listed_across_keys_and_accounts(client: Client, partner: Principal) -> None:
    retiring = f"arn:aws:iam::{ACCOUNT}:role/retiring"
    keys = [client.create_key().arn, client.create_key().arn, partner.client.create_key().arn]
    for arn, owner in zip(keys, (client, client, partner.client), strict=True):
        owner.create_grant(arn, SOMEBODY, ["Decrypt"], retiring_principal=retiring)
    assert sorted(one.key_id for one in client.all_retirable_grants(retiring)) == sorted(keys)
    assert len(client.list_retirable_grants(retiring, limit=1).grants) == 1
    denied(lambda: partner.client.list_retirable_grants(retiring))


def test_who_may_retire_a_grant(client: Client, worker: Principal, partner: Principal) -> None:
    key = client.create_key()

    def granted(operations: list[str], retiring: str | None = None) -> dict[str, str]:
        made = client.create_grant(key.key_id, worker.arn, operations, retiring_principal=retiring)
        return {"key_id": key.arn, "grant_id": made.grant_id}

    retire: Callable[..., None] = worker.client.retire_grant
    theirs: Callable[..., None] = partner.client.retire_grant
    denied(lambda: retire(**granted(["Decrypt"])))
    retire(**granted(["RetireGrant"]))
    retire(**granted(["Decrypt"], worker.arn))
    worker.may(allow("kms:RetireGrant", Resource=key.arn))
    retire(**granted(["Decrypt"]))  # the account that made it
    denied(lambda: theirs(**granted(["Decrypt"])))
    theirs(**granted(["Decrypt"], partner.arn))
    client.put_key_policy(
        key.key_id, document(DELEGATION, deny("kms:RetireGrant", Principal={"AWS": worker.arn}))
    )
    denied(lambda: retire(**granted(["RetireGrant"], worker.arn)))
    client.put_key_policy(key.key_id, document(DELEGATION, allow("kms:RetireGrant", Principal={"AWS": "*"})))
    worker.clear()
    denied(lambda: retire(**granted(["Decrypt"])))


def test_a_retired_grant_is_gone_and_its_token_names_nothing(client: Client, worker: Principal) -> None:
    key_id = client.create_key().key_id
    made = client.create_grant(key_id, worker.arn, ["Encrypt", "RetireGrant"])
    with pytest.raises(errors.DryRunOperation):
        worker.client.retire_grant(grant_token=made.grant_token, dry_run=True)
    worker.client.encrypt(key_id, b"x")
    worker.client.retire_grant(grant_token=made.grant_token)
    denied(lambda: worker.client.encrypt(key_id, b"x"))
    again: tuple[Callable[[], None], ...] = (
        lambda: worker.client.retire_grant(grant_token=made.grant_token),
        lambda: client.retire_grant(key_id=key_id, grant_id=made.grant_id),
        lambda: client.revoke_grant(key_id, made.grant_id),
        lambda: client.revoke_grant(key_id, made.grant_id, dry_run=True),
    )
    for end in again:
        with pytest.raises(errors.NotFound, match=f"Grant ID {made.grant_id} not found"):
            end()


def test_nobody_learns_of_a_key_by_retiring(client: Client, partner: Principal) -> None:
    arn = client.create_key().arn
    texts = set()
    for key_id in (arn, f"{arn[:-36]}00000000-0000-4000-8000-000000000000"):
        with pytest.raises(errors.NotFound) as caught:
            partner.client.retire_grant(key_id=key_id, grant_id="0" * 64)
        texts.add(str(caught.value).partition("request id")[0])
    assert len(texts) == 1


def test_a_stranger_with_a_grant_token_is_told_nothing_of_ciphertexts(
    client: Client, partner: Principal
) -> None:
    arn = client.create_key().arn
    made = client.create_grant(arn, SOMEBODY, ["Decrypt"])
    retire: Callable[..., None] = partner.client.retire_grant
    texts = set()
    for named in ({"grant_token": made.grant_token}, {"key_id": arn, "grant_id": made.grant_id}):
        with pytest.raises(errors.AccessDenied, match="not authorized to perform this operation") as caught:
            retire(**named)
        texts.add(str(caught.value).partition("request id")[0])
    assert len(texts) == 1


@pytest.mark.parametrize(
    "principal", [f"arn:aws-cn:iam::{ACCOUNT}:role/r", f"arn:aws-cn:iam::{ACCOUNT}:root"]
)
def test_principals_of_another_partition_have_no_grants(client: Client, principal: str) -> None:
    key_id = client.create_key().key_id
    nobody = f"Nobody is {principal}: ARNs begin with arn:aws here"
    with pytest.raises(errors.InvalidArn, match=nobody):
        client.create_grant(key_id, principal, ["Decrypt"])
    with pytest.raises(errors.InvalidArn, match=nobody):
        client.create_grant(key_id, SOMEBODY, ["Decrypt"], retiring_principal=principal)
    with pytest.raises(errors.InvalidArn, match=nobody):
        client.list_retirable_grants(principal)


def test_a_grant_is_found_on_its_own_key_only(client: Client) -> None:
    key_id, other = client.create_key().key_id, client.create_key().key_id
    grant_id = client.create_grant(key_id, SOMEBODY, ["Decrypt"]).grant_id
    with pytest.raises(errors.NotFound, match="Grant ID"):
        client.revoke_grant(other, grant_id)
    with pytest.raises(errors.NotFound, match="Grant ID"):
        client.retire_grant(key_id=other, grant_id=grant_id)
    client.revoke_grant(key_id, grant_id)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"operations": []}, errors.ValidationError, "at 'operations'"),
        ({"operations": ["Sign"]}, errors.ValidationError, "can't do Sign"),
        ({"operations": ["GetPublicKey"]}, errors.ValidationError, "can't do GetPublicKey"),
        ({"grantee_principal": ""}, errors.ValidationError, "at 'granteePrincipal'"),
        ({"grantee_principal": "somebody"}, errors.InvalidArn, "'somebody' is not the ARN"),
        ({"grantee_principal": f"arn:aws:iam::{ACCOUNT}:group/g"}, errors.InvalidArn, "is not the ARN"),
        ({"retiring_principal": "x" * 257}, errors.ValidationError, "at 'retiringPrincipal'"),
        ({"retiring_principal": "*"}, errors.ValidationError, "at 'retiringPrincipal'"),
        ({"name": "a b"}, errors.ValidationError, "at 'name'"),
        ({"encryption_context_equals": {"": "x"}}, errors.ValidationError, "encryptionContextEquals"),
        ({"encryption_context_subset": {"x": "y" * 385}}, errors.ValidationError, "384"),
        (
            {"encryption_context_subset": {str(n): "" for n in range(9)}},
            errors.ValidationError,
            "at most 8 pairs",
        ),
    ],
)
def test_what_is_no_grant_is_refused(
    client: Client, arguments: dict[str, Any], error: type[Exception], text: str
) -> None:
    key_id = client.create_key().key_id
    call = {"grantee_principal": SOMEBODY, "operations": ["Decrypt"], **arguments}
    with pytest.raises(error, match=text):
        client.create_grant(key_id, **call)


def test_only_symmetric_keys_have_constraints(client: Client) -> None:
    key_id = client.create_key(key_spec="ECC_NIST_P256", key_usage="SIGN_VERIFY").key_id
    with pytest.raises(errors.ValidationError, match="symmetric encryption keys"):
        client.create_grant(key_id, SOMEBODY, ["Sign"], encryption_context_equals=A)
    client.create_grant(key_id, SOMEBODY, ["Sign"])


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"key_id": "k"},
        {"grant_id": "g"},
        {"grant_token": "t", "grant_id": "g"},
        {"grant_token": "t", "key_id": "k"},
    ],
)
def test_a_grant_is_named_in_one_way(client: Client, arguments: dict[str, str]) -> None:
    with pytest.raises(errors.ValidationError, match="either the grant token, or both"):
        client.retire_grant(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("token", ["x", "ä", "A" * 172, "=" * 8])
def test_a_token_of_nobodys_is_refused(client: Client, token: str) -> None:
    with pytest.raises(errors.InvalidGrantToken):
        client.retire_grant(grant_token=token)
