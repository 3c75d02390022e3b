"""Who decides where several policies and grants have a say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.server.core.policies import (
    NO_GRANTS,
    Answer,
    Decision,
    Granted,
    Reason,
    decide_on_key,
    decide_on_retiring,
    decide_without_key,
)
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
DIRECTLY, TO_ALL = Granted(to_principal="g"), Granted(to_account="h")


def _decide(
    key: dict[str, Any],
    principal: dict[str, Any],
    granted: Granted = NO_GRANTS,
    *,
    is_own_account: bool = True,
) -> Decision:
    return decide_on_key(
        key_policy(key).answer(request()),
        {"mine": principal_policy(principal).answer(request())},
        lambda: granted,
        is_own_account=is_own_account,
    )


@pytest.mark.parametrize(
    ("key", "principal", "grant", "own", "foreign"),
    [
        # the key's policy alone is enough in its own account, and never for another
        (DIRECT, ELSEWHERE, NO_GRANTS, None, Reason.NOT_ALLOWED_BY_PRINCIPAL),
        (DIRECT, statement(), NO_GRANTS, None, None),
        # delegation needs a policy of the principal
        (DELEGATION, ELSEWHERE, NO_GRANTS, Reason.NOT_ALLOWED_BY_PRINCIPAL, Reason.NOT_ALLOWED_BY_PRINCIPAL),
        (DELEGATION, statement(), NO_GRANTS, None, None),
        # a policy of the principal alone is worth nothing
        (ELSEWHERE, statement(), NO_GRANTS, Reason.NOT_ALLOWED_BY_KEY, Reason.NOT_ALLOWED_BY_KEY),
        # a grant is the key's side
        (ELSEWHERE, ELSEWHERE, DIRECTLY, None, Reason.NOT_ALLOWED_BY_PRINCIPAL),
        (ELSEWHERE, statement(), DIRECTLY, None, None),
        (DELEGATION, ELSEWHERE, DIRECTLY, None, Reason.NOT_ALLOWED_BY_PRINCIPAL),
        # a grant to the account needs a policy of the principal, too
        (ELSEWHERE, ELSEWHERE, TO_ALL, Reason.NOT_ALLOWED_BY_PRINCIPAL, Reason.NOT_ALLOWED_BY_PRINCIPAL),
        (ELSEWHERE, statement(), TO_ALL, None, None),
        # denials decide, whoever allows
        (DENY, statement(), DIRECTLY, Reason.DENIED_BY_KEY, Reason.DENIED_BY_KEY),
        (DIRECT, DENY, DIRECTLY, Reason.DENIED_BY_PRINCIPAL, Reason.DENIED_BY_PRINCIPAL),
        (ELSEWHERE, DENY, NO_GRANTS, Reason.DENIED_BY_PRINCIPAL, Reason.DENIED_BY_PRINCIPAL),
    ],
)
def test_who_may_use_a_key(
    key: dict[str, Any],
    principal: dict[str, Any],
    grant: Granted,
    own: Reason | None,
    foreign: Reason | None,
) -> None:
    assert _decide(key, principal, grant).refusal is own
    assert _decide(key, principal, grant, is_own_account=False).refusal is foreign


def test_who_decided_is_told() -> None:
    assert _decide(DIRECT, DENY).by == "mine, statement 1"
    assert _decide(DIRECT, ELSEWHERE, DIRECTLY).by == "key policy, statement 1"
    assert _decide(ELSEWHERE, ELSEWHERE, DIRECTLY).by == "grant g"
    assert _decide(ELSEWHERE, statement(), TO_ALL).by == "grant h; mine, statement 1"
    assert _decide(DELEGATION, statement(Sid="all")).by == "mine, statement 1 (all)"
    assert _decide(ELSEWHERE, ELSEWHERE).by == ""


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


@given(_answers, _principals, st.sampled_from([NO_GRANTS, DIRECTLY, TO_ALL]), st.booleans(), _answers)
def test_more_denials_allow_nothing_and_grants_overrule_none(
    key: Answer,
    principal: dict[str, Answer],
    granted: Granted,
    is_own: bool,  # noqa: FBT001
    more: Answer,
) -> None:
    before = decide_on_key(key, principal, lambda: granted, is_own_account=is_own)
    with_more = decide_on_key(key, {**principal, "more": more}, lambda: granted, is_own_account=is_own)
    with_grant = decide_on_key(key, principal, lambda: DIRECTLY, is_own_account=is_own)
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


def test_grants_are_looked_for_only_where_policies_leave_it_open() -> None:
    def fail() -> Granted:
        raise AssertionError("asked")

    for key, principal in ((DENY, statement()), (DIRECT, ELSEWHERE), (DELEGATION, statement())):
        answers = {"mine": principal_policy(principal).answer(request())}
        decide_on_key(key_policy(key).answer(request()), answers, fail, is_own_account=True)


@pytest.mark.parametrize(
    ("key", "principal", "entitled", "of_account"),
    [
        (ELSEWHERE, ELSEWHERE, None, Reason.NOT_ALLOWED_BY_PRINCIPAL),
        (DIRECT, ELSEWHERE, None, Reason.NOT_ALLOWED_BY_PRINCIPAL),
        (ELSEWHERE, statement(), None, None),
        (DENY, statement(), Reason.DENIED_BY_KEY, Reason.DENIED_BY_KEY),
        (ELSEWHERE, DENY, Reason.DENIED_BY_PRINCIPAL, Reason.DENIED_BY_PRINCIPAL),
    ],
)
def test_a_keys_policy_can_keep_from_retiring_and_allow_nobody_to(
    key: dict[str, Any], principal: dict[str, Any], entitled: Reason | None, of_account: Reason | None
) -> None:
    def refusal(*, is_entitled: bool, is_of_account: bool) -> Reason | None:
        answers = {"mine": principal_policy(principal).answer(request())}
        return decide_on_retiring(
            key_policy(key).answer(request()), answers, is_entitled=is_entitled, is_of_account=is_of_account
        ).refusal

    assert refusal(is_entitled=True, is_of_account=False) is entitled
    assert refusal(is_entitled=False, is_of_account=True) is of_account
    assert refusal(is_entitled=False, is_of_account=False) is not None
