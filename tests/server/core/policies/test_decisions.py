"""Who decides where several policies and grants have a say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.server.core.policies import Answer, Decision, Reason, decide_on_key, decide_without_key
from tests.support.policies import (
    ROLE,
    ROOT,
    key_policy,
    principal_policy,
    request,
    statement,
)

DIRECT = statement(Principal={"AWS": ROLE})
DELEGATION = statement(Principal={"AWS": ROOT})
DENY = statement(Effect="Deny")
ELSEWHERE = statement(Action="kms:Decrypt")


def _decide(
    key: dict[str, Any], principal: dict[str, Any], grant_id: str | None, *, is_own_account: bool = True
) -> Decision:
    return decide_on_key(
        key_policy(key).answer(request()),
        {"mine": principal_policy(principal).answer(request())},
        grant_id=grant_id,
        is_own_account=is_own_account,
    )


@pytest.mark.parametrize(
    ("key", "principal", "grant", "own", "foreign"),
    [
        # the key's policy alone is enough in its own account, and never for another
        (DIRECT, ELSEWHERE, None, None, Reason.NOT_ALLOWED_BY_PRINCIPAL),
        (DIRECT, statement(), None, None, None),
        # delegation needs a policy of the principal
        (DELEGATION, ELSEWHERE, None, Reason.NOT_ALLOWED_BY_PRINCIPAL, Reason.NOT_ALLOWED_BY_PRINCIPAL),
        (DELEGATION, statement(), None, None, None),
        # a policy of the principal alone is worth nothing
        (ELSEWHERE, statement(), None, Reason.NOT_ALLOWED_BY_KEY, Reason.NOT_ALLOWED_BY_KEY),
        # a grant is the key's side
        (ELSEWHERE, ELSEWHERE, "g", None, Reason.NOT_ALLOWED_BY_PRINCIPAL),
        (ELSEWHERE, statement(), "g", None, None),
        # denials decide, whoever allows
        (DENY, statement(), "g", Reason.DENIED_BY_KEY, Reason.DENIED_BY_KEY),
        (DIRECT, DENY, "g", Reason.DENIED_BY_PRINCIPAL, Reason.DENIED_BY_PRINCIPAL),
        (ELSEWHERE, DENY, None, Reason.DENIED_BY_PRINCIPAL, Reason.DENIED_BY_PRINCIPAL),
    ],
)
def test_who_may_use_a_key(
    key: dict[str, Any],
    principal: dict[str, Any],
    grant: str | None,
    own: Reason | None,
    foreign: Reason | None,
) -> None:
    assert _decide(key, principal, grant).refusal is own
    assert _decide(key, principal, grant, is_own_account=False).refusal is foreign


def test_who_decided_is_told() -> None:
    assert _decide(DIRECT, DENY, None).by == "mine, statement 1"
    assert _decide(DIRECT, ELSEWHERE, "g").by == "key policy, statement 1"
    assert _decide(ELSEWHERE, ELSEWHERE, "g").by == "grant g"
    assert _decide(DELEGATION, statement(Sid="all"), None).by == "mine, statement 1 (all)"
    assert _decide(ELSEWHERE, ELSEWHERE, None).by == ""


def test_what_is_about_no_key_is_decided_by_the_principals_policies() -> None:
    allow, deny = (
        principal_policy(one).answer(request("kms:CreateKey", resource="*")) for one in (statement(), DENY)
    )
    assert decide_without_key({"a": allow}).is_allowed
    assert decide_without_key({}).refusal is Reason.NOT_ALLOWED_BY_PRINCIPAL
    assert decide_without_key({"a": allow, "b": deny}).refusal is Reason.DENIED_BY_PRINCIPAL


_answers = st.builds(
    Answer,
    st.none() | st.just(key_policy(DENY).statements[0]),
    st.none() | st.just(key_policy(DIRECT).statements[0]),
    st.none() | st.just(key_policy(DELEGATION).statements[0]),
)
_principals = st.dictionaries(st.sampled_from("abc"), _answers)


@given(_answers, _principals, st.sampled_from([None, "g"]), st.booleans(), _answers)
def test_more_denials_allow_nothing_and_grants_overrule_none(
    key: Answer,
    principal: dict[str, Answer],
    grant: str | None,
    is_own: bool,  # noqa: FBT001
    more: Answer,
) -> None:
    before = decide_on_key(key, principal, grant_id=grant, is_own_account=is_own)
    with_more = decide_on_key(key, {**principal, "more": more}, grant_id=grant, is_own_account=is_own)
    with_grant = decide_on_key(key, principal, grant_id="g", is_own_account=is_own)
    is_denied = key.denied_by or any(one.denied_by for one in principal.values())
    if is_denied:
        assert not before.is_allowed
        assert with_grant == with_more == before
    elif more.denied_by:
        assert not with_more.is_allowed
    else:
        assert with_more.is_allowed >= before.is_allowed
    if before.is_allowed:
        assert with_grant.is_allowed
