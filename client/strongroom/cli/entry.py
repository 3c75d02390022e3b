"""The entry point: output that can't be written ends the command with an error, not with a traceback."""

import os
import sys

from strongroom.cli.commands import app
from strongroom.cli.failures import ExitCode


def main() -> None:
    """Runs the command."""
    if sys.stdout is None:
        sys.exit("strongroom: standard output is closed; send it to /dev/null if it isn't wanted.")
    try:
        try:
            app()
        finally:  # a command ends by SystemExit
            sys.stdout.flush()
    except OSError as error:
        _abandon_output()
        _end(f"input or output failed: {error.strerror or error}.")
    except UnicodeError:
        _end("arguments and text must be UTF-8.")


def _abandon_output() -> None:
    """What can't be written isn't tried again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _end(reason: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(f"strongroom: {reason}\n")
    sys.exit(ExitCode.USAGE)
