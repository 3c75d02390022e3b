"""Which statements apply: principals, actions, resources."""

import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.policies import (
    ACCOUNT,
    FOREIGN_ROLE,
    KEY,
    OTHER_ACCOUNT,
    OTHER_KEY,
    OTHER_ROLE,
    ROLE,
    ROOT,
    key_policy,
    principal_policy,
    request,
    statement,
    verdict,
)

SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/orders/one"


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", "allowed"),
        ({"AWS": "*"}, "allowed"),
        ({"AWS": ROLE}, "allowed"),
        ({"AWS": [OTHER_ROLE, ROLE]}, "allowed"),
        ({"AWS": OTHER_ROLE}, "silent"),
        ({"AWS": ROOT}, "delegated"),
        ({"AWS": ACCOUNT}, "delegated"),
        ({"AWS": OTHER_ACCOUNT}, "silent"),
        ({"AWS": [ROOT, ROLE]}, "allowed"),
        ({"AWS": ROLE.upper().replace("ARN:AWS:IAM", "arn:aws:iam").replace("ROLE/", "role/")}, "silent"),
        ({"Service": "*"}, "silent"),
        ({"Federated": ROLE}, "silent"),
    ],
)
def test_a_principal_is_named_by_itself_by_its_account_or_by_everybody(principal: Any, expected: str) -> None:
    assert verdict(key_policy(statement(Principal=principal)).answer(request())) == expected


def test_a_role_stands_for_its_sessions_and_a_session_for_itself() -> None:
    of_role, of_session = (key_policy(statement(Principal={"AWS": name})) for name in (ROLE, SESSION))
    session = request(names=(ROLE, SESSION))
    assert verdict(of_role.answer(session)) == verdict(of_session.answer(session)) == "allowed"
    assert verdict(of_session.answer(request())) == "silent"


@pytest.mark.parametrize("principal", [{"AWS": ROOT}, {"AWS": ACCOUNT}])
def test_a_denial_of_an_account_hits_all_its_principals(principal: Any) -> None:
    policy = key_policy(statement(), statement(Effect="Deny", Principal=principal))
    assert verdict(policy.answer(request())) == "denied"
    assert verdict(policy.answer(request(names=(FOREIGN_ROLE,), account=OTHER_ACCOUNT))) == "allowed"


@pytest.mark.parametrize(
    ("excepted", "effect", "expected"),
    [
        ({"AWS": ROLE}, "Deny", "silent"),
        ({"AWS": OTHER_ROLE}, "Deny", "denied"),
        ({"AWS": [ROOT, OTHER_ROLE]}, "Deny", "denied"),
        ({"AWS": ROOT}, "Deny", "denied"),
        ({"AWS": ROLE}, "Allow", "silent"),
        ({"AWS": ROOT}, "Allow", "silent"),
        ({"AWS": OTHER_ACCOUNT}, "Allow", "allowed"),
        ("*", "Deny", "silent"),
    ],
)
def test_whom_not_principal_excepts(excepted: Any, effect: str, expected: str) -> None:
    policy = key_policy(statement(Principal=None, NotPrincipal=excepted, Effect=effect))
    assert verdict(policy.answer(request())) == expected


def test_an_account_that_is_excepted_of_a_denial_excepts_its_root() -> None:
    policy = key_policy(statement(Principal=None, NotPrincipal={"AWS": ACCOUNT}, Effect="Deny"))
    assert verdict(policy.answer(request(names=(ROOT,)))) == "silent"


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("kms:Encrypt", True),
        ("KMS:encrypt", True),
        ("kms:*", True),
        ("*", True),
        ("kms:E*t", True),
        ("kms:?ncrypt", True),
        ("kms:Encrypt*", True),
        ("kms:ncrypt", False),
        ("kms:Encryp", False),
        ("kms:Encrypt?", False),
        ("kms:[E]ncrypt", False),
        ("s3:*", False),
        (["s3:GetObject", "kms:Encrypt"], True),
        (None, False),
    ],
)
def test_actions_have_wildcards_and_no_case(action: Any, expected: bool) -> None:  # noqa: FBT001
    allows = verdict(key_policy(statement(Action=action)).answer(request())) == "allowed"
    assert allows is expected
    if action is not None:
        policy = key_policy(statement(Action=None, NotAction=action))
        assert (verdict(policy.answer(request())) == "allowed") is not expected


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("*", True),
        (KEY, True),
        (OTHER_KEY, False),
        (f"arn:aws:kms:*:{ACCOUNT}:key/*", True),
        (f"arn:aws:kms:*:{ACCOUNT}:alias/*", False),
        (f"arn:aws:kms:*:{OTHER_ACCOUNT}:key/*", False),
        (KEY.upper(), False),
        ([OTHER_KEY, KEY], True),
        ("arn:*", True),
    ],
)
def test_resources_have_wildcards(resource: Any, expected: bool) -> None:  # noqa: FBT001
    for policy in (key_policy, principal_policy):
        answer = policy(statement(Resource=resource)).answer(request())
        assert (verdict(answer) == "allowed") is expected
        inverse = policy(statement(Resource=None, NotResource=resource)).answer(request())
        assert (verdict(inverse) == "allowed") is not expected


def test_a_resource_may_depend_on_the_request() -> None:
    resource = "arn:aws:kms:*:*:alias/${aws:PrincipalTag/team}/*"
    alias = f"arn:aws:kms:local:{ACCOUNT}:alias/payments/one"
    policy = principal_policy(statement(Resource=resource))
    for tags, expected in (({"aws:PrincipalTag/team": "payments"}, "allowed"), ({}, "silent")):
        assert verdict(policy.answer(request(resource=alias, values=tags))) == expected
    wildcard = {"aws:PrincipalTag/team": "*"}
    assert verdict(policy.answer(request(resource=alias, values=wildcard))) == "silent"


def test_where_it_is_unknown_what_is_excepted_an_allow_gives_nothing_and_a_deny_takes_all() -> None:
    excepted = "arn:aws:kms:*:*:alias/${aws:PrincipalTag/team}"
    allow = principal_policy(statement(Resource=None, NotResource=excepted))
    deny = principal_policy(statement(Effect="Deny", Resource=None, NotResource=excepted))
    assert (verdict(allow.answer(request())), verdict(deny.answer(request()))) == ("silent", "denied")
    known = request(values={"aws:PrincipalTag/team": "payments"})
    assert (verdict(allow.answer(known)), verdict(deny.answer(known))) == ("allowed", "denied")


def test_the_statement_that_decided_is_told() -> None:
    policy = key_policy(statement(), statement(Sid="No cards", Effect="Deny", Principal={"AWS": OTHER_ROLE}))
    assert str(policy.answer(request()).allowed_by) == "statement 1"
    assert str(policy.answer(request(names=(OTHER_ROLE,))).denied_by) == "statement 2 (No cards)"


_statements = st.builds(
    statement,
    Effect=st.sampled_from(["Allow", "Deny"]),
    Principal=st.sampled_from(["*", {"AWS": ROLE}, {"AWS": ROOT}, {"AWS": OTHER_ROLE}]),
    Action=st.sampled_from(["kms:*", "kms:Encrypt", "kms:Decrypt", None]),
    Resource=st.sampled_from(["*", KEY, OTHER_KEY]),
    Condition=st.sampled_from(
        [
            {},
            {"StringEquals": {"aws:username": "a"}},
            {"StringNotEquals": {"aws:username": "a"}},
            {"ForAllValues:StringLike": {"aws:TagKeys": "a*"}},
            {"Null": {"aws:username": "true"}},
        ]
    ),
)
_requests = st.builds(
    request,
    st.sampled_from(["kms:Encrypt", "kms:Decrypt"]),
    names=st.sampled_from([(ROLE,), (OTHER_ROLE,), (ROOT,)]),
    values=st.dictionaries(
        st.sampled_from(["aws:username", "aws:TagKeys"]), st.sampled_from(["a", "b", ["a", "b"], []])
    ),
)
_RANK = {"denied": 0, "silent": 1, "delegated": 2, "allowed": 3}


@given(st.lists(_statements, min_size=1, max_size=6), _requests, st.randoms())
def test_the_order_of_statements_never_matters(
    statements: list[dict[str, Any]], asked: Any, random: Any
) -> None:
    before = verdict(key_policy(*statements).answer(asked))
    random.shuffle(statements)
    assert verdict(key_policy(*statements).answer(asked)) == before


@given(st.lists(_statements, min_size=1, max_size=6), _statements, _requests)
def test_a_deny_only_takes_and_an_allow_only_gives(
    statements: list[dict[str, Any]], more: dict[str, Any], asked: Any
) -> None:
    before = _RANK[verdict(key_policy(*statements).answer(asked))]
    after = _RANK[verdict(key_policy(*statements, more).answer(asked))]
    if more["Effect"] == "Deny":
        assert after in {0, before}
        assert after == 0 or verdict(key_policy(more).answer(asked)) == "silent"
    else:
        assert after >= before


@given(st.lists(_statements, min_size=1, max_size=6), _requests)
def test_a_policy_says_what_its_statements_say_by_themselves(
    statements: list[dict[str, Any]], asked: Any
) -> None:
    alone = {_RANK[verdict(key_policy(one).answer(asked))] for one in statements}
    expected = 0 if 0 in alone else max(alone)
    assert _RANK[verdict(key_policy(*statements).answer(asked))] == expected


def test_what_a_policy_remembers_is_bounded_whatever_is_asked() -> None:
    policy = key_policy(*[statement()] * 300)
    tracemalloc.start()
    for number in range(1_000):
        assert verdict(policy.answer(request(f"kms:Made{number}"))) == "allowed"
    kept_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept_bytes < 2**22
