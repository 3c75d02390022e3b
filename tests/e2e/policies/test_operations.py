"""Every operation that uses a key, by principals with and without permission."""

from dataclasses import replace

import pytest

from strongroom.client import Client, errors
from strongroom.server.operations import OPERATIONS
from tests.e2e.policies.principals import DELEGATION, Principal, allow, deny, document
from tests.support.key_operations import CALLS

ACTIONS = {
    "ReEncrypt from": ("kms:ReEncryptFrom", "kms:ReEncryptTo"),
    "ReEncrypt to": ("kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
    "UpdateAlias to": ("kms:CreateAlias", "kms:UpdateAlias"),
    "UpdateAlias away": ("kms:UpdateAlias",),
}
# What an operation may be refused for once its permission is there.
NOT_IN_THIS_STATE = {"CancelKeyDeletion": errors.InvalidState}
ACCOUNT_WIDE = {"ListAliases"}


def _actions(name: str) -> tuple[str, ...]:
    return ACTIONS.get(name, (f"kms:{name}",))


@pytest.mark.parametrize("name", CALLS)
def test_nothing_without_a_policy_and_all_with_it(client: Client, worker: Principal, name: str) -> None:
    make, call = CALLS[name]
    key = make(client, "AWS_KMS")
    with pytest.raises(errors.AccessDenied, match="because no identity-based policy allows the kms:"):
        call(worker.client, key)
    worker.may(allow(list(_actions(name))))
    _calls(worker, name, call, key)


@pytest.mark.parametrize("name", sorted(CALLS.keys() - ACCOUNT_WIDE))
def test_a_denial_in_the_key_policy_beats_every_permission(
    client: Client, worker: Principal, name: str
) -> None:
    make, call = CALLS[name]
    key = make(client, "AWS_KMS")
    worker.may(allow("kms:*"))
    denial = deny(list(_actions(name)), Principal={"AWS": worker.arn})
    client.put_key_policy(key.key_id, document(DELEGATION, denial))
    with pytest.raises(errors.AccessDenied, match="with an explicit deny in a resource-based policy"):
        call(worker.client, key)
    client.put_key_policy(key.key_id, document(DELEGATION))
    _calls(worker, name, call, key)


@pytest.mark.parametrize("name", sorted(CALLS.keys() - ACCOUNT_WIDE))
def test_without_delegation_only_whom_the_key_policy_names(
    client: Client, worker: Principal, name: str
) -> None:
    make, call = CALLS[name]
    key = make(client, "AWS_KMS")
    worker.may(allow("kms:*"))
    me = "arn:aws:iam::111122223333:role/client/admin"
    client.put_key_policy(key.key_id, document(allow("kms:*", Principal={"AWS": me})))
    with pytest.raises(errors.AccessDenied, match="because no resource-based policy allows the kms:"):
        call(worker.client, key)
    client.put_key_policy(key.key_id, document(allow("kms:*", Principal={"AWS": [me, worker.arn]})))
    _calls(worker, name, call, key)


BY_KEY_ID = sorted(
    CALLS.keys()
    - {"Decrypt", "ReEncrypt from", "ReEncrypt to", "DeleteAlias", "UpdateAlias away"}
    - ACCOUNT_WIDE
)


@pytest.mark.parametrize("name", BY_KEY_ID)
def test_another_account_learns_nothing_of_a_key(client: Client, partner: Principal, name: str) -> None:
    make, call = CALLS[name]
    key = make(client, "AWS_KMS")
    arn = client.describe_key(key.key_id).arn
    other = partner.client.create_key().key_id
    texts = set()
    for found in (arn, arn.replace(key.key_id, "00000000-0000-4000-8000-000000000000")):
        with pytest.raises(errors.AccessDenied) as caught:
            call(partner.client, replace(key, key_id=found, other=other, alias="alias/partner"))
        texts.add(str(caught.value).partition("request id")[0])
    assert len(texts) == 1
    client.disable_key(key.key_id)
    with pytest.raises(errors.AccessDenied) as caught:
        call(partner.client, replace(key, key_id=arn, other=other, alias="alias/partner"))
    assert str(caught.value).partition("request id")[0] in texts


def _calls(worker: Principal, name: str, call: object, key: object) -> None:
    refusal = NOT_IN_THIS_STATE.get(name)
    if refusal is None:
        call(worker.client, key)  # type: ignore[operator]
        return
    with pytest.raises(refusal):
        call(worker.client, key)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("action", "call"),
    [
        ("kms:CreateKey", lambda c: c.create_key()),
        ("kms:GenerateRandom", lambda c: c.generate_random(1)),
        ("kms:ListKeys", lambda c: c.list_keys()),
        ("kms:ListAliases", lambda c: c.list_aliases()),
        ("kms:DescribeToken", lambda c: c.describe_token()),
        ("kms:ListPrincipals", lambda c: c.list_principals()),
    ],
)
def test_operations_without_a_key(worker: Principal, action: str, call: object) -> None:
    with pytest.raises(errors.AccessDenied, match=f"not authorized to perform: {action} on resource: \\*"):
        call(worker.client)  # type: ignore[operator]
    worker.may(allow(action))
    call(worker.client)  # type: ignore[operator]


def test_a_policy_is_read_only_for_those_who_may_put_it(client: Client, worker: Principal) -> None:
    """Reading takes up to a tenth of a second."""
    key_id = client.create_key().key_id
    for call in (
        lambda: worker.client.put_key_policy(key_id, "{}"),
        lambda: worker.client.create_key(policy="{}"),
        lambda: worker.client.put_principal_policy(worker.arn, "mine", "{}"),
    ):
        with pytest.raises(errors.AccessDenied):
            call()
        worker.may(allow("kms:*"))
        with pytest.raises(errors.MalformedPolicy):
            call()
        worker.clear()


def test_a_policy_is_for_whom_policies_can_name(client: Client) -> None:
    for principal, told in (
        ("arn:aws:iam::111122223333:role/é", "'principal'"),
        ("arn:aws:iam::111122223333:root", "'principal'"),
        ("orders", "'principal'"),
        ("arn:aws-cn:iam::111122223333:role/orders", "begin with arn:aws here"),
    ):
        with pytest.raises(errors.ValidationError, match=told):
            client.put_principal_policy(principal, "x", document(allow("kms:*")))


def test_tags_of_a_new_key_need_their_own_permission(worker: Principal) -> None:
    worker.may(allow("kms:CreateKey"))
    with pytest.raises(errors.AccessDenied, match="kms:TagResource"):
        worker.client.create_key(tags={"a": "b"})
    for resource in ("*", "arn:aws:kms:*:111122223333:key/*"):
        worker.may(allow("kms:CreateKey"), allow("kms:TagResource", Resource=resource))
        worker.client.create_key(tags={"a": "b"})
        worker.may(allow(["kms:CreateKey", "kms:TagResource"]), deny("kms:TagResource", Resource=resource))
        with pytest.raises(errors.AccessDenied, match="kms:TagResource"):
            worker.client.create_key(tags={"a": "b"})


def test_every_operation_with_a_key_is_in_the_table() -> None:
    elsewhere = {"Encapsulate", "Decapsulate", "GetKeyLastUsage", "GetParametersForImport"}
    elsewhere |= {"RetireGrant"}  # which the grant itself allows
    elsewhere |= {"ImportKeyMaterial", "DeleteImportedKeyMaterial"}
    named = {name.split()[0] for name in CALLS}
    assert named >= {operation.name for operation in OPERATIONS if operation.uses} - elsewhere
