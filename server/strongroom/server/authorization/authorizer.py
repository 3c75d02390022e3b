"""The one place that decides whether a caller may do something."""

from collections.abc import Iterable
from functools import lru_cache

from strongroom.server.authorization.conditions import Asked
from strongroom.server.core.callers import root_of
from strongroom.server.core.errors import AccessDenied
from strongroom.server.core.grant_tokens import IssuedGrantTokens
from strongroom.server.core.grants import CREATE_GRANT, GRANTABLE, RETIRE_GRANT, Grant
from strongroom.server.core.policies import (
    NO_GRANTS,
    SILENCE,
    Answer,
    Decision,
    Granted,
    Policy,
    PolicyRequest,
    decide_on_key,
    decide_on_retiring,
    decide_without_key,
)
from strongroom.server.keyring import (
    NO_CANDIDATES,
    KeyGrants,
    KeySnapshot,
    PrincipalPolicies,
    unknown_key,
    unknown_owner,
)


class Authorizer:
    """Decides; every operation asks it, for every key that it uses. Thread-safe."""

    def __init__(self, principals: PrincipalPolicies, grants: KeyGrants, tokens: IssuedGrantTokens) -> None:
        self._principals = principals
        self._grants = grants
        self._tokens = tokens

    def authorize(self, asked: Asked, action: str, resource: str) -> None:
        """Returns if the caller may perform `kms:<action>` on what no key's policy has a say in.

        Args:
            asked: who asks, and with what.
            action: the permission, without `kms:`.
            resource: its ARN, or `*`.

        Raises:
            AccessDenied: it may not.
        """
        decision = decide_without_key(self._answers(_request(asked, action, resource)))
        if decision.refusal is not None:
            raise _denied(asked, action, resource, decision)

    def authorize_key(self, asked: Asked, action: str, key: KeySnapshot) -> None:
        """Likewise for a key."""
        _require(self.decide(asked, action, key), asked, action, key)

    def authorize_retirement(self, asked: Asked, grant: Grant, key: KeySnapshot) -> None:
        """Returns if the caller may retire a grant on a key.

        Raises:
            AccessDenied: it may not.
        """
        request = _request(asked, RETIRE_GRANT, key.arn)
        decision = decide_on_retiring(
            key.policy.answer(request),
            self._answers(request),
            is_entitled=grant.is_retired_by(request.names),
            is_of_account=asked.caller.account_id == grant.issuing_account
            or grant.is_retired_by({root_of(asked.caller.arn)}),
        )
        _require(decision, asked, RETIRE_GRANT, key)

    def decide(self, asked: Asked, action: str, key: KeySnapshot) -> Decision:
        """What is decided about a key."""
        request = _request(asked, action, key.arn)
        return decide_on_key(
            key.policy.answer(request),
            self._answers(request),
            lambda: self._granted(asked, action, key),
            is_own_account=asked.caller.account_id == key.account_id,
        )

    def decide_by_policies(self, asked: Asked, action: str, policy: Policy, arn: str) -> Decision:
        """What would be decided about a key of the caller's account with this policy and without grants."""
        request = _request(asked, action, arn)
        return decide_on_key(
            policy.answer(request), self._answers(request), lambda: NO_GRANTS, is_own_account=True
        )

    def check_grant_tokens(self, tokens: Iterable[str]) -> None:
        """Returns if all tokens are ours. They change nothing: grants obey at once.

        Raises:
            InvalidGrantToken: one wasn't made by this deployment.
        """
        for token in tokens:
            self._tokens.read(token)

    def _answers(self, request: PolicyRequest) -> dict[str, Answer]:
        """What the principal's policies say, by their names, of those that say something."""
        answers = {}
        for name, policy in self._principals.of(request.names).items():
            answer = policy.answer(request)
            if answer is not SILENCE:
                answers[name] = answer
        return answers

    def _granted(self, asked: Asked, action: str, key: KeySnapshot) -> Granted:
        """The caller's grants that allow an action."""
        if action not in GRANTABLE:
            return NO_GRANTS
        grants = self._grants.to(key.key_id, asked.caller.names).for_action(action)
        if grants is NO_CANDIDATES:
            return NO_GRANTS
        if action == CREATE_GRANT:
            return grants.passing_on(asked.new_terms)
        return grants.allowing(action, asked.context)


def _request(asked: Asked, action: str, resource: str) -> PolicyRequest:
    caller = asked.caller
    return PolicyRequest(caller.names, caller.account_id, _permission(action), resource, asked.lookup)


@lru_cache(256)
def _permission(action: str) -> str:
    """`Encrypt` -> `kms:encrypt`."""
    return f"kms:{action.lower()}"


def _require(decision: Decision, asked: Asked, action: str, key: KeySnapshot) -> None:
    """Returns if a key's use is allowed; raises AccessDenied otherwise."""
    if decision.refusal is None:
        return
    if asked.caller.account_id != key.account_id:
        is_of_blob = not asked.named_by and asked.grant is None
        raise unknown_owner() if is_of_blob else unknown_key(asked.caller.arn)
    raise _denied(asked, action, key.arn, decision)


def _denied(asked: Asked, action: str, resource: str, decision: Decision) -> AccessDenied:
    assert decision.refusal is not None  # noqa: S101 # it isn't allowed
    reason = decision.refusal.value.format(action=f"kms:{action}")
    return AccessDenied(
        f"User: {asked.caller.arn} is not authorized to perform: kms:{action} on resource: {resource} "
        f"{reason}",
        metadata={"operation": action},
    )
