"""Reading the configuration file; everything that is wrong with it is told at once."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from strongroom.server.config.lines import line_of
from strongroom.server.config.settings import Settings

_PATH_OPTIONS = (
    ("tls", "certificate"),
    ("tls", "private_key"),
    ("tls", "client_ca"),
    ("token", "module"),
    ("audit", "directory"),
)
_SQLITE = "sqlite:///"
_PIN_FILE = "file:"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with the file.

    Args:
        key: the option, `server.listen`; empty for the file as a whole.
        line: where it stands; 0 if it stands nowhere.
        text: what is wrong and what to do.
    """

    key: str
    line: int
    text: str


class ConfigInvalid(Exception):
    """The configuration can't be used.

    Args:
        path: the file.
        problems: all that is wrong with it.
    """

    def __init__(self, path: Path, problems: tuple[Problem, ...]) -> None:
        self.path = path
        self.problems = problems
        lines = (f"{path}:{p.line}: {p.key}: {p.text}" if p.key else f"{path}: {p.text}" for p in problems)
        super().__init__("\n".join(lines))


def load_settings(path: Path) -> Settings:
    """Reads and checks a configuration file; relative paths in it are relative to it.

    Raises:
        ConfigInvalid: names every problem with its line and remedy.
    """
    path = path.absolute()
    text = _read(path)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid(path, (Problem("", 0, f"This isn't TOML: {error}."),)) from None
    _make_absolute(table, path.parent)
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        raise ConfigInvalid(path, tuple(_problems(error, text))) from None


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        remedy = "Give the file with --config, or make a deployment with `strongroomd init`."
        raise ConfigInvalid(path, (Problem("", 0, f"Can't be read: {reason}. {remedy}"),)) from None


def _make_absolute(table: dict[str, Any], base: Path) -> None:
    for section, option in _PATH_OPTIONS:
        _replace(table, section, option, lambda value: str(base / value))
    _replace(table, "store", "url", lambda value: _prefixed(value, _SQLITE, base))
    _replace(table, "token", "pin", lambda value: _prefixed(value, _PIN_FILE, base))
    profile = table.get("token", {}).get("profile") if isinstance(table.get("token"), dict) else None
    if isinstance(profile, str) and profile.endswith(".toml"):
        table["token"]["profile"] = str(base / profile)


def _replace(table: dict[str, Any], section: str, option: str, change: Any) -> None:  # noqa: ANN401
    options = table.get(section)
    if isinstance(options, dict) and isinstance(options.get(option), str):
        options[option] = change(options[option])


def _prefixed(value: str, prefix: str, base: Path) -> str:
    return f"{prefix}{base / value.removeprefix(prefix)}" if value.startswith(prefix) else value


def _problems(error: ValidationError, text: str) -> Iterable[Problem]:
    for found in error.errors(include_url=False, include_input=False):
        path = tuple(found["loc"])
        key = ".".join(str(part) for part in path)
        yield Problem(key, line_of(text, path), _explain(found, path))


def _explain(found: Mapping[str, Any], path: tuple[int | str, ...]) -> str:
    kind = found["type"]
    if kind == "missing":
        return "This option is needed; docs/strongroom.reference.toml explains it."
    if kind == "extra_forbidden":
        near = get_close_matches(str(path[-1]), _options_at(path[:-1]), 1)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        return f"There is no such option.{hint}"
    if kind == "string_pattern_mismatch":
        return f"It must look like {found['ctx']['pattern']}."
    return f"{found['msg']}."


def _options_at(path: tuple[int | str, ...]) -> list[str]:
    """The options of the section at a path; the tables of an array have their model's options."""
    model: type[BaseModel] = Settings
    for part in path:
        if isinstance(part, str) and part in model.model_fields:
            annotation = model.model_fields[part].annotation
            arguments = getattr(annotation, "__args__", (annotation,))
            model = next(a for a in arguments if isinstance(a, type) and issubclass(a, BaseModel))
    return list(model.model_fields)
