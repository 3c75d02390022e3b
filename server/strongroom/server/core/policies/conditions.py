"""Conditions of a statement: compiled to tests of a request.

All operators and keys must hold. Where a request has several values of a key that should have one, an Allow
needs all of them to hold and a Deny one: whatever a caller adds, it gains nothing by it. Likewise, where a
negated operator can't compare, for a variable has no value or the request's value isn't of its kind, an Allow
doesn't hold and a Deny does.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from strongroom.server.core.policies.operators import OPERATORS, NotAValue, Operator
from strongroom.server.core.policies.requests import Lookup
from strongroom.server.core.policies.templates import Template, nothing

Test: TypeAlias = Callable[[Lookup], bool]
_Holds: TypeAlias = Callable[[str, Lookup], bool]
_Fits: TypeAlias = Callable[[str, Lookup], bool | None]

_IF_EXISTS = "IfExists"
_NULL = "Null"
_ANY, _ALL = "ForAnyValue", "ForAllValues"


class NotACondition(ValueError):
    """A condition that can't be read; the text says why."""


def compile_condition(
    operator: str, key: str, values: Sequence[str], *, is_deny: bool, has_variables: bool
) -> Test:
    """The test of one operator and key.

    Args:
        operator: with its prefix and suffix, as `ForAnyValue:StringLikeIfExists`.
        key: the condition key.
        values: one of them must fit; of a negated operator, none.
        is_deny: True if the statement denies.
        has_variables: True if values may have variables.

    Raises:
        NotACondition: there is no such operator, or it can't compare with a value.
    """
    name = key.lower()
    if operator == _NULL:
        return _null(name, values)
    quantifier, _, rest = operator.rpartition(":")
    if quantifier not in {"", _ANY, _ALL}:
        raise NotACondition(f"There is no condition operator {operator}.")
    is_lenient = rest.endswith(_IF_EXISTS)
    found = OPERATORS.get(rest.removesuffix(_IF_EXISTS))
    if found is None:
        raise NotACondition(f"There is no condition operator {operator}.")
    try:
        fits = _fits(found, [Template(value, has_variables=has_variables) for value in values])
    except NotAValue as error:
        raise NotACondition(f"A value of {operator} {key} isn't {error}.") from None
    holds = _none_of(fits, if_unknown=is_deny) if found.is_negated else _one_of(fits)
    if quantifier:
        return _of_set(name, holds, needs_all=quantifier == _ALL, if_absent=quantifier == _ALL or is_lenient)
    return _of_one(name, holds, needs_all=not is_deny, if_absent=found.is_negated or is_lenient)


def _null(name: str, values: Sequence[str]) -> Test:
    lowered = {value.lower() for value in values}
    if not lowered <= {"true", "false"}:
        raise NotACondition("A value of Null isn't true or false.")
    return lambda lookup: ("false" if lookup(name) else "true") in lowered


def _fits(operator: Operator, templates: Sequence[Template]) -> list[_Fits]:
    """The comparisons of which one must fit: one for all values without variables, one for each other."""
    render = Template.glob if operator.is_glob else Template.text
    fixed = [text for one in templates if one.is_fixed and (text := render(one, nothing)) is not None]
    found = [_varying(operator, one, render) for one in templates if not one.is_fixed]
    if fixed:
        matches = operator.prepare(fixed)
        found.insert(0, lambda value, _lookup: matches(value))
    return found


def _varying(
    operator: Operator, template: Template, render: Callable[[Template, Lookup], str | None]
) -> _Fits:
    def fits(found: str, lookup: Lookup) -> bool | None:
        text = render(template, lookup)
        try:
            return None if text is None else operator.prepare((text,))(found)
        except NotAValue:
            return None

    return fits


def _one_of(fits: Sequence[_Fits]) -> _Holds:
    if len(fits) == 1:
        (fit,) = fits
        return lambda found, lookup: fit(found, lookup) is True
    return lambda found, lookup: any(one(found, lookup) for one in fits)


def _none_of(fits: Sequence[_Fits], *, if_unknown: bool) -> _Holds:
    def holds(found: str, lookup: Lookup) -> bool:
        is_known = True
        for one in fits:
            fit = one(found, lookup)
            if fit:
                return False
            is_known = is_known and fit is not None
        return is_known or if_unknown

    return holds


def _of_set(name: str, holds: _Holds, *, needs_all: bool, if_absent: bool) -> Test:
    quantify = all if needs_all else any

    def test(lookup: Lookup) -> bool:
        values = lookup(name)
        if not values:
            return if_absent
        return quantify(holds(value, lookup) for value in values)

    return test


def _of_one(name: str, holds: _Holds, *, needs_all: bool, if_absent: bool) -> Test:
    several = _of_set(name, holds, needs_all=needs_all, if_absent=if_absent)

    def test(lookup: Lookup) -> bool:
        values = lookup(name)
        if values is not None and len(values) == 1:
            return holds(values[0], lookup)
        return several(lookup)

    return test


def all_of(tests: Sequence[Test]) -> Test | None:
    """One test for all; None if there is none."""
    if not tests:
        return None
    if len(tests) == 1:
        return tests[0]

    def test_all(lookup: Lookup) -> bool:
        for test in tests:  # noqa: SIM110 # on the hot path, where all() costs more
            if not test(lookup):
                return False
        return True

    return test_all


_SINGLE_VALUED = ("kms:encryptioncontext:", "aws:requesttag/")


def refuse_overly_permissive(conditions: Mapping[str, Mapping[str, object]]) -> None:
    """Refuses ForAllValues with a key of one value: it is true where the key is absent.

    Raises:
        NotACondition: there is one.
    """
    for operator, keys in conditions.items():
        if operator.startswith(_ALL + ":"):
            for key in keys:
                if key.lower().startswith(_SINGLE_VALUED):
                    raise NotACondition(
                        f"OverlyPermissiveCondition: {operator} is true where {key} is absent; leave "
                        f"{_ALL} out."
                    )
