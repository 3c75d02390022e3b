"""How the tables of commands become commands."""

from collections.abc import Callable, Iterable

import typer

from strongroom.cli.failures import EXIT_CODES

Command = tuple[str, Callable[..., None], str]
"""A command's name, its function, and an example of its use."""


def register(app: typer.Typer, commands: Iterable[Command]) -> None:
    """Adds commands to the application, each with its example and the exit codes in its help."""
    for name, function, example in commands:
        app.command(name, epilog=f"Example:  {example}\n\n{EXIT_CODES}")(function)
