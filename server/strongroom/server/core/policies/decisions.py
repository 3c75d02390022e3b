"""How key policy, principal policies and grants decide together.

AWS KMS developer guide, "Determining access to AWS KMS keys"; AWS IAM user guide, "Policy evaluation logic",
also across accounts. A Deny anywhere decides; without an Allow nothing is allowed.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple

from strongroom.server.core.policies.policy import SILENCE, Answer, Statement

KEY_POLICY = "key policy"
"""What a decision by the key's policy names as its source."""


class Reason(Enum):
    """Why something isn't allowed; the value ends AWS's sentence "is not authorized to perform …"."""

    DENIED_BY_KEY = "with an explicit deny in a resource-based policy"
    DENIED_BY_PRINCIPAL = "with an explicit deny in an identity-based policy"
    NOT_ALLOWED_BY_KEY = "because no resource-based policy allows the {action} action"
    NOT_ALLOWED_BY_GRANT = "because the grant does not allow the {action} action"
    NOT_ALLOWED_BY_PRINCIPAL = "because no identity-based policy allows the {action} action"


class Decision(NamedTuple):
    """What was decided.

    Args:
        refusal: why not; None if it is allowed.
        policy: the name of the policy that decided; empty if none did.
        statement: the statement of it.
        grant: the id of the grant that decided, or helped to; empty if none did.
    """

    refusal: Reason | None
    policy: str = ""
    statement: Statement | None = None
    grant: str = ""

    @property
    def is_allowed(self) -> bool:
        """True if the request may be carried out."""
        return self.refusal is None

    @property
    def by(self) -> str:
        """Who decided, in words; empty if nobody did: made where it is asked for, not for each request."""
        told = [f"grant {self.grant}"] if self.grant else []
        if self.statement is not None:
            told.append(f"{self.policy}, {self.statement}")
        return "; ".join(told)


class Granted(NamedTuple):
    """The grants that allow something.

    Args:
        to_principal: the id of one to the principal itself, empty if there is none.
        to_account: the id of one to its account, which lets the principal's policies decide; likewise.
    """

    to_principal: str = ""
    to_account: str = ""


NO_GRANTS = Granted()


def decide_on_key(
    key: Answer, principal: Mapping[str, Answer], grants: Callable[[], Granted], *, is_own_account: bool
) -> Decision:
    """Decides about a key.

    Args:
        key: what the key's policy says.
        principal: what the principal's policies say, by their names.
        grants: finds the grants that allow it; asked only where the policies alone neither deny nor allow.
        is_own_account: True if principal and key belong to one account. Otherwise both sides must allow it.
    """
    denial = _denial(key, principal)
    if denial is not None:
        return denial
    if key.allowed_by and is_own_account:
        return Decision(None, KEY_POLICY, key.allowed_by)
    by_principal = _allowed(principal)
    is_left_to_principal = bool(key.allowed_by or key.delegated_by)
    if is_left_to_principal and by_principal.is_allowed:
        return by_principal
    granted = grants()
    if granted.to_principal and (is_own_account or by_principal.is_allowed):
        return Decision(None, grant=granted.to_principal)
    if granted.to_account and by_principal.is_allowed:
        return by_principal._replace(grant=granted.to_account)
    return by_principal if is_left_to_principal or any(granted) else Decision(Reason.NOT_ALLOWED_BY_KEY)


def decide_on_retiring(
    key: Answer, principal: Mapping[str, Answer], *, is_entitled: bool, is_of_account: bool
) -> Decision:
    """Decides about the retirement of a grant, of which a key's policy can only keep somebody.

    AWS KMS developer guide, "Retiring and revoking grants".

    Args:
        key: what the key's policy says.
        principal: what the principal's policies say, by their names.
        is_entitled: True if the grant lets the principal retire it.
        is_of_account: True if its account may, so that the principal's policies decide.
    """
    denial = _denial(key, principal)
    if denial is not None:
        return denial
    if is_entitled:
        return Decision(None)
    return _allowed(principal) if is_of_account else Decision(Reason.NOT_ALLOWED_BY_GRANT)


def decide_without_key(principal: Mapping[str, Answer]) -> Decision:
    """Decides about what no key's policy has a say in: aliases, lists, creations."""
    return _denial(SILENCE, principal) or _allowed(principal)


def _denial(key: Answer, principal: Mapping[str, Answer]) -> Decision | None:
    if key.denied_by:
        return Decision(Reason.DENIED_BY_KEY, KEY_POLICY, key.denied_by)
    for name, answer in principal.items():
        if answer.denied_by:
            return Decision(Reason.DENIED_BY_PRINCIPAL, name, answer.denied_by)
    return None


def _allowed(principal: Mapping[str, Answer]) -> Decision:
    for name, answer in principal.items():
        if answer.allowed_by:
            return Decision(None, name, answer.allowed_by)
    return Decision(Reason.NOT_ALLOWED_BY_PRINCIPAL)
