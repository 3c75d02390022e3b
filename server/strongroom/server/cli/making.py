"""`strongroomd init`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from strongroom.server.cli.options import OutputOption, examples
from strongroom.server.cli.output import Output, console, print_json, show_error

if TYPE_CHECKING:  # heavy
    from strongroom.server.cli.plans import DevelopmentPlan

EXAMPLES = examples(
    "strongroomd init --dir var/dev",
    "strongroomd init --dir var/hsm --token-profile vendor.toml --token-label keys --pin file:/etc/hsm/pin",
)
_NEW, _EXISTING = "A new SoftHSM token", "An existing token"


def init(  # every parameter is an option
    directory: Annotated[Path, typer.Option("--dir", help="Where; it must not exist, or be empty.")],
    name: Annotated[str, typer.Option(help="Name of the deployment and of a new token.")] = "dev",
    account_id: Annotated[str, typer.Option(help="The account that owns the keys.")] = "111122223333",
    region: Annotated[str, typer.Option(help="The Region in every ARN.")] = "eu-local-1",
    listen: Annotated[str, typer.Option(help="Address and port to serve on.")] = "127.0.0.1:8443",
    softhsm_module: Annotated[
        Path | None,
        typer.Option(help="SoftHSM's PKCS#11 module, if not in its usual place.", rich_help_panel=_NEW),
    ] = None,
    token_profile: Annotated[
        str | None, typer.Option(help="Name or path of its profile.", rich_help_panel=_EXISTING)
    ] = None,
    token_module: Annotated[
        Path | None,
        typer.Option(help="Its PKCS#11 module, if the profile has none.", rich_help_panel=_EXISTING),
    ] = None,
    token_label: Annotated[str | None, typer.Option(help="Its label.", rich_help_panel=_EXISTING)] = None,
    token_serial: Annotated[
        str | None, typer.Option(help="Its serial number.", rich_help_panel=_EXISTING)
    ] = None,
    pin: Annotated[
        str | None,
        typer.Option(
            help="Where its PIN is: file:PATH, env:NAME or credential:NAME. Never the PIN itself.",
            rich_help_panel=_EXISTING,
        ),
    ] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Make a development deployment: token, database, CA and certificates, configuration.

    Everything is made at once or not at all, and nothing is overwritten. An existing token isn't changed.

    Exit codes: 0 made; 1 there is something at that place; 2 wrong usage; 75 the token can't be made; 78 the
    token profile can't be used.
    """
    from strongroom.server.cli.development import make_deployment
    from strongroom.server.cli.plans import DevelopmentPlan, plan_token

    with show_error(output):
        token = plan_token(softhsm_module, token_profile, token_module, token_label, token_serial, pin)
        plan = DevelopmentPlan(directory.absolute(), name, account_id, region, listen, token)
        make_deployment(plan)
    _say_made(directory, plan, output)


def _say_made(directory: Path, plan: "DevelopmentPlan", output: Output) -> None:
    if output is Output.JSON:
        made = plan.directory
        print_json(
            {
                "directory": str(made),
                "config": str(made / "strongroom.toml"),
                "environment": str(made / "env.sh"),
            }
        )
        return
    console.print(
        f"[green]✓[/] Made a development deployment in [bold]{escape(str(directory))}[/]. Next:\n\n"
        f"  strongroomd token probe --config {escape(str(directory))}/strongroom.toml\n"
        f"  strongroomd serve --config {escape(str(directory))}/strongroom.toml\n"
        f"  . {escape(str(directory))}/env.sh && strongroom key create\n",
        soft_wrap=True,
    )
