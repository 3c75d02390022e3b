"""The `strongroom` command: a client."""

from strongroom.cli.commands import app


def main() -> None:
    """The command's entry point."""
    app()


__all__ = ["main"]
