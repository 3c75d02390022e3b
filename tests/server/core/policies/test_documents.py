"""What isn't a policy is refused, and the refusal says where."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.server.core.arns import Realm
from strongroom.server.core.errors import KmsError, LimitExceeded, MalformedPolicy
from strongroom.server.core.key_policies import default_policy
from strongroom.server.core.policies import parse_key_policy, parse_principal_policy
from tests.support.policies import (
    ACCOUNT,
    FOREIGN_ROLE,
    OTHER_ACCOUNT,
    ROLE,
    ROOT,
    document,
    request,
    statement,
    verdict,
)

REFUSED = {
    "no JSON": ("my policy", "valid JSON"),
    "an array": ("[]", "must be an object"),
    "nested without end": ("[" * 10_000, "valid JSON"),
    "half a character": ('{"Id": "\\ud800", "Statement": []}', "valid JSON"),
    "half a character twice": ('{"\\udfff": 1, "\\udfff": 2}', "valid JSON"),
    "NaN": ('{"Statement": NaN}', "valid JSON"),
    "nothing": ("{}", "must have a Statement"),
    "no statement": ('{"Statement": []}', "must have a Statement"),
    "a statement that is none": ('{"Statement": ["Allow"]}', "Statement 1 must be an object"),
    "an element twice": ('{"Statement": {"Effect": "Allow", "Effect": "Deny"}}', "Effect twice"),
    "an unknown element": ('{"Statement": [], "Statements": []}', "unknown element: Statements"),
    "a version that isn't": (document(statement(), version="2013-01-01"), "Version"),
    "an Id that is no text": ('{"Id": 1, "Statement": []}', "Id"),
}
STATEMENTS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown": ({"Conditions": {}}, "unknown element: Conditions"),
    "sid": ({"Sid": 1}, "Sid must be a text"),
    "effect's case": ({"Effect": "denY"}, "Effect must be Allow or Deny"),
    "no effect": ({"Effect": None}, "Effect must be Allow or Deny"),
    "effect of another type": ({"Effect": ["Allow"]}, "Effect must be Allow or Deny"),
    "no principal": ({"Principal": None}, "there must be a Principal"),
    "two principals": ({"NotPrincipal": "*"}, "exclude each other"),
    "principal of no kind": ({"Principal": {"IAM": ROLE}}, "unknown element: IAM"),
    "principal as text": ({"Principal": ROLE}, "must be an object"),
    "no principals": ({"Principal": {}}, "Principal is empty"),
    "empty principals": ({"Principal": {"AWS": []}}, "is empty"),
    "wildcard in a principal": ({"Principal": {"AWS": f"{ROLE[:-3]}*"}}, "invalid principals"),
    "group": ({"Principal": {"AWS": "arn:aws:iam::111122223333:group/admins"}}, "invalid principals"),
    "short account": ({"Principal": {"AWS": "11112222333"}}, "invalid principals"),
    "account with a line end": ({"Principal": {"AWS": "111122223333\n"}}, "invalid principals"),
    "two actions": ({"NotAction": "kms:Encrypt"}, "exclude each other"),
    "action without service": ({"Action": "Encrypt"}, "written service:name"),
    "action of another type": ({"Action": 1}, "must be a text"),
    "no actions": ({"Action": []}, "is empty"),
    "two resources": ({"NotResource": "*"}, "exclude each other"),
    "condition of another type": ({"Condition": []}, "Condition must be an object"),
    "condition without keys": ({"Condition": {"Bool": "true"}}, "Bool must be an object"),
    "no such operator": (
        {"Condition": {"StringIs": {"aws:username": "a"}}},
        "no condition operator StringIs",
    ),
    "no such quantifier": ({"Condition": {"ForSome:Bool": {"aws:a": "true"}}}, "no condition operator"),
    "Null with a suffix": ({"Condition": {"NullIfExists": {"aws:a": "true"}}}, "no condition operator"),
    "Null of no boolean": ({"Condition": {"Null": {"aws:username": "yes"}}}, "true or false"),
    "misspelt key": ({"Condition": {"Bool": {"kms:KeySpek": "true"}}}, "no condition key kms:KeySpek"),
    "key without service": ({"Condition": {"Bool": {"username": "true"}}}, "no condition key"),
    "context without name": ({"Condition": {"Bool": {"kms:EncryptionContext:": "true"}}}, "no condition key"),
    "no values": ({"Condition": {"Bool": {"aws:SecureTransport": []}}}, "is empty"),
    "values of another type": ({"Condition": {"Bool": {"aws:SecureTransport": [[]]}}}, "must be a text"),
    "no boolean": ({"Condition": {"Bool": {"aws:SecureTransport": "yes"}}}, "isn't true or false"),
    "no number": ({"Condition": {"NumericEquals": {"aws:a": "x"}}}, "isn't a number"),
    "not a finite number": ({"Condition": {"NumericEquals": {"aws:a": "nan"}}}, "isn't a number"),
    "no date": ({"Condition": {"DateEquals": {"aws:CurrentTime": "today"}}}, "isn't a date"),
    "no base64": ({"Condition": {"BinaryEquals": {"aws:a": "?"}}}, "isn't base64"),
    "no address": ({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/33"}}}, "isn't an IP address"),
    "true where absent": (
        {"Condition": {"ForAllValues:StringEquals": {"kms:EncryptionContext:a": "b"}}},
        "OverlyPermissiveCondition",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_text_that_is_no_policy_is_refused(name: str) -> None:
    text, told = REFUSED[name]
    with pytest.raises(MalformedPolicy, match=told):
        parse_key_policy(text)


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_that_breaks_the_grammar_is_refused(name: str) -> None:
    elements, told = STATEMENTS[name]
    with pytest.raises(MalformedPolicy, match=told):
        parse_key_policy(document(statement(), statement(**elements)))


@pytest.mark.parametrize(
    "elements",
    [
        {"Principal": {"AWS": [ROLE, ROOT, "111122223333", "*"]}},
        {"Principal": {"Service": "s3.amazonaws.com", "AWS": ROLE}},
        {"Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/orders/session-1"}},
        {"Principal": None, "NotPrincipal": {"AWS": ROLE}, "Effect": "Deny"},
        {"Action": ["kms:*", "S3:Get?bject"], "Sid": "with spaces, allowed"},
        {"Action": None},
        {"Resource": None},
        {"Condition": {"Bool": {"aws:SecureTransport": True}, "NumericLessThan": {"aws:a": 1e3}}},
        {"Condition": {"StringEquals": {"kms:RecipientAttestation:PCR0": "aa"}}},
    ],
)
def test_what_the_grammar_allows_is_taken(elements: dict[str, Any]) -> None:
    parse_key_policy(document(statement(**elements)))
    parse_key_policy(json.dumps({"Id": "one", "Statement": statement(**elements)}))


def test_the_default_policy_leaves_it_to_the_account() -> None:
    policy = parse_key_policy(default_policy(Realm("aws", "local", ACCOUNT), ACCOUNT))
    assert verdict(policy.answer(request())) == "delegated"
    assert verdict(policy.answer(request(account=OTHER_ACCOUNT, names=(FOREIGN_ROLE,)))) == "silent"


def test_a_policy_has_at_most_32768_bytes() -> None:
    text = document(statement(Sid=""))
    room = 32_768 - len(text)
    parse_key_policy(document(statement(Sid="x" * room)))
    with pytest.raises(LimitExceeded):
        parse_key_policy(document(statement(Sid="x" * (room + 1))))
    with pytest.raises(LimitExceeded):
        parse_key_policy(text.replace('"Sid": ""', f'"Sid": "{"ü" * (room // 2 + 1)}"'))


def test_a_refusal_quotes_no_more_than_is_read() -> None:
    for text in (document(statement(**{"x" * 30_000: 1})), f'{{"{"y" * 9_000}": 1, "{"y" * 9_000}": 2}}'):
        with pytest.raises(MalformedPolicy) as refusal:
            parse_key_policy(text)
        assert len(refusal.value.message) < 600


def test_a_policy_has_at_most_1000_values_in_all() -> None:
    values = [str(number) for number in range(997)]
    whole = {"StringEquals": {"kms:EncryptionContext:a": values}}
    parse_principal_policy(document(statement(Principal=None, Condition=whole)))
    more = {"StringEquals": {"kms:EncryptionContext:a": [*values, "a", "b"]}}
    with pytest.raises(MalformedPolicy, match="at most 1000 principals"):
        parse_principal_policy(document(statement(Principal=None, Condition=more)))


def test_a_policy_has_at_most_64_question_marks_however_written() -> None:
    parse_key_policy(document(statement(Resource="?" * 64)))
    for mark in ("?", "\\u003f"):
        with pytest.raises(MalformedPolicy, match="at most 64 question marks"):
            parse_key_policy(document(statement(Resource="RESOURCE")).replace("RESOURCE", mark * 65))


@pytest.mark.parametrize("missing", ["Action", "Resource"])
def test_a_principals_policy_names_no_principal_and_leaves_nothing_out(missing: str) -> None:
    with pytest.raises(MalformedPolicy, match="unknown element: Principal"):
        parse_principal_policy(document(statement()))
    parse_principal_policy(document(statement(Principal=None)))
    with pytest.raises(MalformedPolicy, match=f"there must be {missing}"):
        parse_principal_policy(document(statement(Principal=None, **{missing: None})))


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Version",
                    "Id",
                    "Statement",
                    "Sid",
                    "Effect",
                    "Principal",
                    "NotPrincipal",
                    "AWS",
                    "Action",
                    "NotAction",
                    "Resource",
                    "Condition",
                    "StringLike",
                    "ForAnyValue:ArnLike",
                    "Null",
                    "aws:PrincipalArn",
                    "kms:ViaService",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(_json)
def test_whatever_is_sent_is_a_policy_or_refused(found: object) -> None:
    for parse in (parse_key_policy, parse_principal_policy):
        for text in (json.dumps(found), json.dumps({"Statement": found})):
            try:
                parse(text)
            except KmsError:
                continue
