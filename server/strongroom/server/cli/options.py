"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

from strongroom.server.cli.output import Output

DEFAULT_CONFIG = Path("/etc/strongroom/strongroom.toml")

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", envvar="STRONGROOMD_CONFIG", help="The configuration file.")
]
OutputOption = Annotated[Output, typer.Option("--output", "-o", help="How to answer.")]


def examples(*lines: str) -> str:
    """An epilog of examples, a line each."""
    return "\n\n".join(["[bold]Examples[/]", *(f"  {line}" for line in lines)])
