"""Condition operators: how one value of a request is compared with one of the policy.

AWS IAM user guide, "IAM JSON policy elements: Condition operators".
"""

import base64
import binascii
import ipaddress
import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from strongroom.server.core.policies.globs import Fits, arn_matcher, matcher

_MAX_NUMBER_CHARACTERS = 40
_MAX_REMEMBERED = 64
"""A request's value is compared with each of the policy's: it is parsed once."""
_EPOCH_SECONDS = frozenset("0123456789.-")


class NotAValue(ValueError):
    """A value that the operator can't compare with; the text says what it should be."""


class Operator(NamedTuple):
    """A condition operator.

    Args:
        prepare: makes the comparison with one value of the policy; raises NotAValue.
        is_negated: True for the operators with `Not`: no value of the policy may fit.
        is_glob: True if values have wildcards.
    """

    prepare: Callable[[str], Fits]
    is_negated: bool = False
    is_glob: bool = False


def _equals(expected: str) -> Fits:
    return expected.__eq__


def _equals_ignoring_case(expected: str) -> Fits:
    folded = expected.casefold()
    return lambda found: found.casefold() == folded


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


def _compared(
    parse: Callable[[str], object], compare: Callable[[object, object], bool]
) -> Callable[[str], Fits]:
    """A comparison of parsed values."""

    def prepare(expected: str) -> Fits:
        wanted = parse(expected)

        def matches(found: str) -> bool | None:
            try:
                return compare(parse(found), wanted)
            except NotAValue:
                return None

        return matches

    return prepare


def _boolean(text: str) -> bool:
    lowered = text.lower()
    if lowered not in {"true", "false"}:
        raise NotAValue("true or false")
    return lowered == "true"


@lru_cache(_MAX_REMEMBERED)
def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NotAValue("base64") from None


@lru_cache(_MAX_REMEMBERED)
def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise NotAValue("an IP address") from None


def _in_network(expected: str) -> Fits:
    try:
        network = ipaddress.ip_network(expected, strict=False)
    except ValueError:
        raise NotAValue("an IP address or a range in CIDR notation") from None

    def matches(found: str) -> bool | None:
        try:
            return _address(found) in network
        except NotAValue:
            return None

    return matches


def _ordered(prefix: str, parse: Callable[[str], object]) -> dict[str, Operator]:
    def compared(compare: Callable[..., bool]) -> Callable[[str], Fits]:
        return _compared(parse, compare)

    return {
        f"{prefix}Equals": Operator(compared(operator.eq)),
        f"{prefix}NotEquals": Operator(compared(operator.eq), is_negated=True),
        f"{prefix}LessThan": Operator(compared(operator.lt)),
        f"{prefix}LessThanEquals": Operator(compared(operator.le)),
        f"{prefix}GreaterThan": Operator(compared(operator.gt)),
        f"{prefix}GreaterThanEquals": Operator(compared(operator.ge)),
    }


OPERATORS: Mapping[str, Operator] = {
    "StringEquals": Operator(_equals),
    "StringNotEquals": Operator(_equals, is_negated=True),
    "StringEqualsIgnoreCase": Operator(_equals_ignoring_case),
    "StringNotEqualsIgnoreCase": Operator(_equals_ignoring_case, is_negated=True),
    "StringLike": Operator(matcher, is_glob=True),
    "StringNotLike": Operator(matcher, is_negated=True, is_glob=True),
    **_ordered("Numeric", _number),
    **_ordered("Date", _moment),
    "Bool": Operator(_compared(_boolean, operator.eq)),
    "BinaryEquals": Operator(_compared(_bytes, operator.eq)),
    "IpAddress": Operator(_in_network),
    "NotIpAddress": Operator(_in_network, is_negated=True),
    "ArnEquals": Operator(arn_matcher, is_glob=True),
    "ArnLike": Operator(arn_matcher, is_glob=True),
    "ArnNotEquals": Operator(arn_matcher, is_negated=True, is_glob=True),
    "ArnNotLike": Operator(arn_matcher, is_negated=True, is_glob=True),
}
"""All but Null, by their exact names."""
