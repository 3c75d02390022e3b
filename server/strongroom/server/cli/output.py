"""How the command talks: to people with rich, to programs in JSON; errors on standard error."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

console = Console()
errors = Console(stderr=True)


class Output(StrEnum):
    """How a command answers."""

    TEXT = "text"
    JSON = "json"


@contextmanager
def show_error() -> Iterator[None]:
    """Shows the errors that people can do something about without a traceback."""
    try:
        yield
    except Exception as error:
        code = _code_of_expected(error)
        if code is None:
            raise
        fail(str(error), code)


def _code_of_expected(error: Exception) -> int | None:
    """The exit code of an error that people can do something about; None for a defect of ours."""
    from strongroom.server.cli import expected_errors  # heavy: only when something failed

    return expected_errors.exit_code(error)


def fail(message: str, code: int) -> NoReturn:
    """Says what is wrong and ends with a code."""
    errors.print(f"[bold red]Error:[/] {escape(message)}", highlight=False, soft_wrap=True)
    raise typer.Exit(code)
