"""The commands of `strongroomd`. What is heavy is imported by the command that needs it."""

from pathlib import Path
from typing import Annotated

import typer

from strongroom.server.cli.output import Output, fail, show_error

app = typer.Typer(
    name="strongroomd",
    help="The Strongroom key management service.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)
token_app = typer.Typer(help="Look at the token.", no_args_is_help=True)
app.add_typer(token_app, name="token")

DEFAULT_CONFIG = Path("/etc/strongroom/strongroom.toml")

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", envvar="STRONGROOMD_CONFIG", help="The configuration file.")
]
OutputOption = Annotated[Output, typer.Option("--output", "-o", help="How to answer.")]


@app.command(epilog="Example:  strongroomd serve --config var/dev/strongroom.toml --workers 2")
def serve(
    config: ConfigOption = DEFAULT_CONFIG,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Worker processes. [default: one a core]")
    ] = None,
) -> None:
    """Serve until SIGTERM or Ctrl-C.

    SIGHUP reads the certificates again.

    Exit codes: 0 stopped; 75 not now, try again; 78 the configuration must be changed.
    """
    from strongroom.server.config import load_settings
    from strongroom.server.process.logs import configure_logs
    from strongroom.server.process.supervisor import serve as run

    with show_error():
        settings = load_settings(config)
        configure_logs("supervisor", settings.log.level)
        raise typer.Exit(run(settings, config.absolute(), workers or settings.worker_count))


@app.command(epilog="Example:  strongroomd init --dir var/dev")
def init(
    directory: Annotated[Path, typer.Option("--dir", help="Where; it must not exist.")],
    name: Annotated[str, typer.Option(help="Name of the deployment and its token.")] = "dev",
    account_id: Annotated[str, typer.Option(help="The account that owns the keys.")] = "111122223333",
    region: Annotated[str, typer.Option(help="The Region in every ARN.")] = "eu-local-1",
    listen: Annotated[str, typer.Option(help="Address and port to serve on.")] = "127.0.0.1:8443",
    softhsm_module: Annotated[Path | None, typer.Option(help="SoftHSM's PKCS#11 module.")] = None,
) -> None:
    """Make a development deployment: SoftHSM token, database, CA and certificates, configuration.

    Overwrites nothing.
    """
    from strongroom.server.cli.development import DevelopmentPlan, make_deployment
    from strongroom.server.cli.output import console

    plan = DevelopmentPlan(directory.absolute(), name, account_id, region, listen, softhsm_module)
    with show_error():
        make_deployment(plan)
    console.print(
        f"Made a development deployment in [bold]{directory}[/].\n\n"
        f"  strongroomd serve --config {directory}/strongroom.toml\n"
        f"  . {directory}/env.sh && strongroom key create\n",
        highlight=False,
    )


__all__ = ["app", "fail"]
