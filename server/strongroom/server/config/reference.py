"""The reference file: every option with its meaning, limits, unit and default, made from the models."""

import json
import textwrap
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from strongroom.server.config.meanings import meanings_of
from strongroom.server.config.options import constraints_of, section_of, unit_of
from strongroom.server.config.settings import Settings

_WIDTH = 100
_HEAD = (
    "Every option of the service's configuration, as `strongroomd check-config --reference` prints it. "
    "Options that must be given stand as they are, with an example; all others stand behind a # with "
    "their default, or with an example where there is none. Relative paths are relative to this file. "
    "`strongroomd check-config --config FILE` says what is wrong with a file and what to do."
)
_BOUNDS: Mapping[str, str] = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}


def reference() -> str:
    """The text of the reference file: valid TOML, and a configuration that can be loaded."""
    return "\n".join([*_comment(_HEAD), *_sections()]) + "\n"


def _sections() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        model = section_of(field.annotation)
        assert model is not None  # noqa: S101 # every field of Settings is a section
        yield from ["", *_comment(_doc(model)), f"[{name}]", *_options(model, name)]


def _options(model: type[BaseModel], section: str) -> Iterator[str]:
    """The options of a section; arrays of tables come last, as TOML wants them."""
    for name, field in model.model_fields.items():
        if not section_of(field.annotation):
            yield from _option(name, field, meanings_of(model)[name])
    for name, field in model.model_fields.items():
        entry = section_of(field.annotation)
        if entry:
            yield from _array(entry, f"{section}.{name}")


def _option(name: str, field: FieldInfo, meaning: str) -> Iterator[str]:
    yield from _comment(meaning)
    yield from _comment(f"{_default(name, field)} {_limits(field)}")
    yield f"{'' if field.is_required() else '#'}{name} = {literal(_shown(field))}"


def _array(entry: type[BaseModel], name: str) -> Iterator[str]:
    """An array of tables, one of which is shown."""
    yield from ["", *_comment(f"{_doc(entry)} As many as there are; none by default."), f"#[[{name}]]"]
    for option, field in entry.model_fields.items():
        needed = "Needed." if field.is_required() else ""
        yield from _comment(f"{meanings_of(entry)[option]} {needed}")
        yield f"#{option} = {literal(_shown(field))}"


def _limits(field: FieldInfo) -> str:
    choices = [literal(choice) for choice in typing.get_args(field.annotation) if isinstance(choice, str)]
    if choices:
        return f"One of {', '.join(choices)}."
    bounds = ", ".join(f"{_BOUNDS[kind]} {bound}" for kind, bound in constraints_of(field).items())
    return f"{bounds[0].upper()}{bounds[1:]}." if bounds else ""


def _default(name: str, field: FieldInfo) -> str:
    if field.is_required():
        return "Needed."
    default = field.get_default(call_default_factory=True)
    if default is None:
        return "Default: none."
    return f"Default: {literal(default)} {unit_of(name)}".rstrip() + "."


def _shown(field: FieldInfo) -> Any:  # noqa: ANN401 # any value
    """The default, or an example where there is none."""
    default = None if field.is_required() else field.get_default(call_default_factory=True)
    return field.examples[0] if default is None and field.examples else default


def literal(value: Any) -> str:  # noqa: ANN401 # any value
    """A string, number, boolean, list or table in TOML, on one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name} = {literal(one)}' for name, one in value.items())}}}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(literal, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _doc(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip()


def _comment(text: str) -> list[str]:
    lines = (wrapped for line in text.strip().splitlines() for wrapped in textwrap.wrap(line, _WIDTH))
    return [f"# {line}" for line in lines]
