"""The `strongroomd` command."""

import sys


def main() -> None:
    """The command's entry point."""
    try:
        from strongroom.server.cli.commands import app  # needs the extra `server`
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("strongroom"):
            raise
        sys.stderr.write(
            f"strongroomd needs the package {error.name}. Install the service:\n\n"
            "    pip install 'strongroom[server]'\n"
        )
        sys.exit(2)
    app()
