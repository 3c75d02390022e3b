"""Compiled policies: what a policy says of a request."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

from strongroom.server.core.policies.conditions import Test
from strongroom.server.core.policies.globs import MANY, Matches, matcher
from strongroom.server.core.policies.principals import EVERYBODY, Principals
from strongroom.server.core.policies.requests import Lookup, PolicyRequest
from strongroom.server.core.policies.templates import Template, nothing


class Patterns:
    """Actions or resources of a statement: one of the patterns must fit, or none of them if they are negated.

    Args:
        templates: the patterns, with `*` and `?`; without any, nothing fits.
        is_negated: True for NotAction and NotResource.
        ignores_case: True for actions.
        if_unresolved: whether negated ones fit where a variable has no value, and so nobody knows what is
            excepted: True for a Deny.
    """

    def __init__(
        self,
        templates: Iterable[Template],
        *,
        is_negated: bool = False,
        ignores_case: bool = False,
        if_unresolved: bool = False,
    ) -> None:
        templates = tuple(templates)
        globs = [template.glob(nothing) for template in templates if template.is_fixed]
        self._fixed: tuple[Matches, ...] = tuple(
            matcher(glob.lower() if ignores_case else glob) for glob in globs if glob is not None
        )
        self._open = tuple(template for template in templates if not template.is_fixed)
        self._is_negated = is_negated
        self._if_unresolved = if_unresolved
        self.fit_all = MANY in globs and not is_negated

    def fit(self, text: str, lookup: Lookup) -> bool:
        """True if they fit a text."""
        if any(matches(text) for matches in self._fixed):
            return not self._is_negated
        globs = [template.glob(lookup) for template in self._open]
        if any(glob is not None and matcher(glob)(text) for glob in globs):
            return not self._is_negated
        return self._is_negated and (None not in globs or self._if_unresolved)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a policy.

    Args:
        number: its place in the document, from 1.
        sid: its name, or empty.
        is_deny: True for Effect Deny.
        principals: whom it is about; in the policy of a principal everybody, for nobody else is asked about.
        actions: what it is about; nothing if the document doesn't say.
        resources: likewise.
        holds: the test of its conditions; None without conditions.
    """

    number: int
    sid: str
    is_deny: bool
    principals: Principals
    actions: Patterns
    resources: Patterns
    holds: Test | None

    def __str__(self) -> str:
        return f"statement {self.number}" + (f" ({self.sid})" if self.sid else "")


class Answer(NamedTuple):
    """What a policy says: the first statement of each kind that applies.

    Args:
        denied_by: a Deny.
        allowed_by: an Allow for the principal itself, or for everybody.
        delegated_by: an Allow for the principal's account, which leaves it to that account's own policies.
    """

    denied_by: Statement | None = None
    allowed_by: Statement | None = None
    delegated_by: Statement | None = None


SILENCE = Answer()


class _About(NamedTuple):
    """A statement about an action of a principal, for the hot path: with what is left to be asked.

    Args:
        statement: the statement.
        is_direct: True if it names the principal itself, or everybody.
        resources: what it is about, unless that is everything.
        holds: the test of its conditions, if it has some.
    """

    statement: Statement
    is_direct: bool
    resources: Patterns | None
    holds: Test | None


_Asked: TypeAlias = tuple[str, frozenset[str], str]
"""An action, the names of a principal, and its account."""
_MAX_REMEMBERED = 16_384  # answers and their statements, together; about 2 MB


class Policy:
    """A policy; immutable but for what it remembers, and safe to use in threads.

    Args:
        statements: in the order of the document.
    """

    def __init__(self, statements: Iterable[Statement]) -> None:
        self.statements = tuple(statements)
        self._about: dict[_Asked, tuple[_About, ...]] = {}
        self._remembered = 0

    def answer(self, request: PolicyRequest) -> Answer:
        """What it says of a request; the order of statements doesn't matter."""
        allowed: Statement | None = None
        delegated: Statement | None = None
        names, account_id, action, resource, lookup = request
        asked = (action, names, account_id)
        about = self._about.get(asked)
        for statement, is_direct, resources, holds in self._find(asked) if about is None else about:
            if resources is not None and not resources.fit(resource, lookup):
                continue
            if holds is not None and not holds(lookup):
                continue
            if statement.is_deny:
                return Answer(denied_by=statement)
            if is_direct:
                allowed = allowed or statement
            else:
                delegated = delegated or statement
        return Answer(None, allowed, delegated) if allowed or delegated else SILENCE

    def _find(self, asked: _Asked) -> tuple[_About, ...]:
        """The statements about an action of a principal, denials first.

        They are remembered: whatever a request asks besides, action and principal come again.
        """
        action, names, account_id = asked
        about = (one for one in self._denials_first if one.actions.fit(action, nothing))
        named = ((one, one.principals.name(names, account_id)) for one in about)
        found = tuple(
            _About(one, is_direct, None if one.resources.fit_all else one.resources, one.holds)
            for one, is_direct in named
            if is_direct or one.principals.name_account(account_id)
        )
        self._remember(asked, found)
        return found

    def _remember(self, asked: _Asked, found: tuple[_About, ...]) -> None:
        """Keeps what was found, within bounds: whoever explains access can ask about any action."""
        self._remembered += 1 + len(found)
        if self._remembered > _MAX_REMEMBERED:
            self._about.clear()
            self._remembered = 1 + len(found)
        self._about[asked] = found

    @cached_property
    def _denials_first(self) -> list[Statement]:
        return sorted(self.statements, key=lambda statement: not statement.is_deny)


NO_POLICY = Policy(
    [
        Statement(
            number=0,
            sid="the policy can't be read",
            is_deny=True,
            principals=Principals({"AWS": (EVERYBODY,)}, is_negated=False, is_deny=True),
            actions=Patterns((Template("*", has_variables=False),)),
            resources=Patterns((Template("*", has_variables=False),)),
            holds=None,
        )
    ]
)
"""Stands for a policy that can't be read: it denies everything."""
