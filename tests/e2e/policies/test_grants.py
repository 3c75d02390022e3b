"""Grants over the wire: what they allow, to whom, and who ends them."""

import json
from collections.abc import Callable

import pytest

from strongroom.client import Client, errors
from strongroom.server.core.grants import MAX_OF_A_KEY
from tests.e2e.policies.principals import ACCOUNT, DELEGATION, Principal, allow, denied, deny, document
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
    denied(lambda: call(worker.client, key))
    grant = client.create_grant(key.key_id, worker.arn, NEEDED[name])
    call(worker.client, key)
    client.put_key_policy(key.key_id, document(DELEGATION, deny("kms:*", Principal={"AWS": worker.arn})))
    with pytest.raises(errors.AccessDenied, match="explicit deny in a resource-based policy"):
        call(worker.client, key)
    client.put_key_policy(key.key_id, document(DELEGATION))
    call(worker.client, key)
    client.revoke_grant(key.key_id, grant.grant_id)
    denied(lambda: call(worker.client, key))


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
    denied(lambda: call(worker.client, key_id, blobs[json.dumps(broken)], broken))


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
    denied(lambda: re_encrypt(A))


def test_a_grant_to_an_account_leaves_it_to_its_principals_policies(
    client: Client, worker: Principal
) -> None:
    key_id = client.create_key(policy=_for_me_only()).key_id
    client.create_grant(key_id, ACCOUNT_ROOT, ["Encrypt"])
    denied(lambda: worker.client.encrypt(key_id, b"x"))
    worker.may(allow("kms:Encrypt"))
    worker.client.encrypt(key_id, b"x")
    denied(lambda: worker.client.describe_key(key_id))


def test_another_accounts_principal_needs_a_policy_of_its_own_too(
    service: Service, client: Client, partner: Principal
) -> None:
    arn = "arn:aws:iam::999988887777:role/reader"
    key = client.create_key()
    blob = client.encrypt(key.key_id, b"x").ciphertext_blob
    with Client(service.deployment.issue_client("spiffe://partner.example/reader")) as reader:
        client.create_grant(key.key_id, arn, ["Decrypt"])
        denied(lambda: reader.decrypt(blob))
        partner.client.put_principal_policy(arn, "use", document(allow("kms:*")))
        assert reader.decrypt(blob).plaintext == b"x"
        denied(lambda: reader.describe_key(key.arn))


def test_a_grantee_passes_on_no_more_than_it_has(client: Client, worker: Principal) -> None:
    key_id = client.create_key().key_id
    client.create_grant(key_id, worker.arn, ["CreateGrant", "Decrypt"], encryption_context_subset=A)
    pass_on = worker.client.create_grant
    for operations, constraints in [
        (["Encrypt"], {"encryption_context_subset": A}),
        (["Decrypt"], {}),
        (["Decrypt"], {"encryption_context_subset": {"table": "b"}}),
    ]:
        denied(lambda o=operations, c=constraints: pass_on(key_id, SOMEBODY, o, **c))  # type: ignore[misc]
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
        denied(refused)


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
    denied(lambda: worker.client.encrypt(key_id, b"x"))
    client.create_grant(key_id, worker.arn, ["Encrypt"])
    worker.client.encrypt(key_id, b"x")
    assert len(client.list_grants(key_id, grantee_principal=worker.arn).grants) == 1


def _for_me_only() -> str:
    me = f"arn:aws:iam::{ACCOUNT}:role/client/admin"
    return document(allow("kms:*", Principal={"AWS": me}))
