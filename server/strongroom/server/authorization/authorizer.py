"""The one place that decides whether a caller may do something."""

from functools import lru_cache

from strongroom.server.authorization.conditions import Asked
from strongroom.server.core.errors import AccessDenied, InvalidGrantToken
from strongroom.server.core.policies import (
    SILENCE,
    Answer,
    Decision,
    Policy,
    PolicyRequest,
    decide_on_key,
    decide_without_key,
)
from strongroom.server.keyring import KeySnapshot, PrincipalPolicies, unknown_key, unknown_owner


class Authorizer:
    """Decides; every operation asks it, for every key that it uses. Thread-safe."""

    def __init__(self, principals: PrincipalPolicies) -> None:
        self._principals = principals

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
        decision = self.decide(asked, action, key.policy, key.arn, key.account_id)
        if decision.refusal is None:
            return
        if asked.caller.account_id != key.account_id:
            raise unknown_key(asked.caller.arn) if asked.named_by else unknown_owner()
        raise _denied(asked, action, key.arn, decision)

    def decide(self, asked: Asked, action: str, policy: Policy, arn: str, account_id: str) -> Decision:
        """What is decided about a key with this policy, this ARN and this account."""
        request = _request(asked, action, arn)
        return decide_on_key(
            policy.answer(request),
            self._answers(request),
            grant_id=None,
            is_own_account=asked.caller.account_id == account_id,
        )

    def check_grant_tokens(self, tokens: object) -> None:
        """Refuses grant tokens: none has been issued.

        Raises:
            InvalidGrantToken: there is at least one.
        """
        if tokens:
            raise InvalidGrantToken("The grant token was not issued by this service.")

    def _answers(self, request: PolicyRequest) -> dict[str, Answer]:
        """What the principal's policies say, by their names, of those that say something."""
        answers = {}
        for name, policy in self._principals.of(request.names).items():
            answer = policy.answer(request)
            if answer is not SILENCE:
                answers[name] = answer
        return answers


def _request(asked: Asked, action: str, resource: str) -> PolicyRequest:
    caller = asked.caller
    return PolicyRequest(caller.names, caller.account_id, _permission(action), resource, asked.lookup)


@lru_cache(256)
def _permission(action: str) -> str:
    """`Encrypt` -> `kms:encrypt`."""
    return f"kms:{action.lower()}"


def _denied(asked: Asked, action: str, resource: str, decision: Decision) -> AccessDenied:
    assert decision.refusal is not None  # noqa: S101 # it isn't allowed
    reason = decision.refusal.value.format(action=f"kms:{action}")
    return AccessDenied(
        f"User: {asked.caller.arn} is not authorized to perform: kms:{action} on resource: {resource} "
        f"{reason}",
        metadata={"operation": action},
    )
