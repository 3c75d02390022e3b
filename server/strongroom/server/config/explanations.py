"""What to tell people about an option that isn't right: never its value, which may be a secret."""

import json
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from strongroom.server.config.locations import Location
from strongroom.server.config.options import option_at, section_at, section_of, sections_with, unit_of

Details = Mapping[str, Any]
_Explain = Callable[[Location, Details], str]


def explain(kind: str, path: Location, details: Details, otherwise: str) -> str:
    """Says what is wrong and what to do.

    Args:
        kind: pydantic's name of the error.
        path: the option.
        details: what pydantic tells besides, such as a bound.
        otherwise: pydantic's own text, for an error that isn't in our table.
    """
    explanation = _EXPLANATIONS.get(kind)
    return explanation(path, details) if explanation else f"{otherwise}."


def _missing(path: Location, _details: Details) -> str:
    field = option_at(path)
    if field and section_of(field.annotation):
        return f"The section [{path[-1]}] is needed; `strongroomd check-config --reference` shows it."
    return f"This option is needed{_for_example(path)}."


def _unknown(path: Location, _details: Details) -> str:
    name = str(path[-1])
    what = "section" if len(path) == 1 else "option"
    homes = list(sections_with(name))
    near = get_close_matches(name, section_at(path[:-1]).model_fields, 1)
    if homes:
        return f"There is no such {what} here; it belongs in [{homes[0]}]."
    return f"There is no such {what}. {f'Did you mean `{near[0]}`?' if near else 'Remove it.'}"


def _needs(kind: str) -> _Explain:
    return lambda path, _details: f"It must be {kind}{_for_example(path)}."


def _needs_number(kind: str) -> _Explain:
    def explanation(path: Location, _details: Details) -> str:
        unit = unit_of(str(path[-1]))
        kind_and_unit = f"{kind} of {unit}, without quotes or unit" if unit else f"{kind}, without quotes"
        return f"It must be {kind_and_unit}{_for_example(path)}."

    return explanation


def _bound(words: str, name: str) -> _Explain:
    def explanation(path: Location, details: Details) -> str:
        return f"It must be {words} {details[name]:g} {unit_of(str(path[-1]))}".rstrip() + "."

    return explanation


def _pattern(path: Location, details: Details) -> str:
    return f"It doesn't look as it must{_for_example(path)} (pattern {details['pattern']})."


def _for_example(path: Location) -> str:
    field = option_at(path)
    if field is None:
        return ""
    example = field.examples[0] if field.examples else field.get_default(call_default_factory=True)
    if isinstance(example, str | int | float):
        return f", for example `{path[-1]} = {json.dumps(example, ensure_ascii=False)}`"
    return ""


_TEXT = _needs("a string in quotes")
_WHOLE = _needs_number("a whole number")
_NUMBER = _needs_number("a number")
_TABLE = _needs("a table")
_EXPLANATIONS: Mapping[str, _Explain] = {
    "bool_type": _needs("true or false, without quotes"),
    "dict_type": _TABLE,
    "enum": lambda _path, details: f"It must be {details['expected']}.",
    "extra_forbidden": _unknown,
    "finite_number": _NUMBER,
    "float_type": _NUMBER,
    "greater_than": _bound("more than", "gt"),
    "greater_than_equal": _bound("at least", "ge"),
    "int_type": _WHOLE,
    "less_than_equal": _bound("at most", "le"),
    "literal_error": lambda _path, details: f"It must be {details['expected']}.",
    "missing": _missing,
    "model_type": _TABLE,
    "path_type": _TEXT,
    "string_pattern_mismatch": _pattern,
    "string_too_long": lambda _path, details: f"It must have at most {details['max_length']} characters.",
    "string_too_short": lambda _path, _details: "It must not be empty.",
    "string_type": _TEXT,
    "tuple_type": _needs("an array"),
    "value_error": lambda _path, details: f"It {details['error']}.",
}
