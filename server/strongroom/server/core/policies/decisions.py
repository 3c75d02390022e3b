"""How key policy, principal policies and grants decide together.

AWS KMS developer guide, "Determining access to AWS KMS keys"; AWS IAM user guide, "Policy evaluation logic",
also across accounts. A Deny anywhere decides; without an Allow nothing is allowed.
"""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from strongroom.server.core.policies.policy import Answer

KEY_POLICY = "key policy"
"""What a decision by the key's policy names as its source."""


class Reason(Enum):
    """Why something isn't allowed; the value ends AWS's sentence "is not authorized to perform …"."""

    DENIED_BY_KEY = "with an explicit deny in a resource-based policy"
    DENIED_BY_PRINCIPAL = "with an explicit deny in an identity-based policy"
    NOT_ALLOWED_BY_KEY = "because no resource-based policy allows the {action} action"
    NOT_ALLOWED_BY_PRINCIPAL = "because no identity-based policy allows the {action} action"


class Decision(NamedTuple):
    """What was decided.

    Args:
        refusal: why not; None if it is allowed.
        by: the policy or the grant that decided and, of a policy, its statement; empty if none did.
    """

    refusal: Reason | None
    by: str = ""

    @property
    def is_allowed(self) -> bool:
        """True if the request may be carried out."""
        return self.refusal is None


def decide_on_key(
    key: Answer, principal: Mapping[str, Answer], *, grant_id: str | None, is_own_account: bool
) -> Decision:
    """Decides about a key.

    Args:
        key: what the key's policy says.
        principal: what the principal's policies say, by their names.
        grant_id: a grant that allows it, or None.
        is_own_account: True if principal and key belong to one account. Otherwise both sides must allow it.
    """
    denial = _denial(key, principal)
    if denial is not None:
        return denial
    direct = f"{KEY_POLICY}, {key.allowed_by}" if key.allowed_by else grant_id and f"grant {grant_id}"
    if direct and is_own_account:
        return Decision(None, direct)
    if direct or key.delegated_by:
        return _allowed(principal)
    return Decision(Reason.NOT_ALLOWED_BY_KEY)


def decide_without_key(principal: Mapping[str, Answer]) -> Decision:
    """Decides about what no key's policy has a say in: aliases, lists, creations."""
    return _denial(Answer(), principal) or _allowed(principal)


def _denial(key: Answer, principal: Mapping[str, Answer]) -> Decision | None:
    if key.denied_by:
        return Decision(Reason.DENIED_BY_KEY, f"{KEY_POLICY}, {key.denied_by}")
    for name, answer in principal.items():
        if answer.denied_by:
            return Decision(Reason.DENIED_BY_PRINCIPAL, f"{name}, {answer.denied_by}")
    return None


def _allowed(principal: Mapping[str, Answer]) -> Decision:
    for name, answer in principal.items():
        if answer.allowed_by:
            return Decision(None, f"{name}, {answer.allowed_by}")
    return Decision(Reason.NOT_ALLOWED_BY_PRINCIPAL)
