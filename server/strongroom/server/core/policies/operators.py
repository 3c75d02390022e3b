"""Condition operators: how one value of a request is compared with one of the policy.

AWS IAM user guide, "IAM JSON policy elements: Condition operators".
"""

import base64
import binascii
import ipaddress
import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from strongroom.server.core.policies.globs import Fits, arn_matcher, matcher

_MAX_NUMBER_CHARACTERS = 40
_MAX_REMEMBERED = 64
"""Many requests have the same values, such as addresses, and a policy asks for one several times."""
_EPOCH_SECONDS = frozenset("0123456789.-")


class NotAValue(ValueError):
    """A value that the operator can't compare with; the text says what it should be."""


class Operator(NamedTuple):
    """A condition operator.

    Args:
        prepare: makes the comparison with some values of the policy, of which one must fit; raises NotAValue.
        is_negated: True for the operators with `Not`: no value of the policy may fit.
        is_glob: True if values have wildcards.
    """

    prepare: Callable[[Sequence[str]], Fits]
    is_negated: bool = False
    is_glob: bool = False


_Parse: TypeAlias = Callable[[str], Any]


def _equal(expected: Sequence[str]) -> Fits:
    return frozenset(expected).__contains__


def _equal_ignoring_case(expected: Sequence[str]) -> Fits:
    folded = frozenset(map(str.casefold, expected))
    return lambda found: found.casefold() in folded


def _equal_when_parsed(parse: _Parse) -> Callable[[Sequence[str]], Fits]:
    """Equality of parsed values."""

    def prepare(expected: Sequence[str]) -> Fits:
        return _known(parse, frozenset(map(parse, expected)).__contains__)

    return prepare


def _ordered_when_parsed(parse: _Parse, compare: Callable[..., bool]) -> Callable[[Sequence[str]], Fits]:
    """An order of parsed values."""

    def prepare(expected: Sequence[str]) -> Fits:
        wanted = tuple(map(parse, expected))
        return _known(parse, lambda found: any(compare(found, one) for one in wanted))

    return prepare


def _known(parse: _Parse, matches: Callable[[Any], bool]) -> Fits:
    """What matches a value that can be parsed."""

    def fits(found: str) -> bool | None:
        try:
            return matches(parse(found))
        except NotAValue:
            return None

    return fits


def _like(expected: Sequence[str]) -> Fits:
    matchers = tuple(map(matcher, expected))
    if len(matchers) == 1:
        return matchers[0]
    return lambda found: any(matches(found) for matches in matchers)


@lru_cache(_MAX_REMEMBERED)
def _number(text: str) -> Decimal:
    try:
        number = Decimal(text[:_MAX_NUMBER_CHARACTERS])
    except InvalidOperation:
        raise NotAValue("a number") from None
    if not number.is_finite() or len(text) > _MAX_NUMBER_CHARACTERS:
        raise NotAValue("a number")
    return number


@lru_cache(_MAX_REMEMBERED)
def _moment(text: str) -> datetime:
    try:
        if set(text) <= _EPOCH_SECONDS and text.count("-") == (text[:1] == "-"):
            return datetime.fromtimestamp(float(text), UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise NotAValue("a date of ISO 8601, or seconds since 1970") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _boolean(expected: Sequence[str]) -> Fits:
    fits = _equal_ignoring_case(expected)
    if not {text.casefold() for text in expected} <= {"true", "false"}:
        raise NotAValue("true or false")
    return fits


@lru_cache(_MAX_REMEMBERED)
def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NotAValue("base64") from None


class _Address(NamedTuple):
    version: int
    number: int


@lru_cache(_MAX_REMEMBERED)
def _address(text: str) -> _Address:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise NotAValue("an IP address") from None
    return _Address(address.version, int(address))


def _in_networks(expected: Sequence[str]) -> Fits:
    ranges: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
    for text in expected:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise NotAValue("an IP address or a range in CIDR notation") from None
        ranges[network.version].append((int(network.network_address), int(network.broadcast_address)))

    def has(address: _Address) -> bool:
        version, number = address
        for first, last in ranges[version]:  # noqa: SIM110 # on the hot path, where any() costs more
            if first <= number <= last:
                return True
        return False

    return _known(_address, has)


def _ordered(prefix: str, parse: _Parse) -> dict[str, Operator]:
    equal = _equal_when_parsed(parse)
    orders = {
        "LessThan": operator.lt,
        "LessThanEquals": operator.le,
        "GreaterThan": operator.gt,
        "GreaterThanEquals": operator.ge,
    }
    return {
        f"{prefix}Equals": Operator(equal),
        f"{prefix}NotEquals": Operator(equal, is_negated=True),
        **{f"{prefix}{name}": Operator(_ordered_when_parsed(parse, order)) for name, order in orders.items()},
    }


OPERATORS: Mapping[str, Operator] = {
    "StringEquals": Operator(_equal),
    "StringNotEquals": Operator(_equal, is_negated=True),
    "StringEqualsIgnoreCase": Operator(_equal_ignoring_case),
    "StringNotEqualsIgnoreCase": Operator(_equal_ignoring_case, is_negated=True),
    "StringLike": Operator(_like, is_glob=True),
    "StringNotLike": Operator(_like, is_negated=True, is_glob=True),
    **_ordered("Numeric", _number),
    **_ordered("Date", _moment),
    "Bool": Operator(_boolean),
    "BinaryEquals": Operator(_equal_when_parsed(_bytes)),
    "IpAddress": Operator(_in_networks),
    "NotIpAddress": Operator(_in_networks, is_negated=True),
    "ArnEquals": Operator(arn_matcher, is_glob=True),
    "ArnLike": Operator(arn_matcher, is_glob=True),
    "ArnNotEquals": Operator(arn_matcher, is_negated=True, is_glob=True),
    "ArnNotLike": Operator(arn_matcher, is_negated=True, is_glob=True),
}
"""All but Null, by their exact names."""
