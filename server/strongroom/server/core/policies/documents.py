"""Policy documents: JSON texts, read strictly, and compiled.

Grammar: AWS IAM user guide, "Grammar of the IAM JSON policy language". What isn't in it is refused: with
a misspelt element a statement would say less than was meant, and a Deny nothing.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from strongroom.server.core.errors import LimitExceeded, MalformedPolicy
from strongroom.server.core.policies.condition_keys import is_known
from strongroom.server.core.policies.conditions import (
    NotACondition,
    Test,
    all_of,
    compile_condition,
    refuse_overly_permissive,
)
from strongroom.server.core.policies.policy import Patterns, Policy, Statement
from strongroom.server.core.policies.principals import HOLDER, KINDS, NotAPrincipal, Principals
from strongroom.server.core.policies.templates import Template

MAX_POLICY_BYTES = 32_768
MAX_QUESTION_MARKS = 64
"""Of a policy: as wildcards they take the longest, up to 3 ms each where request and policy want it so."""

MAX_VALUES = 1000
"""Principals, actions, resources and values of conditions of a policy: a decision may look at each."""

_MAX_TOLD = 500

_WITH_VARIABLES = "2012-10-17"
_VERSIONS = frozenset({_WITH_VARIABLES, "2008-10-17"})
_ELEMENTS = frozenset({"Version", "Id", "Statement"})
_STATEMENT = frozenset({"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"})
_PRINCIPAL = ("Principal", "NotPrincipal")
_EFFECTS = {"Allow": False, "Deny": True}

_Object = Mapping[str, Any]


def parse_key_policy(text: str) -> Policy:
    """The policy of a key.

    Args:
        text: JSON, at most 32768 bytes in UTF-8.

    Raises:
        LimitExceeded: it is longer.
        MalformedPolicy: it breaks the grammar; the text says where.
    """
    return _Reader(text, has_principals=True).policy()


def parse_principal_policy(text: str) -> Policy:
    """A policy that belongs to a principal, and so names none; likewise."""
    return _Reader(text, has_principals=False).policy()


def _refuse(text: str) -> NoReturn:
    """Raises MalformedPolicy; what the text quotes may be of any length."""
    raise MalformedPolicy(text if len(text) <= _MAX_TOLD else f"{text[:_MAX_TOLD]}…")


class _Reader:
    def __init__(self, text: str, *, has_principals: bool) -> None:
        if len(text.encode()) > MAX_POLICY_BYTES:
            raise LimitExceeded(f"A policy may have at most {MAX_POLICY_BYTES} bytes.")
        self._document = _object(_json(text), "The policy", _ELEMENTS)
        version = self._document.get("Version", "2008-10-17")
        if not isinstance(version, str) or version not in _VERSIONS:
            _refuse(f"Version must be {_WITH_VARIABLES}.")
        if not _is_text(self._document.get("Id", "")):
            _refuse("Id must be a text.")
        self._has_variables = version == _WITH_VARIABLES
        self._has_principals = has_principals
        self._values = 0

    def policy(self) -> Policy:
        statements = self._document.get("Statement")
        if isinstance(statements, dict):
            statements = [statements]
        if not isinstance(statements, list) or not statements:
            _refuse("The policy must have a Statement.")
        return Policy(self._statement(number, one) for number, one in enumerate(statements, 1))

    def _statement(self, number: int, found: object) -> Statement:
        where = f"Statement {number}"
        allowed = _STATEMENT | set(_PRINCIPAL) if self._has_principals else _STATEMENT
        statement = _object(found, where, allowed)
        sid = statement.get("Sid", "")
        if not _is_text(sid):
            _refuse(f"{where}: Sid must be a text.")
        effect = statement.get("Effect")
        if not isinstance(effect, str) or effect not in _EFFECTS:
            _refuse(f"{where}: Effect must be Allow or Deny.")
        is_deny = _EFFECTS[effect]
        return Statement(
            number=number,
            sid=sid,
            is_deny=is_deny,
            principals=self._principals(statement, where, is_deny=is_deny),
            actions=self._patterns(statement, where, "Action", is_deny=is_deny),
            resources=self._patterns(statement, where, "Resource", is_deny=is_deny),
            holds=self._condition(statement.get("Condition", {}), where, is_deny=is_deny),
        )

    def _principals(self, statement: _Object, where: str, *, is_deny: bool) -> Principals:
        if not self._has_principals:
            return Principals(HOLDER, is_negated=False, is_deny=is_deny)
        name = _one_of(statement, where, _PRINCIPAL)
        if name is None:
            _refuse(f"{where}: there must be a Principal.")
        found = statement[name]
        named = {"AWS": "*"} if found == "*" else _object(found, f"{where}: {name}", KINDS)
        texts = {kind: self._listed(value, f"{where}: {name}") for kind, value in named.items()}
        if not any(texts.values()):
            _refuse(f"{where}: {name} is empty.")
        try:
            return Principals(texts, is_negated=name == "NotPrincipal", is_deny=is_deny)
        except NotAPrincipal:
            _refuse("Policy contains a statement with one or more invalid principals.")

    def _patterns(self, statement: _Object, where: str, name: str, *, is_deny: bool) -> Patterns:
        """The actions or resources; a key policy may leave them out, and says nothing then."""
        found = _one_of(statement, where, (name, f"Not{name}"))
        if found is None:
            if not self._has_principals:
                _refuse(f"{where}: there must be {name}.")
            return Patterns(())
        texts = self._listed(statement[found], f"{where}: {found}")
        if name == "Action":
            _check_actions(texts, where)
        has_variables = self._has_variables and name == "Resource"
        templates = (Template(text, has_variables=has_variables) for text in texts)
        return Patterns(
            templates, is_negated=found != name, ignores_case=name == "Action", if_unresolved=is_deny
        )

    def _condition(self, found: object, where: str, *, is_deny: bool) -> Test | None:
        where = f"{where}: Condition"
        tests = []
        operators = {
            operator: _object(keys, f"{where}: {operator}")
            for operator, keys in _object(found, where).items()
        }
        try:
            if self._has_principals:
                refuse_overly_permissive(operators)
            for operator, keys in operators.items():
                for key, value in keys.items():
                    if not is_known(key):
                        _refuse(f"{where}: {operator}: there is no condition key {key}.")
                    texts = self._listed(value, f"{where}: {operator}: {key}", with_scalars=True)
                    tests.append(
                        compile_condition(
                            operator, key, texts, is_deny=is_deny, has_variables=self._has_variables
                        )
                    )
        except NotACondition as error:
            _refuse(f"{where}: {error}")
        return all_of(tests)

    def _listed(self, found: object, where: str, *, with_scalars: bool = False) -> Sequence[str]:
        """The texts of a list, which count towards those that a policy may have."""
        texts = _texts(found, where, with_scalars=with_scalars)
        self._values += len(texts)
        if self._values > MAX_VALUES:
            _refuse(f"A policy may have at most {MAX_VALUES} principals, actions, resources and values.")
        return texts


class _Duplicate(ValueError):
    """A name occurs twice in an object."""


def _json(text: str) -> object:
    try:
        plain = json.dumps(json.loads(text), ensure_ascii=False)
        # An escape of half a surrogate pair makes a text that nothing can say again, an error least of all.
        plain.encode()
        if plain.count("?") > MAX_QUESTION_MARKS:
            _refuse(f"A policy may have at most {MAX_QUESTION_MARKS} question marks.")
        # Numbers stay as they are written: conditions compare texts.
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_no_constant,
        )
    except _Duplicate as error:
        _refuse(f"The policy has {error} twice in one object.")
    except (ValueError, RecursionError):
        _refuse("The policy is not valid JSON.")


class _Number(str):
    """A number, as it is written."""

    __slots__ = ()


def _is_text(found: object) -> bool:
    return isinstance(found, str) and not isinstance(found, _Number)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise _Duplicate(name)
        found[name] = value
    return found


def _object(found: object, what: str, names: frozenset[str] | None = None) -> _Object:
    if not isinstance(found, dict):
        _refuse(f"{what} must be an object.")
    unknown = sorted(found.keys() - names) if names is not None else []
    if unknown:
        _refuse(f"{what} has an unknown element: {unknown[0]}.")
    return found


def _texts(found: object, what: str, *, with_scalars: bool = False) -> Sequence[str]:
    """One text, or several; of conditions, also numbers and booleans, as texts."""
    texts = []
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, bool) and with_scalars:
            texts.append(str(one).lower())
        elif _is_text(one) or (with_scalars and isinstance(one, _Number)):
            texts.append(str(one))
        else:
            _refuse(f"{what} must be a text, or a list of texts.")
    if not texts:
        _refuse(f"{what} is empty.")
    return texts


def _one_of(statement: _Object, where: str, names: tuple[str, str]) -> str | None:
    """Which of two elements that exclude each other is there."""
    found = [name for name in names if name in statement]
    if len(found) > 1:
        _refuse(f"{where}: {names[0]} and {names[1]} exclude each other.")
    return found[0] if found else None


def _check_actions(texts: Sequence[str], where: str) -> None:
    for text in texts:
        if text != "*" and ":" not in text:
            _refuse(f"{where}: an action is written service:name, as kms:Encrypt, and not {text}.")
