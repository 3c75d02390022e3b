"""Grants over the wire: what they allow, to whom, and who ends them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from strongroom.client import Client, errors
from strongroom.server.core.grants import MAX_OF_A_KEY
from tests.e2e.policies.principals import ACCOUNT, DELEGATION, Principal, allow, deny, document
from tests.support.databases import change
from tests.support.deployments import Service
from tests.support.grants import OTHERS
from tests.support.key_operations import CALLS

SOMEBODY = f"arn:aws:iam::{ACCOUNT}:role/somebody"
ACCOUNT_ROOT = f"arn:aws:iam::{ACCOUNT}:root"
A, AB = {"tenant": "a"}, {"tenant": "a", "table": "b"}

# The permissions that a call of an operation needs on its key.
NEEDED = {
    "ReEncrypt from": ("ReEncryptFrom",),
    "ReEncrypt to": ("ReEncryptTo",),
    **{
        name: (name,)
        for name in (
            *("Encrypt", "Decrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"),
            *("GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"),
            *("Sign", "Verify", "GetPublicKey", "GenerateMac", "VerifyMac"),
            *("DeriveSharedSecret", "DescribeKey"),
        )
    },
}
OTHER_SIDE = ["Encrypt", "ReEncryptFrom", "ReEncryptTo"]


def _denied(call: Callable[[], object]) -> None:
    with pytest.raises(errors.AccessDenied):
        call()


@pytest.mark.parametrize("name", NEEDED)
def test_a_grant_allows_its_operation_and_no_other_until_it_ends(
    client: Client, worker: Principal, name: str
) -> None:
    make, call = CALLS[name]
    key = make(client, "AWS_KMS")
    if name.startswith("ReEncrypt"):
        client.create_grant(key.other, worker.arn, OTHER_SIDE)
    others = [one for one in ("DescribeKey", "CreateGrant", "RetireGrant") if one not in NEEDED[name]]
    client.create_grant(key.key_id, worker.arn, others)
    client.create_grant(key.key_id, SOMEBODY, NEEDED[name])
    _denied(lambda: call(worker.client, key))
    grant = client.create_grant(key.key_id, worker.arn, NEEDED[name])
    call(worker.client, key)
    client.put_key_policy(key.key_id, document(DELEGATION, deny("kms:*", Principal={"AWS": worker.arn})))
    with pytest.raises(errors.AccessDenied, match="explicit deny in a resource-based policy"):
        call(worker.client, key)
    client.put_key_policy(key.key_id, document(DELEGATION))
    call(worker.client, key)
    client.revoke_grant(key.key_id, grant.grant_id)
    _denied(lambda: call(worker.client, key))


CONTEXT_CALLS: dict[str, Callable[[Client, str, bytes, dict[str, str]], object]] = {
    "Encrypt": lambda c, k, _b, x: c.encrypt(k, b"x", encryption_context=x),
    "Decrypt": lambda c, _k, b, x: c.decrypt(b, encryption_context=x),
    "GenerateDataKey": lambda c, k, _b, x: c.generate_data_key(k, encryption_context=x),
    "GenerateDataKeyWithoutPlaintext": lambda c, k, _b, x: c.generate_data_key_without_plaintext(
        k, encryption_context=x
    ),
    "GenerateDataKeyPair": lambda c, k, _b, x: c.generate_data_key_pair(
        k, "ECC_NIST_P256", encryption_context=x
    ),
    "GenerateDataKeyPairWithoutPlaintext": lambda c, k, _b, x: c.generate_data_key_pair_without_plaintext(
        k, "ECC_NIST_P256", encryption_context=x
    ),
}


@pytest.mark.parametrize("name", CONTEXT_CALLS)
@pytest.mark.parametrize(
    ("constraints", "held", "broken"),
    [
        ({"encryption_context_equals": A}, A, AB),
        ({"encryption_context_equals": AB}, AB, A),
        ({"encryption_context_subset": A}, AB, {"table": "b"}),
        ({"encryption_context_subset": A}, A, {"tenant": "A"}),
        ({"encryption_context_subset": A, "encryption_context_equals": AB}, AB, A),
        ({"encryption_context_subset": A}, AB, {}),
    ],
)
def test_a_constrained_grant_is_for_its_encryption_context(
    client: Client,
    worker: Principal,
    name: str,
    constraints: dict[str, dict[str, str]],
    held: dict[str, str],
    broken: dict[str, str],
) -> None:
    key_id = client.create_key().key_id
    call = CONTEXT_CALLS[name]
    blobs = {
        json.dumps(context): client.encrypt(key_id, b"x", encryption_context=context).ciphertext_blob
        for context in (held, broken)
    }
    client.create_grant(key_id, worker.arn, [name], **constraints)  # type: ignore[arg-type]
    call(worker.client, key_id, blobs[json.dumps(held)], held)
    _denied(lambda: call(worker.client, key_id, blobs[json.dumps(broken)], broken))


def test_each_side_of_re_encrypt_has_its_own_context(client: Client, worker: Principal) -> None:
    old, new = client.create_key().key_id, client.create_key().key_id
    blob = client.encrypt(old, b"x", encryption_context=A).ciphertext_blob
    client.create_grant(old, worker.arn, ["ReEncryptFrom"], encryption_context_equals=A)
    client.create_grant(new, worker.arn, ["ReEncryptTo"], encryption_context_equals=AB)

    def re_encrypt(context: dict[str, str]) -> object:
        return worker.client.re_encrypt(
            blob, new, source_encryption_context=A, destination_encryption_context=context
        )

    re_encrypt(AB)
    _denied(lambda: re_encrypt(A))


def test_a_grant_to_an_account_leaves_it_to_its_principals_policies(
    client: Client, worker: Principal
) -> None:
    key_id = client.create_key(policy=_for_me_only()).key_id
    client.create_grant(key_id, ACCOUNT_ROOT, ["Encrypt"])
    _denied(lambda: worker.client.encrypt(key_id, b"x"))
    worker.may(allow("kms:Encrypt"))
    worker.client.encrypt(key_id, b"x")
    _denied(lambda: worker.client.describe_key(key_id))


def test_another_accounts_principal_needs_a_policy_of_its_own_too(
    service: Service, client: Client, partner: Principal
) -> None:
    arn = "arn:aws:iam::999988887777:role/reader"
    key = client.create_key()
    blob = client.encrypt(key.key_id, b"x").ciphertext_blob
    with Client(service.deployment.issue_client("spiffe://partner.example/reader")) as reader:
        client.create_grant(key.key_id, arn, ["Decrypt"])
        _denied(lambda: reader.decrypt(blob))
        partner.client.put_principal_policy(arn, "use", document(allow("kms:*")))
        assert reader.decrypt(blob).plaintext == b"x"
        _denied(lambda: reader.describe_key(key.arn))


def test_a_grantee_passes_on_no_more_than_it_has(client: Client, worker: Principal) -> None:
    key_id = client.create_key().key_id
    client.create_grant(key_id, worker.arn, ["CreateGrant", "Decrypt"], encryption_context_subset=A)
    pass_on = worker.client.create_grant
    for operations, constraints in [
        (["Encrypt"], {"encryption_context_subset": A}),
        (["Decrypt"], {}),
        (["Decrypt"], {"encryption_context_subset": {"table": "b"}}),
    ]:
        _denied(lambda o=operations, c=constraints: pass_on(key_id, SOMEBODY, o, **c))  # type: ignore[misc]
    pass_on(key_id, SOMEBODY, ["Decrypt"], encryption_context_equals=AB)
    worker.may(allow("kms:CreateGrant"))
    pass_on(key_id, SOMEBODY, ["Encrypt"])


def test_policies_say_which_grants_may_be_made(client: Client, worker: Principal) -> None:
    key_id = client.create_key().key_id
    create = worker.client.create_grant
    conditions = {
        "ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt", "DescribeKey"]},
        "StringLike": {"kms:GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/some*"},
        "StringEquals": {
            "kms:GrantConstraintType": "EncryptionContextSubset",
            "kms:EncryptionContext:tenant": "a",
        },
        "Bool": {"kms:GrantIsForAWSResource": "false"},
        "Null": {"kms:RetiringPrincipal": "true"},
    }
    worker.may(allow("kms:CreateGrant", Condition=conditions))
    create(key_id, SOMEBODY, ["Decrypt"], encryption_context_subset=A)
    for refused in (
        lambda: create(key_id, SOMEBODY, ["Decrypt", "Encrypt"], encryption_context_subset=A),
        lambda: create(key_id, worker.arn, ["Decrypt"], encryption_context_subset=A),
        lambda: create(key_id, SOMEBODY, ["Decrypt"], encryption_context_equals=A),
        lambda: create(key_id, SOMEBODY, ["Decrypt"], encryption_context_subset={"tenant": "b"}),
        lambda: create(
            key_id, SOMEBODY, ["Decrypt"], encryption_context_subset=A, retiring_principal=SOMEBODY
        ),
    ):
        _denied(refused)


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
    _denied(lambda: partner.client.list_retirable_grants(retiring))


def test_who_may_retire_a_grant(client: Client, worker: Principal, partner: Principal) -> None:
    key = client.create_key()

    def granted(operations: list[str], retiring: str | None = None) -> dict[str, str]:
        made = client.create_grant(key.key_id, worker.arn, operations, retiring_principal=retiring)
        return {"key_id": key.arn, "grant_id": made.grant_id}

    retire: Callable[..., None] = worker.client.retire_grant
    theirs: Callable[..., None] = partner.client.retire_grant
    _denied(lambda: retire(**granted(["Decrypt"])))
    retire(**granted(["RetireGrant"]))
    retire(**granted(["Decrypt"], worker.arn))
    worker.may(allow("kms:RetireGrant", Resource=key.arn))
    retire(**granted(["Decrypt"]))  # the account that made it
    _denied(lambda: theirs(**granted(["Decrypt"])))
    theirs(**granted(["Decrypt"], partner.arn))
    client.put_key_policy(
        key.key_id, document(DELEGATION, deny("kms:RetireGrant", Principal={"AWS": worker.arn}))
    )
    _denied(lambda: retire(**granted(["RetireGrant"], worker.arn)))
    client.put_key_policy(key.key_id, document(DELEGATION, allow("kms:RetireGrant", Principal={"AWS": "*"})))
    worker.clear()
    _denied(lambda: retire(**granted(["Decrypt"])))


def test_a_retired_grant_is_gone_and_its_token_names_nothing(client: Client, worker: Principal) -> None:
    key_id = client.create_key().key_id
    made = client.create_grant(key_id, worker.arn, ["Encrypt", "RetireGrant"])
    with pytest.raises(errors.DryRunOperation):
        worker.client.retire_grant(grant_token=made.grant_token, dry_run=True)
    worker.client.encrypt(key_id, b"x")
    worker.client.retire_grant(grant_token=made.grant_token)
    _denied(lambda: worker.client.encrypt(key_id, b"x"))
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


def test_explaining_tells_of_grants(client: Client, worker: Principal) -> None:
    key_id = client.create_key().key_id
    grant = client.create_grant(key_id, worker.arn, ["Encrypt"], encryption_context_subset=A)
    explain = client.explain_access
    with_context = explain(
        key_id, worker.arn, "kms:Encrypt", conditions={"kms:EncryptionContext:tenant": "a"}
    )
    assert with_context.allowed
    assert with_context.decided_by == f"grant {grant.grant_id}"
    assert not explain(key_id, worker.arn, "kms:Encrypt").allowed
    assert not explain(key_id, worker.arn, "kms:CreateGrant").allowed
    client.create_grant(key_id, worker.arn, ["Decrypt"])
    assert explain(key_id, worker.arn, "KMS:decrypt").allowed


def test_a_key_has_room_for_fifty_thousand_grants_and_answers_among_them(
    service: Service, client: Client, worker: Principal
) -> None:
    key_id = client.create_key().key_id
    mine = client.create_grant(key_id, worker.arn, ["Encrypt"])
    worker.client.encrypt(key_id, b"x")
    database = service.deployment.directory / "strongroom.db"
    assert change(database, OTHERS, key_id, MAX_OF_A_KEY - 1) == MAX_OF_A_KEY - 1
    with pytest.raises(errors.LimitExceeded, match="50000 grants"):
        client.create_grant(key_id, SOMEBODY, ["Encrypt"])
    client.revoke_grant(key_id, mine.grant_id)
    _denied(lambda: worker.client.encrypt(key_id, b"x"))
    client.create_grant(key_id, worker.arn, ["Encrypt"])
    worker.client.encrypt(key_id, b"x")
    assert len(client.list_grants(key_id, grantee_principal=worker.arn).grants) == 1


def _for_me_only() -> str:
    me = f"arn:aws:iam::{ACCOUNT}:role/client/admin"
    return document(allow("kms:*", Principal={"AWS": me}))
