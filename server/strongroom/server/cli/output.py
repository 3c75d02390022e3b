"""How the command talks: to people with rich, to programs in JSON; errors on standard error."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


class Output(StrEnum):
    """How a command answers."""

    TEXT = "text"
    JSON = "json"


@contextmanager
def show_error(output: Output = Output.TEXT) -> Iterator[None]:
    """Shows the errors that people can do something about without a traceback."""
    try:
        yield
    except Exception as error:
        code = _code_of_expected(error)
        if code is None:
            raise
        fail(error, code, output)


def fail(error: Exception, code: int, output: Output = Output.TEXT) -> NoReturn:
    """Says what is wrong and ends with a code."""
    if output is Output.JSON:
        typer.echo(json.dumps({"error": _as_json(error)}, ensure_ascii=False), err=True)
    else:
        errors.print(f"[bold red]Error:[/] {escape(str(error))}", soft_wrap=True)
    raise typer.Exit(code)


def print_json(value: object) -> None:
    """Prints one JSON value on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _as_json(error: Exception) -> Mapping[str, object]:
    problems = getattr(error, "problems", ())
    found: dict[str, object] = {"type": type(error).__name__, "message": str(error)}
    return {**found, "problems": list(map(dataclasses.asdict, problems))} if problems else found


def _code_of_expected(error: Exception) -> int | None:
    """The exit code of an error that people can do something about; None for a defect of ours."""
    from strongroom.server.cli import expected_errors  # heavy: only when something failed

    return expected_errors.exit_code(error)
