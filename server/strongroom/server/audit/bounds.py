"""How much of a request its record has: what is longer is cut, and says how long it was.

Otherwise who may do nothing could fill the disk. Sizes are bytes of JSON: what is escaped counts as what it
takes.
"""

from bisect import bisect_right
from collections.abc import Mapping
from itertools import islice
from typing import Any

import orjson

MOST_BYTES = 65_536
"""Of all parameters of a request."""
MOST_REFUSED_BYTES = 2048
"""Likewise if it was refused before it was authorised."""
MOST_TEXT_BYTES = 1024
"""Of what the client calls itself, and of an error's message, as in AWS CloudTrail."""

NAMING_KEYS = ("keyId", "targetKeyId", "sourceKeyId", "destinationKeyId", "aliasName")
"""The parameters that name keys and aliases: records are found by them."""

_NAMING = frozenset({*NAMING_KEYS, "grantId"})
_MOST_NAMING_BYTES = 2050  # 2,048 characters in quotes: what needs escapes names nothing
_LEAST_PAIR_BYTES = 64
_MOST_ESCAPED_BYTES = 6  # of one character
_CUT = "…"


def bounded(parameters: Mapping[str, Any], most: int) -> Mapping[str, Any]:
    """The parameters of a request in so many bytes, those that name keys and grants not counted.

    Args:
        parameters: what `Operation.request_parameters` gives.
        most: for example MOST_BYTES.
    """
    if _size(parameters) <= most:
        return parameters
    naming = {name: value for name, value in parameters.items() if name in _NAMING}
    others = {name: value for name, value in parameters.items() if name not in _NAMING}
    cut = {name: _cut(value, _MOST_NAMING_BYTES) for name, value in naming.items()} | _cut_pairs(others, most)
    return {name: cut[name] for name in (*parameters, _CUT) if name in cut}


def bounded_text(text: str) -> str:
    """A text in MOST_TEXT_BYTES."""
    if len(text) * _MOST_ESCAPED_BYTES < MOST_TEXT_BYTES:
        return text
    return str(_cut(text, MOST_TEXT_BYTES))


def _size(value: object) -> int:
    return len(orjson.dumps(value))


def _cut(value: Any, most: int) -> Any:  # noqa: ANN401 # JSON
    if _size(value) <= most:
        return value
    if isinstance(value, str):
        return _cut_text(value, most)
    if isinstance(value, Mapping):
        return _cut_pairs(value, most)
    if isinstance(value, list):
        return _cut_list(value, most)
    return value


def _cut_text(text: str, most: int) -> str:
    mark = f"{_CUT} ({len(text)} characters)"
    room = max(0, most - _size(mark))
    return _start(text[:room], room + len('""')) + mark


def _start(text: str, most: int) -> str:
    """The longest start of a text that takes so many bytes."""
    if _size(text) <= most:
        return text
    return text[: bisect_right(range(len(text)), most, key=lambda length: _size(text[:length])) - 1]


def _cut_list(values: list[Any], most: int) -> list[Any]:
    shown = _fitted(list(enumerate(values)), most)
    cut = [value for _, value in shown]
    return cut if len(cut) == len(values) else [*cut, f"{_CUT} {len(values) - len(cut)} more"]


def _cut_pairs(pairs: Mapping[str, Any], most: int) -> dict[str, Any]:
    cut = dict(_fitted(list(pairs.items()), most))
    return cut if len(cut) == len(pairs) else {**cut, _CUT: f"{len(pairs) - len(cut)} more"}


def _fitted(pairs: list[tuple[Any, Any]], most: int) -> list[tuple[Any, Any]]:
    """The first of some pairs: each has an equal share, and what short ones leave is for the longer ones."""
    shown = list(islice(pairs, max(2, most // _LEAST_PAIR_BYTES)))
    left, fitted = most, shown.copy()
    by_size = sorted(range(len(shown)), key=lambda place: _size(shown[place]))
    for others, place in zip(reversed(range(len(shown))), by_size, strict=True):
        share = left // (others + 1)
        name, value = shown[place]
        name = _cut(name, share // 2)
        fitted[place] = name, _cut(value, share - _size(name) - len(":,"))
        left -= _size(fitted[place])
    return fitted
