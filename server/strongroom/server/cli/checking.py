"""`strongroomd check-config`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from strongroom.server.cli.options import DEFAULT_CONFIG, ConfigOption, OutputOption, examples
from strongroom.server.cli.output import Output, console, fail, print_json

if TYPE_CHECKING:  # heavy
    from strongroom.server.config import Problem, Settings

EXAMPLES = examples(
    "strongroomd check-config --config var/dev/strongroom.toml",
    "strongroomd check-config --output json",
    "strongroomd check-config --reference > strongroom.toml",
)
_INVALID = 78


def check_config(
    config: ConfigOption = DEFAULT_CONFIG,
    output: OutputOption = Output.TEXT,
    *,
    reference: Annotated[
        bool, typer.Option("--reference", help="Print every option with its default, and end.")
    ] = False,
) -> None:
    """Check the configuration, the files that it names, and the database; change nothing.

    What the service starts without, such as an authority that ran out, is a warning.

    Exit codes: 0 it can be served; 2 wrong usage; 78 the configuration must be changed.
    """
    if reference:
        _print_reference()
        return
    from strongroom.server.config import ConfigInvalid

    try:
        settings, warnings, notes = _checked(config)
    except ConfigInvalid as error:
        if output is Output.TEXT:
            fail(error, _INVALID)
        print_json({"valid": False, "problems": [_problem(error.path, p) for p in error.problems]})
        raise typer.Exit(_INVALID) from None
    if output is Output.JSON:
        told = [_problem(config.absolute(), warning) for warning in warnings]
        print_json({"valid": True, "problems": [], "warnings": told, "notes": notes})
    else:
        _say_valid(config, settings, notes)
        _say_warnings(config, warnings)


def _checked(config: Path) -> tuple["Settings", tuple["Problem", ...], tuple[str, ...]]:
    from strongroom.server.cli.database import check_database
    from strongroom.server.config import ConfigInvalid, file_warnings, load_settings

    settings = load_settings(config, check_files=True)
    database = check_database(config, settings)
    if database.problems:
        raise ConfigInvalid(config, database.problems)
    return settings, file_warnings(config, settings), database.notes


def _problem(path: Path, problem: "Problem") -> dict[str, object]:
    from dataclasses import asdict

    return {"file": str(path), **asdict(problem)}


def _print_reference() -> None:
    from strongroom.server.config.reference import reference

    typer.echo(reference(), nl=False)


def _say_warnings(config: Path, warnings: tuple["Problem", ...]) -> None:
    for warning in warnings:
        place = f"{config}:{warning.line}: {warning.key}: {warning.text}"
        console.print(f"[yellow]![/] {escape(place)}", soft_wrap=True)


def _say_valid(config: Path, settings: "Settings", notes: tuple[str, ...]) -> None:
    console.print(
        f"[green]✓[/] {escape(str(config))} can be served: deployment "
        f"[bold]{settings.deployment.name}[/], {settings.worker_count} workers on "
        f"{' and '.join(settings.server.addresses)}.",
        soft_wrap=True,
    )
    for note in notes:
        console.print(f"[green]✓[/] {escape(note)}.", soft_wrap=True)
