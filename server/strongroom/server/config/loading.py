"""Reading the configuration file; everything that is wrong with it is told at once."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from strongroom.server.config.explanations import explain
from strongroom.server.config.locations import Location, line_of, locate
from strongroom.server.config.options import section_of
from strongroom.server.config.problems import ConfigInvalid, Problem
from strongroom.server.config.settings import Settings
from strongroom.server.core.clock import utc_now

_PLACE = re.compile(r"\(at line (\d+), column \d+\)")


def load_settings(path: Path, *, check_files: bool = False) -> Settings:
    """Reads and checks a configuration file; relative paths in it are relative to it.

    Args:
        path: the file.
        check_files: True to look at the files that it names, too; changes nothing.

    Raises:
        ConfigInvalid: names every problem with its line and remedy.
    """
    path = path.absolute()
    text = _read(path)
    table = _parse(path, text)
    lines = locate(text)
    settings, problems = _validate(table, path.parent, lines)
    if check_files:
        problems += tuple(_file_problems(table, path.parent, lines))
    if settings is None or problems:
        raise ConfigInvalid(path, problems)
    return settings


def file_warnings(path: Path, settings: Settings) -> tuple[Problem, ...]:
    """What of a configuration's files is of no use now, though the service starts and goes on without it.

    Args:
        path: the configuration.
        settings: what `load_settings` read there.
    """
    from strongroom.server.config.checks import WARNINGS

    now = utc_now()
    return tuple(
        problem_at(path, f"{name}.{option}", text)
        for name, warn in WARNINGS.items()
        for option, text in warn(getattr(settings, name), now)
    )


def problem_at(path: Path, key: str, text: str) -> Problem:
    """A problem with an option of a file that `load_settings` has read, found by somebody else.

    Args:
        path: the file.
        key: the option, `store.url`.
        text: what is wrong and what to do.
    """
    return Problem(key, line_of(locate(_read(path)), tuple(key.split("."))), text)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        remedy = "Give the file with --config, or make a deployment with `strongroomd init`."
        raise ConfigInvalid(path, (Problem("", 0, f"Can't be read: {reason}. {remedy}"),)) from None


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line = int(place.group(1)) if place else len(text.splitlines())
        reason = _PLACE.sub("", str(error)).partition("(at end")[0].strip()  # names keys, never values
        raise ConfigInvalid(path, (Problem("", line, f"This isn't TOML: {reason}."),)) from None


def _validate(
    table: Mapping[str, Any], base: Path, lines: Mapping[Location, int]
) -> tuple[Settings | None, tuple[Problem, ...]]:
    try:
        return Settings.model_validate(table, context=base), ()
    except ValidationError as error:
        return None, tuple(_problems(error, lines))


def _problems(error: ValidationError, lines: Mapping[Location, int]) -> Iterator[Problem]:
    for found in error.errors(include_url=False, include_input=False):
        location: Location = tuple(found["loc"])
        text = explain(found["type"], location, found.get("ctx", {}), found["msg"])
        yield Problem(_key(location), line_of(lines, location), text)


def _file_problems(table: Mapping[str, Any], base: Path, lines: Mapping[Location, int]) -> Iterator[Problem]:
    """Looks at the files of every section that is right by itself, whatever is wrong with the others."""
    from strongroom.server.config.checks import CHECKS

    now = utc_now()
    for name, section in _right_sections(table, base, CHECKS):
        for option, text in CHECKS[name](section, now):
            location = (name, option)
            yield Problem(_key(location), line_of(lines, location), text)


def _right_sections(
    table: Mapping[str, Any], base: Path, names: Iterable[str]
) -> Iterator[tuple[str, BaseModel]]:
    for name in names:
        model = section_of(Settings.model_fields[name].annotation)
        assert model is not None  # noqa: S101 # every field of Settings is a section
        try:
            yield name, model.model_validate(table.get(name), context=base)
        except ValidationError:
            continue


def _key(location: Location) -> str:
    return ".".join(map(str, location))
