"""The fields that only requests about grants have, and what they say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from strongroom.server.core import names
from strongroom.server.core.errors import FeatureNotImplemented
from strongroom.server.core.fields import NotOffered, Request, Text, Violations, camel_case, violation
from strongroom.server.core.grants import Constraints, Terms

MAX_PRINCIPAL_CHARACTERS = 256
MAX_PAIRS = 8
MAX_VALUE_CHARACTERS = 384

_PRINCIPAL = r"[\w+=,.@:/-]+"
_EQUALS, _SUBSET = "encryption_context_equals", "encryption_context_subset"
_NO_SERVICES = "No service of AWS's calls here: leave the field out."


def principal(name: str, *, required: bool = False) -> Text:
    """A principal's ARN."""
    return Text(name, 1 if required else 0, MAX_PRINCIPAL_CHARACTERS, _PRINCIPAL)


def service_principal(name: str) -> NotOffered:
    """A service of AWS's."""
    return NotOffered(name, FeatureNotImplemented, _NO_SERVICES)


@dataclass(frozen=True, slots=True)
class ConstraintsField:
    """What requests must satisfy that a grant allows."""

    name: ClassVar[str] = "constraints"
    is_recorded: ClassVar[bool] = True

    def check(self, request: Request) -> Violations:
        return _check_pairs(request, _EQUALS) + _check_pairs(request, _SUBSET)

    def record(self, request: Request) -> object:
        given = {camel_case(field): dict(getattr(request.constraints, field)) for field in (_EQUALS, _SUBSET)}
        return {name: pairs for name, pairs in given.items() if pairs} or None


def _check_pairs(request: Request, field: str) -> Violations:
    pairs: Mapping[str, str] = getattr(request.constraints, field)
    path = f"constraints.{field}"
    if len(pairs) > MAX_PAIRS:
        return violation(path, f"have at most {MAX_PAIRS} pairs")
    if "" in pairs:
        return violation(f"{path}.key", "have length greater than or equal to 1", "")
    if any(len(text) > MAX_VALUE_CHARACTERS for pair in pairs.items() for text in pair):
        return violation(path, f"have names and values of at most {MAX_VALUE_CHARACTERS} characters")
    return ()


def without_source_arn(request: Request) -> None:
    """Returns if a request doesn't want grants for a service of AWS's.

    Raises:
        FeatureNotImplemented: it does.
    """
    if request.constraints.source_arn:
        raise FeatureNotImplemented(_NO_SERVICES)


def constraints_of(request: Request) -> Constraints:
    """The constraints that a CreateGrant request, or an entry of a list, has."""
    given = request.constraints
    return Constraints(
        dict(given.encryption_context_equals) or None, dict(given.encryption_context_subset) or None
    )


def terms_of(request: Request) -> Terms:
    """What a CreateGrant request asks for."""
    operations = (names.GRANT_OPERATIONS[number] for number in request.operations)
    return Terms(frozenset(operations), constraints_of(request))
