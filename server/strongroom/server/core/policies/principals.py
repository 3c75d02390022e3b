"""Principals of statements.

AWS IAM user guide, "AWS JSON policy elements: Principal". An account stands for its principals, as far as
its own policies let them; everybody else is named by an ARN without wildcards.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

_ACCOUNT = re.compile(r"[0-9]{12}")
_ARN = re.compile(
    r"arn:[a-z0-9-]+:(?:"
    r"iam::(?P<root>[0-9]{12}):root"
    r"|iam::[0-9]{12}:(?:user|role)/[\w+=,.@/-]+"
    r"|sts::[0-9]{12}:(?:assumed-role/[\w+=,.@-]+/[\w+=,.@-]+|federated-user/[\w+=,.@-]+)"
    r")",
    re.ASCII,
)

EVERYBODY: Final = "*"
HOLDER: Final = {"AWS": (EVERYBODY,)}
"""The principals of a policy that belongs to one: only its holder is asked about."""

KINDS = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})
"""All but AWS name nobody who could call this service."""


class NotAPrincipal(ValueError):
    """A principal that can't be; the text names it."""


class Principals:
    """Whom a statement is about.

    Args:
        named: by kind, as in the document; `{"AWS": ["*"]}` for everybody.
        is_negated: True for NotPrincipal, which is about all but these. An account excepts of a Deny its root
            alone, and of an Allow all its principals: where that is in doubt, less is allowed.
        is_deny: True if the statement denies.

    Raises:
        NotAPrincipal: one of them is neither an account nor the ARN of a user, a role or a session.
    """

    def __init__(self, named: Mapping[str, Sequence[str]], *, is_negated: bool, is_deny: bool) -> None:
        names = named.get("AWS", ())
        accounts = {name: _account_of(name) for name in names}
        self._is_everybody = EVERYBODY in accounts
        self._accounts = frozenset(account for account in accounts.values() if account)
        self._arns = frozenset(name for name, account in accounts.items() if not account)
        self._is_negated = is_negated
        self._excepts_accounts = not is_deny

    def name(self, names: frozenset[str], account_id: str) -> bool:
        """True if they name this very principal, by one of its names, or everybody."""
        if not self._is_negated:
            return self._is_everybody or not self._arns.isdisjoint(names)
        if self._is_everybody or not self._arns.isdisjoint(names):
            return False
        return account_id not in self._accounts or not (self._excepts_accounts or _is_root(names))

    def name_account(self, account_id: str) -> bool:
        """True if they name the account."""
        return not self._is_negated and account_id in self._accounts


def _is_root(names: frozenset[str]) -> bool:
    return any(name.endswith(":root") for name in names)


def _account_of(name: str) -> str:
    """The account that a principal stands for; empty if it is none."""
    if name == EVERYBODY:
        return ""
    if _ACCOUNT.fullmatch(name):
        return name
    found = _ARN.fullmatch(name)
    if found is None:
        raise NotAPrincipal(name)
    return found["root"] or ""
