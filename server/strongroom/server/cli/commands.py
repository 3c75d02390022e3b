"""The commands of `strongroomd`. What is heavy is imported by the command that needs it."""

from typing import Annotated

import typer

from strongroom.server.cli import (
    appointing,
    audit_reading,
    auditing,
    backing_up,
    checking,
    doctoring,
    making,
    probing,
    restoring,
    serving,
)
from strongroom.server.cli.options import examples

app = typer.Typer(
    name="strongroomd",
    help="The Strongroom key management service.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,  # locals may hold secrets
    epilog=examples("strongroomd init --dir var/dev", "strongroomd serve --config var/dev/strongroom.toml"),
)
token_app = typer.Typer(help="Look at the token.", no_args_is_help=True)
audit_app = typer.Typer(help="Prove and read the audit trail.", no_args_is_help=True)

app.command(epilog=making.EXAMPLES)(making.init)
app.command(epilog=serving.EXAMPLES)(serving.serve)
app.command(epilog=checking.EXAMPLES)(checking.check_config)
app.command(epilog=doctoring.EXAMPLES)(doctoring.doctor)
app.command("appoint", epilog=appointing.EXAMPLES)(appointing.appoint_administrator)
app.command(epilog=backing_up.EXAMPLES)(backing_up.backup)
app.command(epilog=restoring.EXAMPLES)(restoring.restore)
app.add_typer(token_app, name="token")
app.add_typer(audit_app, name="audit")
audit_app.command(epilog=auditing.VERIFY_EXAMPLES)(auditing.verify)
audit_app.command(epilog=audit_reading.QUERY_EXAMPLES)(audit_reading.query)
audit_app.command(epilog=audit_reading.TAIL_EXAMPLES)(audit_reading.tail)
audit_app.command("public-key", epilog=auditing.PUBLIC_KEY_EXAMPLES)(auditing.public_key)
token_app.command(epilog=probing.EXAMPLES)(probing.probe)


@token_app.callback()
def _token() -> None:
    """Look at the token."""


def _print_version(*, is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version

        typer.echo(version("strongroom"))
        raise typer.Exit


@app.callback()
def _service(
    *,
    version: Annotated[  # its callback prints it
        bool,
        typer.Option(
            "--version",
            callback=lambda wanted: _print_version(is_wanted=wanted),
            is_eager=True,
            help="Print the version and end.",
        ),
    ] = False,
) -> None:
    """The Strongroom key management service."""
