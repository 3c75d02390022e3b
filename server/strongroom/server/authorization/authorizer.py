"""The one place that decides whether a caller may do something."""

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
        decision = decide_without_key(self._answers(asked, action, resource))
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
            self._answers(asked, action, arn),
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

    def _answers(self, asked: Asked, action: str, resource: str) -> dict[str, Answer]:
        policies = self._principals.of(asked.caller.names)
        request = _request(asked, action, resource)
        answers = {name: policy.answer(request) for name, policy in policies.items()}
        return {name: answer for name, answer in answers.items() if answer is not SILENCE}


def _request(asked: Asked, action: str, resource: str) -> PolicyRequest:
    caller = asked.caller
    return PolicyRequest(caller.names, caller.account_id, f"kms:{action.lower()}", resource, asked)


def _denied(asked: Asked, action: str, resource: str, decision: Decision) -> AccessDenied:
    assert decision.refusal is not None  # noqa: S101 # it isn't allowed
    reason = decision.refusal.value.format(action=f"kms:{action}")
    return AccessDenied(
        f"User: {asked.caller.arn} is not authorized to perform: kms:{action} on resource: {resource} "
        f"{reason}",
        metadata={"operation": action},
    )
