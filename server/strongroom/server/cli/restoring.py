"""`strongroomd restore`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from strongroom.server.cli.options import DEFAULT_CONFIG, ConfigOption, OutputOption, examples
from strongroom.server.cli.output import Output, console, print_json, show_error

if TYPE_CHECKING:  # heavy
    from collections.abc import Callable

    from strongroom.server.cli.backups.checking import Report

EXAMPLES = examples(
    "strongroomd restore backups/monday --check --config var/dev/strongroom.toml",
    "strongroomd restore backups/monday --config var/dev/strongroom.toml",
    "strongroomd restore /backups/now --yes --output json",
)


def restore(
    backup: Annotated[Path, typer.Argument(help="The backup.", exists=True, file_okay=False)],
    config: ConfigOption = DEFAULT_CONFIG,
    output: OutputOption = Output.TEXT,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Tell what restoring would do, and change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask, whatever would be lost.")] = False,
) -> None:
    """Put a backup in the database's place, after a look at what would be lacking, lost or unknown.

    The service must be stopped; with --check it may serve. The database that is there is set aside beside the
    restored one and never deleted. Run it as the service's user.

    Exit codes: 0 restored, or with --check nothing would be lacking, lost, changed or unknown; 1 with --check
    something would be, or not confirmed; 2 wrong usage; 75 not now, for the service runs, or token, database
    or audit trail can't be had; 78 the backup can't be used, or the configuration or the PIN must be changed.
    """
    from strongroom.server.cli.backups import checking, restoring
    from strongroom.server.config import load_settings

    with show_error(output):
        settings = load_settings(config)
        if check:
            _end_check(checking.check(backup.absolute(), settings), output)
        report, aside = restoring.restore(backup.absolute(), settings, _confirmation(output, is_given=yes))
    if output is Output.JSON:
        print_json({**_as_json(report), "restored": True, "set_aside": aside and str(aside)})
    else:
        _say_restored(aside, report)


def _end_check(report: "Report", output: Output) -> None:
    if output is Output.JSON:
        print_json(_as_json(report))
    else:
        _print(report)
    raise typer.Exit(0 if report.is_well else 1)


def _confirmation(output: Output, *, is_given: bool) -> "Callable[[Report], None]":
    """Shows what will be done, and asks if that needs it. Programs say --yes."""
    from strongroom.server.cli.backups.errors import NotConfirmed

    def confirm(report: "Report") -> None:
        if output is Output.TEXT:
            _print(report)
        if is_given or (report.is_well and not report.has_database):
            return
        if output is Output.JSON or not sys.stdin.isatty():
            raise NotConfirmed("Nothing was changed: look at --check, then give --yes.")
        if not typer.confirm("Restore it?"):
            raise NotConfirmed("Nothing was changed.")

    return confirm


def _print(report: "Report") -> None:
    from strongroom.server.cli.backups.telling import tell

    for part in tell(report):
        console.print(part, soft_wrap=isinstance(part, str))


def _as_json(report: "Report") -> dict[str, object]:
    from strongroom.server.cli.backups.telling import as_json

    return as_json(report)


def _say_restored(aside: Path | None, report: "Report") -> None:
    console.print(
        "[green]✓[/] Restored. Next: `strongroomd doctor`, then `strongroomd serve`.", soft_wrap=True
    )
    if aside:
        console.print(f"The database that was there is now {escape(str(aside))}.", soft_wrap=True)
    if report.restored.postponed:
        console.print("Look at the postponed deletions: `strongroom key cancel-deletion`.", soft_wrap=True)
