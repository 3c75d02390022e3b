"""The `strongroom` command and its global options."""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from strongroom.cli import (
    alias_commands,
    crypto_commands,
    grant_commands,
    key_commands,
    key_pair_commands,
    mac_commands,
    policy_commands,
    secret_commands,
    signing_commands,
    tag_commands,
    token_commands,
)
from strongroom.cli.failures import EXIT_CODES
from strongroom.cli.registration import register
from strongroom.cli.session import Output, Session
from strongroom.client import DEFAULT_TIMEOUT_S

app = typer.Typer(
    name="strongroom",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    epilog=EXIT_CODES,
)
app.add_typer(key_commands.app, name="key")
app.add_typer(alias_commands.app, name="alias")
app.add_typer(tag_commands.app, name="tag")
app.add_typer(policy_commands.app, name="policy")
app.add_typer(grant_commands.app, name="grant")
register(app, crypto_commands.COMMANDS)
register(app, signing_commands.COMMANDS)
register(app, mac_commands.COMMANDS)
register(app, secret_commands.COMMANDS)
register(app, key_pair_commands.COMMANDS)
register(app, token_commands.COMMANDS)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 # typer calls it so
    if wanted:
        sys.stdout.write(f"strongroom {version('strongroom')}\n")
        raise typer.Exit


@app.callback()
def main(
    context: typer.Context,
    endpoint: Annotated[str | None, typer.Option(envvar="STRONGROOM_ENDPOINT", help="host:port.")] = None,
    ca: Annotated[
        Path | None, typer.Option(envvar="STRONGROOM_CA", help="PEM of the authority that vouches for it.")
    ] = None,
    cert: Annotated[
        Path | None, typer.Option(envvar="STRONGROOM_CERT", help="PEM of the client certificate.")
    ] = None,
    key: Annotated[Path | None, typer.Option(envvar="STRONGROOM_KEY", help="PEM of its key.")] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            envvar="STRONGROOM_TOKEN_FILE",
            help="File with a bearer token (JWT), instead of a certificate; read anew when it is replaced.",
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds to wait for an answer.")
    ] = DEFAULT_TIMEOUT_S,
    output: Annotated[
        Output, typer.Option("--output", "-o", envvar="STRONGROOM_OUTPUT", help="How to answer.")
    ] = Output.TEXT,
    show_version: Annotated[  # noqa: ARG001 # its callback does the work
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Use the keys of a Strongroom key management service."""
    context.obj = Session(endpoint, ca, cert, key, token_file, timeout, output)
