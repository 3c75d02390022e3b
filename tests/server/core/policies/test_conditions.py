"""Every condition operator, and what holds where a key is absent or has several values."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.support.policies import KEY, ROLE, key_policy, request, statement, verdict

ABSENT: Mapping[str, str] = {}


def holds(
    operator: str,
    wanted: Any,
    found: str | Sequence[str] | None,
    *,
    key: str = "aws:some",
    effect: str = "Allow",
    others: Mapping[str, str | Sequence[str]] = ABSENT,
    version: str | None = "2012-10-17",
) -> bool:
    """Whether a statement with the condition applies to a request with these values of the key."""
    values = dict(others) if found is None else {**others, key: found}
    policy = key_policy(statement(Effect=effect, Condition={operator: {key: wanted}}), version=version)
    return verdict(policy.answer(request(values=values))) == {"Allow": "allowed", "Deny": "denied"}[effect]


CASES = [
    ("StringEquals", "a", {"a": True, "A": False, "": False, "ab": False}),
    ("StringEquals", "a*", {"a*": True, "ab": False}),
    ("StringEquals", ["a", "b"], {"a": True, "b": True, "c": False}),
    ("StringNotEquals", ["a", "b"], {"a": False, "b": False, "c": True, "A": True}),
    ("StringEqualsIgnoreCase", "Abc", {"aBC": True, "ab": False}),
    ("StringNotEqualsIgnoreCase", "Abc", {"aBC": False, "ab": True}),
    ("StringLike", "a*z", {"az": True, "abcz": True, "AZ": False, "azb": False, "a\nz": True}),
    ("StringLike", "a?c", {"abc": True, "ac": False, "abbc": False}),
    ("StringLike", "[ab]*", {"[ab]c": True, "ac": False}),
    ("StringLike", "*", {"": True, "x": True}),
    ("StringNotLike", "a*", {"ab": False, "ba": True}),
    ("NumericEquals", "10", {"10": True, "10.0": True, "1e1": True, "ten": False, "": False, "11": False}),
    ("NumericEquals", 10, {"10": True}),
    ("NumericNotEquals", "10", {"10": False, "11": True}),
    ("NumericLessThan", "10", {"9": True, "10": False, "-10": True, "ten": False, "nan": False}),
    ("NumericLessThanEquals", "10", {"10": True, "10.1": False}),
    ("NumericGreaterThan", "10", {"9": False, "10": False, "100": True, "infinity": False}),
    ("NumericGreaterThanEquals", "10", {"10": True, "9.9": False, "9" * 50: False}),
    ("DateEquals", "2026-11-26T00:00:00Z", {"1795651200": True, "2026-11-26": True, "2026-11-27": False}),
    ("DateNotEquals", "2026-11-26", {"2026-11-26T00:00:00+00:00": False, "2026-11-26T01:00:00+00:00": True}),
    ("DateLessThan", "2026-11-26T12:00:00Z", {"2026-11-26T12:59:00+01:00": True, "soon": False}),
    ("DateLessThanEquals", "1795651200", {"2026-11-26T00:00:00Z": True, "2026-11-26T00:00:01Z": False}),
    ("DateGreaterThan", "2026-11-26", {"2026-11-26T00:00:01Z": True, "1795651200": False}),
    ("DateGreaterThanEquals", "2026-11-26", {"1795651200": True, "1" * 30: False}),
    ("Bool", "true", {"true": True, "TRUE": True, "false": False, "1": False, "": False}),
    ("Bool", False, {"false": True, "true": False}),
    ("BinaryEquals", "AAE=", {"AAE=": True, "AAI=": False, "?": False}),
    ("IpAddress", "10.0.0.0/8", {"10.1.2.3": True, "11.0.0.1": False, "::1": False, "x": False}),
    ("IpAddress", "10.1.2.3", {"10.1.2.3": True, "10.1.2.4": False}),
    ("IpAddress", "2001:db8::/32", {"2001:db8::1": True, "10.1.2.3": False}),
    ("NotIpAddress", ["10.0.0.0/8", "::1"], {"10.1.2.3": False, "::1": False, "11.0.0.1": True}),
    ("ArnEquals", ROLE, {ROLE: True, ROLE + "x": False, "x": False}),
    ("ArnLike", "arn:aws:iam::*:role/*", {ROLE: True, "arn:aws:iam::1:x:role/y": False}),
    ("ArnLike", "arn:*", {ROLE: False}),
    ("ArnLike", "*", {ROLE: False, "x": False}),
    ("ArnLike", "arn:aws:kms:*:*:*", {KEY: True, ROLE: False}),
    ("ArnNotEquals", "arn:aws:iam::*:role/*", {ROLE: False, KEY: True}),
    ("ArnNotLike", "arn:aws:iam::*:role/c*", {ROLE: True}),
]


@pytest.mark.parametrize(("operator", "wanted", "found"), CASES)
def test_operators_compare_as_they_should(operator: str, wanted: Any, found: dict[str, bool]) -> None:
    assert {value: holds(operator, wanted, value) for value in found} == found


@pytest.mark.parametrize(("operator", "wanted", "found"), CASES)
def test_an_absent_key_fits_what_is_negated_or_lenient(operator: str, wanted: Any, found: Any) -> None:
    assert holds(operator, wanted, None) is ("Not" in operator)
    assert holds(operator, wanted, ()) is ("Not" in operator)
    assert holds(operator + "IfExists", wanted, None)


@pytest.mark.parametrize(("operator", "wanted", "found"), CASES)
def test_sets_of_values(operator: str, wanted: Any, found: dict[str, bool]) -> None:
    values = tuple(found)
    assert holds(f"ForAnyValue:{operator}", wanted, values) is any(found.values())
    assert holds(f"ForAllValues:{operator}", wanted, values) is all(found.values())
    for absent in (None, ()):
        assert not holds(f"ForAnyValue:{operator}", wanted, absent)
        assert holds(f"ForAnyValue:{operator}IfExists", wanted, absent)
        assert holds(f"ForAllValues:{operator}", wanted, absent)


def test_null_tells_whether_a_key_is_there() -> None:
    for found, is_absent in (("", False), ("x", False), (None, True), ((), True)):
        assert holds("Null", "true", found) is is_absent
        assert holds("Null", "FALSE", found) is not is_absent
        assert holds("Null", ["true", "false"], found)


def test_where_one_value_was_expected_several_gain_nothing() -> None:
    for operator, wanted in (("StringEquals", "a"), ("StringNotEquals", "b")):
        assert not holds(operator, wanted, ("a", "b"))
        assert holds(operator, wanted, ("a", "b"), effect="Deny")


def test_names_of_keys_have_no_case() -> None:
    condition = {"StringEquals": {"KMS:encryptioncontext:Team": "Orders"}}
    policy = key_policy(statement(Condition=condition))
    for value, expected in (("Orders", "allowed"), ("orders", "silent")):
        asked = request(values={"kms:EncryptionContext:team": value})
        assert verdict(policy.answer(asked)) == expected


def test_all_operators_and_all_keys_must_hold() -> None:
    condition = {
        "StringEquals": {"aws:a": "1", "aws:b": ["1", "2"]},
        "NumericLessThan": {"aws:a": "2"},
    }
    policy = key_policy(statement(Condition=condition))
    for values, expected in (
        ({"aws:a": "1", "aws:b": "2"}, "allowed"),
        ({"aws:a": "1", "aws:b": "3"}, "silent"),
        ({"aws:a": "1"}, "silent"),
        ({"aws:b": "1"}, "silent"),
    ):
        assert verdict(policy.answer(request(values=values))) == expected


VARIABLES = [
    ("${aws:username}", "ann", True),
    ("${AWS:UserName}", "ann", True),
    ("${aws:username}", "bob", False),
    ("team-${aws:PrincipalTag/team}", "team-red", True),
    ("${aws:nobody}", "", False),
    ("${aws:nobody, 'guest'}", "guest", True),
    ("${aws:username, 'guest'}", "guest", False),
    ("${aws:several}", "a", False),
    ("${*}${?}${$}", "*?$", True),
    ("${", "${", True),
    ("${}", "${}", True),
]


@pytest.mark.parametrize(("wanted", "found", "expected"), VARIABLES)
def test_values_may_have_variables(wanted: str, found: str, expected: bool) -> None:  # noqa: FBT001
    others = {"aws:username": "ann", "aws:PrincipalTag/team": "red", "aws:several": ["a", "b"]}
    for operator in ("StringEquals", "StringLike"):
        assert holds(operator, wanted, found, others=others) is expected
    assert holds("StringEquals", wanted, found, others=others, version=None) is (wanted == found)


@pytest.mark.parametrize(
    ("operator", "wanted", "found"),
    [
        ("StringNotEquals", "${aws:nobody}", "a"),
        ("StringNotLike", ["b", "${aws:nobody}"], "a"),
        ("NumericNotEquals", "10", "ten"),
        ("NumericNotEquals", "${aws:username}", "10"),
        ("DateNotEquals", "2026-11-26", "today"),
        ("NotIpAddress", "10.0.0.0/8", "somewhere"),
        ("ArnNotLike", "arn:aws:iam::*:role/*", "me"),
    ],
)
def test_a_comparison_that_cannot_be_made_allows_nothing(operator: str, wanted: Any, found: str) -> None:
    others = {"aws:username": "ann"}
    for quantifier in ("", "ForAnyValue:", "ForAllValues:"):
        assert not holds(quantifier + operator, wanted, found, others=others)
        assert holds(quantifier + operator, wanted, found, others=others, effect="Deny")


def test_a_variables_value_has_no_wildcards() -> None:
    others = {"aws:username": "a*"}
    assert not holds("StringLike", "${aws:username}", "abc", others=others)
    assert holds("StringLike", "${aws:username}*", "a*bc", others=others)
    assert holds("StringLike", "x${*}*", "x*abc")
    assert not holds("StringLike", "x${*}", "xabc")


def test_a_variable_that_no_operator_can_compare_fits_nothing() -> None:
    assert not holds("NumericLessThan", "${aws:username}", "1", others={"aws:username": "ann"})
    assert holds("NumericLessThan", "${aws:username}", "1", others={"aws:username": "2"})


def test_many_wildcards_take_no_longer_than_the_text() -> None:
    wanted = "*a" * 200 + "*b"
    assert not holds("StringLike", wanted, "a" * 50_000)
