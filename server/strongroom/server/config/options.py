"""What the models know of an option, found by its path in the file."""

import typing
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from strongroom.server.config.locations import Location
from strongroom.server.config.settings import Settings

UNITS: Mapping[str, str] = {"_s": "seconds", "_bytes": "bytes", "_ratio": "of all"}
"""The unit of a number, by the end of its option's name."""


def unit_of(name: str) -> str:
    """The unit of an option, or nothing."""
    return next((unit for suffix, unit in UNITS.items() if name.endswith(suffix)), "")


def section_at(path: Location) -> type[BaseModel]:
    """The model of the section at a path; that of the nearest section around it if there is none."""
    model: type[BaseModel] = Settings
    for part in path:
        field = model.model_fields.get(part) if isinstance(part, str) else None
        model = section_of(field.annotation) or model if field else model
    return model


def option_at(path: Location) -> FieldInfo | None:
    """The option at a path, or None."""
    return section_at(path[:-1]).model_fields.get(str(path[-1]))


def section_of(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 # any type
    """The section that a type holds: itself, one of a choice, or what an array of tables has."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (section_of(argument) for argument in typing.get_args(annotation))
    return next((model for model in found if model), None)


def sections_with(name: str) -> Iterator[str]:
    """The sections that have an option of this name."""
    for section, field in Settings.model_fields.items():
        model = section_of(field.annotation)
        if model and name in model.model_fields:
            yield section


def constraints_of(field: FieldInfo) -> Mapping[str, Any]:
    """The constraints of an option, such as `{"ge": 1, "le": 256}`."""
    schema: dict[str, Any] = {}
    for item in field.metadata:
        schema |= {name: getattr(item, name) for name in ("ge", "gt", "le", "lt") if hasattr(item, name)}
    return schema
