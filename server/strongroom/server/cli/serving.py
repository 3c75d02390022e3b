"""`strongroomd serve`."""

from typing import Annotated

import typer

from strongroom.server.cli.options import DEFAULT_CONFIG, ConfigOption, examples
from strongroom.server.cli.output import show_error

EXAMPLES = examples(
    "strongroomd serve --config var/dev/strongroom.toml",
    "strongroomd serve --workers 2  [dim]# /etc/strongroom/strongroom.toml[/]",
)


def serve(
    config: ConfigOption = DEFAULT_CONFIG,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Worker processes, instead of server.workers.")
    ] = None,
) -> None:
    """Serve until SIGTERM or Ctrl-C; a second one stops at once.

    Certificates and issuers' keys are read again when they are replaced, and on SIGHUP.

    Exit codes: 0 stopped; 2 wrong usage; 75 not now, try again; 78 the configuration must be changed.
    """
    from strongroom.server.config import load_settings
    from strongroom.server.process.logs import configure_logs
    from strongroom.server.process.supervisor import serve as run

    with show_error():
        settings = load_settings(config, check_files=True)
        configure_logs("supervisor", settings.log.level)
        raise typer.Exit(run(settings, config.absolute(), workers or settings.worker_count))
