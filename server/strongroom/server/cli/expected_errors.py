"""The errors that people can do something about, and how the command then ends."""

from strongroom.hsm import HsmError
from strongroom.server.audit import AuditUnavailable
from strongroom.server.cli.development import AlreadyInitialised
from strongroom.server.config import ConfigInvalid
from strongroom.server.process.exit_codes import exit_code_of
from strongroom.server.process.supervisor import AlreadyRunning
from strongroom.server.store import StoreError

_EXPECTED = (
    AlreadyInitialised,
    AlreadyRunning,
    AuditUnavailable,
    ConfigInvalid,
    HsmError,
    OSError,
    StoreError,
)


def exit_code(error: Exception) -> int | None:
    """The exit code for an expected error, or None."""
    return int(exit_code_of(error)) if isinstance(error, _EXPECTED) else None
