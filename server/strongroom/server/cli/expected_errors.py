"""The errors that people can do something about, and how the command then ends."""

from strongroom.server.cli.development import AlreadyInitialised
from strongroom.server.process.exit_codes import EXPECTED, exit_code_of
from strongroom.server.process.supervisor import AlreadyRunning

_EXPECTED = (AlreadyInitialised, AlreadyRunning, *EXPECTED)


def exit_code(error: Exception) -> int | None:
    """The exit code for an expected error, or None."""
    return int(exit_code_of(error)) if isinstance(error, _EXPECTED) else None
