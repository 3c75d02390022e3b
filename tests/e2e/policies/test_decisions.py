"""What policies can ask about, and how quickly they are obeyed."""

import pytest

from strongroom.client import Client, errors
from strongroom.client.items import EncryptItem
from tests.e2e.policies.principals import DELEGATION, Principal, allow, denied, deny, document

ADMIN = "arn:aws:iam::111122223333:role/client/admin"


def test_a_changed_policy_is_obeyed_by_the_next_request_of_every_worker(
    worker: Principal, key_id: str
) -> None:
    for _ in range(10):
        worker.may(allow("kms:Encrypt"))
        for _ in range(4):
            worker.client.encrypt(key_id, b"x")
        worker.clear()
        for _ in range(4):
            denied(lambda: worker.client.encrypt(key_id, b"x"))


def test_a_changed_key_policy_is_obeyed_by_the_next_request(
    client: Client, worker: Principal, key_id: str
) -> None:
    mine = allow("kms:Encrypt", Principal={"AWS": worker.arn})
    for _ in range(10):
        client.put_key_policy(key_id, document(DELEGATION, mine))
        worker.client.encrypt(key_id, b"x")
        client.put_key_policy(key_id, document(DELEGATION))
        denied(lambda: worker.client.encrypt(key_id, b"x"))


@pytest.mark.parametrize(
    ("condition", "fits", "does_not"),
    [
        ({"StringEquals": {"kms:EncryptionContext:tenant": "a"}}, {"tenant": "a", "x": "y"}, {"tenant": "b"}),
        ({"StringEquals": {"kms:encryptioncontext:TENANT": "a"}}, {"Tenant": "a"}, {}),
        ({"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["a", "b"]}}, {"a": "1"}, {"a": "1", "c": "2"}),
        ({"Null": {"kms:EncryptionContextKeys": "false"}}, {"a": "1"}, {}),
        ({"StringLike": {"kms:EncryptionContext:path": "/team-a/*"}}, {"path": "/team-a/x"}, {"path": "/team-b/x"}),
    ],
)  # fmt: skip
def test_the_encryption_context_decides(
    worker: Principal,
    key_id: str,
    condition: dict[str, object],
    fits: dict[str, str],
    does_not: dict[str, str],
) -> None:
    worker.may(allow(["kms:Encrypt", "kms:GenerateDataKey"], Condition=condition))
    worker.client.encrypt(key_id, b"x", encryption_context=fits)
    worker.client.generate_data_key(key_id, encryption_context=fits)
    denied(lambda: worker.client.encrypt(key_id, b"x", encryption_context=does_not))
    denied(lambda: worker.client.generate_data_key(key_id, encryption_context=does_not))


def test_tags_of_a_principal_are_what_the_server_says(worker: Principal, key_id: str) -> None:
    tenant = {"StringEquals": {"kms:EncryptionContext:tenant": "${aws:PrincipalTag/tenant}"}}
    worker.may(allow("kms:Encrypt", Condition=tenant))
    worker.client.encrypt(key_id, b"x", encryption_context={"tenant": "a"})
    denied(lambda: worker.client.encrypt(key_id, b"x", encryption_context={"tenant": "b"}))
    denied(lambda: worker.client.encrypt(key_id, b"x"))


def test_what_encrypts_with_symmetric_keys_alone_has_their_algorithm(worker: Principal, key_id: str) -> None:
    worker.may(allow("kms:*", Condition={"StringEquals": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}}))
    worker.client.generate_data_key(key_id)
    worker.client.generate_data_key_without_plaintext(key_id)
    worker.client.generate_data_key_pair(key_id, "ECC_NIST_P256")
    worker.client.generate_data_key_pair_without_plaintext(key_id, "ECC_NIST_P256")


def test_each_item_of_a_batch_is_decided_on_its_own(worker: Principal, key_id: str) -> None:
    worker.may(allow("kms:Encrypt", Condition={"StringEquals": {"kms:EncryptionContext:t": "a"}}))
    items = [EncryptItem(key_id, b"x", encryption_context={"t": t}) for t in ("a", "b", "a")]
    found = worker.client.batch_encrypt(items)
    assert [isinstance(one, errors.AccessDenied) for one in found] == [False, True, False]


def test_each_side_of_a_re_encryption_has_its_own_context(
    client: Client, worker: Principal, key_id: str
) -> None:
    blob = client.encrypt(key_id, b"x", encryption_context={"t": "old"}).ciphertext_blob
    worker.may(
        allow("kms:ReEncryptFrom", Condition={"StringEquals": {"kms:EncryptionContext:t": "old"}}),
        allow("kms:ReEncryptTo", Condition={"StringEquals": {"kms:EncryptionContext:t": "new"}}),
    )

    def re_encrypt(new: str) -> None:
        worker.client.re_encrypt(
            blob,
            key_id,
            source_encryption_context={"t": "old"},
            destination_encryption_context={"t": new},
        )

    re_encrypt("new")
    denied(lambda: re_encrypt("old"))
    worker.may(allow("kms:ReEncrypt*", Condition={"Bool": {"kms:ReEncryptOnSameKey": "false"}}))
    denied(lambda: re_encrypt("new"))


@pytest.mark.parametrize(
    "condition",
    [
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/team/*"}},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"DateLessThan": {"aws:CurrentTime": "2999-01-01T00:00:00Z"}},
        {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/decisions/*"}},
        {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}},
        {"NumericGreaterThan": {"aws:EpochTime": "1700000000"}},
        {"StringEquals": {"aws:PrincipalAccount": "111122223333"}},
        {"StringEquals": {"aws:PrincipalType": "AssumedRole"}},
        {"StringEquals": {"aws:ResourceTag/team": "a"}},
        {"StringEquals": {"kms:CallerAccount": "111122223333"}},
        {"StringEquals": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}},
        {"StringEquals": {"kms:KeyOrigin": "AWS_KMS"}},
        {"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}},
        {"StringEquals": {"kms:KeyUsage": "ENCRYPT_DECRYPT"}},
        {"StringEquals": {"kms:RequestAlias": "alias/decisions/${aws:PrincipalAccount}"}},
    ],
    ids=lambda condition: next(iter(next(iter(condition.values())))),
)
def test_a_condition_key_has_its_value(
    client: Client, worker: Principal, key_id: str, condition: dict[str, dict[str, str]]
) -> None:
    alias = "alias/decisions/111122223333"
    client.create_alias(alias, key_id)
    try:
        worker.may(allow("kms:Encrypt", Condition=condition))
        worker.client.encrypt(alias, b"x")
        worker.may(allow("kms:Encrypt"), deny("kms:Encrypt", Condition=condition))
        denied(lambda: worker.client.encrypt(alias, b"x"))
    finally:
        client.delete_alias(alias)


@pytest.mark.parametrize(
    ("action", "condition", "fits", "does_not"),
    [
        ("ScheduleKeyDeletion", {"NumericGreaterThanEquals": {"kms:ScheduleKeyDeletionPendingWindowInDays": "30"}}, lambda c, k: c.schedule_key_deletion(k), lambda c, k: c.schedule_key_deletion(k, pending_window_in_days=7)),
        ("EnableKeyRotation", {"NumericEquals": {"kms:RotationPeriodInDays": "365"}}, lambda c, k: c.enable_key_rotation(k), lambda c, k: c.enable_key_rotation(k, rotation_period_in_days=90)),
        ("TagResource", {"StringEquals": {"aws:RequestTag/stage": "test"}}, lambda c, k: c.tag_resource(k, {"stage": "test"}), lambda c, k: c.tag_resource(k, {"stage": "prod"})),
        ("TagResource", {"ForAllValues:StringEquals": {"aws:TagKeys": ["stage"]}}, lambda c, k: c.tag_resource(k, {"stage": "test"}), lambda c, k: c.tag_resource(k, {"owner": "me"})),
        ("UntagResource", {"ForAllValues:StringEquals": {"aws:TagKeys": ["stage"]}}, lambda c, k: c.untag_resource(k, ["stage"]), lambda c, k: c.untag_resource(k, ["team"])),
        ("CreateKey", {"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}}, lambda c, _: c.create_key(), lambda c, _: c.create_key(key_spec="HMAC_256", key_usage="GENERATE_VERIFY_MAC")),
        ("GenerateDataKeyPair", {"StringEquals": {"kms:DataKeyPairSpec": "ECC_NIST_P256"}}, lambda c, k: c.generate_data_key_pair(k, "ECC_NIST_P256"), lambda c, k: c.generate_data_key_pair(k, "ECC_NIST_P384")),
        ("DisableKey", {"NumericLessThan": {"kms:TrailingDaysWithoutKeyUsage": "1"}}, lambda c, k: c.disable_key(k), None),
        ("PutKeyPolicy", {"Bool": {"kms:BypassPolicyLockoutSafetyCheck": "false"}}, lambda c, k: c.put_key_policy(k, document(DELEGATION)), lambda c, k: c.put_key_policy(k, document(DELEGATION), bypass_policy_lockout_safety_check=True)),
    ],
)  # fmt: skip
def test_the_request_decides(
    worker: Principal, key_id: str, action: str, condition: dict[str, object], fits: object, does_not: object
) -> None:
    worker.may(allow(f"kms:{action}", Condition=condition))
    if does_not is not None:
        denied(lambda: does_not(worker.client, key_id))  # type: ignore[operator]
    fits(worker.client, key_id)  # type: ignore[operator]


def test_a_policy_about_some_keys_is_about_no_others(client: Client, worker: Principal, key_id: str) -> None:
    other = client.create_key()
    worker.may(allow("kms:Encrypt", Resource=other.arn))
    worker.client.encrypt(other.key_id, b"x")
    denied(lambda: worker.client.encrypt(key_id, b"x"))
    worker.may(allow("kms:Encrypt"), deny("kms:*", Resource=other.arn))
    worker.client.encrypt(key_id, b"x")
    denied(lambda: worker.client.encrypt(other.key_id, b"x"))


def test_an_alias_needs_permission_on_itself_and_on_its_key(
    client: Client, worker: Principal, key_id: str
) -> None:
    arn = client.describe_key(key_id).arn
    alias_arn = arn.replace(f"key/{key_id}", "alias/decisions/own")
    for resource in (arn, alias_arn):
        worker.may(allow("kms:CreateAlias", Resource=resource))
        denied(lambda: worker.client.create_alias("alias/decisions/own", key_id))
    worker.may(allow(["kms:CreateAlias", "kms:DeleteAlias"], Resource=[arn, alias_arn]))
    worker.client.create_alias("alias/decisions/own", key_id)
    worker.client.delete_alias("alias/decisions/own")


def test_tags_of_a_key_are_none_of_its_aliases(client: Client, worker: Principal, key_id: str) -> None:
    tagged = {"StringEquals": {"aws:ResourceTag/team": "a"}}
    arn = client.describe_key(key_id).arn
    aliases = arn.replace(f"key/{key_id}", "alias/*")
    worker.may(allow("kms:CreateAlias", Condition=tagged))
    denied(lambda: worker.client.create_alias("alias/decisions/tagged", key_id))
    worker.may(allow("kms:*Alias", Resource=arn, Condition=tagged), allow("kms:*Alias", Resource=aliases))
    worker.client.create_alias("alias/decisions/tagged", key_id)
    worker.client.delete_alias("alias/decisions/tagged")


def test_nobody_can_lock_himself_out_of_a_key(client: Client, key_id: str) -> None:
    for policy in (
        document(allow("kms:*", Principal={"AWS": "arn:aws:iam::111122223333:role/other"})),
        document(DELEGATION, deny("kms:Put*", Principal="*")),
        document(allow("kms:Encrypt", Principal="*")),
    ):
        with pytest.raises(errors.MalformedPolicy, match="will not allow you to update the key policy"):
            client.put_key_policy(key_id, policy)
        with pytest.raises(errors.MalformedPolicy, match="will not allow you to update the key policy"):
            client.create_key(policy=policy)
    mine = document(allow("kms:*", Principal={"AWS": ADMIN}))
    client.put_key_policy(key_id, mine)
    assert client.get_key_policy(key_id) == mine
    assert client.list_key_policies(key_id) == ("default",)
    locked = document(allow("kms:Encrypt", Principal="*"))
    client.put_key_policy(key_id, locked, bypass_policy_lockout_safety_check=True)
    denied(lambda: client.put_key_policy(key_id, mine))
    client.encrypt(key_id, b"x")


@pytest.mark.parametrize(
    ("action", "nearest"),
    [("kms:Decrpyt", "kms:Decrypt"), ("kms:reencrypt", "kms:ReEncrypt"), ("KMS:BatchSign", "kms:Sign")],
)
def test_an_action_that_no_operation_needs_is_not_explained(
    client: Client, worker: Principal, key_id: str, action: str, nearest: str
) -> None:
    with pytest.raises(errors.ValidationError, match=f"'{action}'; the nearest is '{nearest}"):
        client.explain_access(key_id, worker.arn, action)
    worker.may(allow(["kms:ExplainAccess", "kms:Decrypt"]))
    for name in ("kms:explainaccess", "KMS:DECRYPT"):
        assert client.explain_access(key_id, worker.arn, name).allowed


def test_it_is_explained_what_decides(client: Client, worker: Principal, key_id: str) -> None:
    def explain(**conditions: str) -> tuple[bool, str, str]:
        given = {f"kms:EncryptionContext:{name}": value for name, value in conditions.items()}
        found = client.explain_access(key_id, worker.arn, "kms:Encrypt", conditions=given)
        return found.allowed, found.reason, found.decided_by

    assert explain() == (False, "because no identity-based policy allows the kms:Encrypt action", "")
    only = {"StringEquals": {"kms:EncryptionContext:t": "a"}}
    worker.may({"Sid": "tenant", **allow("kms:Encrypt", Condition=only)})
    by = f"principal policy test of {worker.arn}, statement 1 (tenant)"
    assert explain(t="a") == (True, "", by)
    assert not explain(t="b")[0]
    worker.may(allow("kms:Encrypt", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))
    for address, may in (("10.1.2.3", True), ("192.168.0.1", False)):
        given = {"aws:SourceIp": address}
        found = client.explain_access(key_id, worker.arn, "kms:Encrypt", conditions=given)
        assert found.allowed is may
    client.put_key_policy(key_id, document(DELEGATION, deny("kms:Encrypt", Principal="*")))
    denied = "with an explicit deny in a resource-based policy"
    assert explain(t="a") == (False, denied, "key policy, statement 2")


def test_what_is_explained_knows_the_tags_of_principals(
    client: Client, worker: Principal, key_id: str
) -> None:
    tenant = {"StringEquals": {"kms:EncryptionContext:tenant": "${aws:PrincipalTag/tenant}"}}
    worker.may(allow("kms:Encrypt", Condition=tenant))
    for value, may in (("a", True), ("b", False)):
        given = {"kms:EncryptionContext:tenant": value}
        assert client.explain_access(key_id, worker.arn, "kms:Encrypt", conditions=given).allowed is may


def test_the_last_use_is_told_where_a_key_is_taken_out_of_use(
    client: Client, worker: Principal, key_id: str
) -> None:
    unused = {"NumericLessThan": {"kms:TrailingDaysWithoutKeyUsage": "1"}}
    worker.may(allow("kms:*", Condition=unused))
    for action, may in (("DisableKey", True), ("ScheduleKeyDeletion", True), ("Encrypt", False)):
        assert client.explain_access(key_id, worker.arn, f"kms:{action}").allowed is may
    denied(lambda: worker.client.encrypt(key_id, b"x"))
    worker.client.disable_key(key_id)


def test_changes_are_recorded_with_the_policy(
    client: Client, worker: Principal, key_id: str, service: object
) -> None:
    worker.may(allow("kms:ListKeys"))
    client.put_key_policy(key_id, document(DELEGATION))
    changes = {"PutKeyPolicy", "PutPrincipalPolicy"}
    written = [
        record["requestParameters"]
        for record in service.deployment.audit_records()  # type: ignore[attr-defined]
        if record["eventName"] in changes and not record["readOnly"]
    ]
    assert {
        "keyId": key_id,
        "policy": document(DELEGATION),
        "bypassPolicyLockoutSafetyCheck": False,
    } in written
    given = {"principal": worker.arn, "policyName": "test", "policy": document(allow("kms:ListKeys"))}
    assert given in written
