"""What a policy is asked about."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

Lookup: TypeAlias = Callable[[str], tuple[str, ...] | None]
"""The values of a condition key, by its name in lowercase; None if the request hasn't got it."""


class PolicyRequest(NamedTuple):
    """One action of a principal on a resource.

    Args:
        names: the ARNs by which policies may name the principal: its own, and of a session its role's.
        account_id: the principal's account, 12 digits.
        action: with its prefix, in lowercase: `kms:encrypt`.
        resource: an ARN, or `*` for what is about no resource.
        lookup: gives the values of condition keys.
    """

    names: frozenset[str]
    account_id: str
    action: str
    resource: str
    lookup: Lookup
