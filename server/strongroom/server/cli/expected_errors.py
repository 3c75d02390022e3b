"""The errors that people can do something about, and how the command then ends."""

from collections.abc import Mapping

from strongroom.server.cli.appointing import NotAppointable
from strongroom.server.cli.audit_anchors import NoPublicKey
from strongroom.server.cli.audit_choices import NameUnknown
from strongroom.server.cli.audit_reading import TimeInvalid
from strongroom.server.cli.audit_trails import NoTrail
from strongroom.server.cli.auditing import NothingToVerify, SegmentInvalid
from strongroom.server.cli.backups.errors import BackupExists, BackupUnusable, NotConfirmed, TokenNeeded
from strongroom.server.cli.development import AlreadyInitialised
from strongroom.server.cli.plans import PlanInvalid
from strongroom.server.process.exit_codes import EXPECTED, ExitCode, exit_code_of
from strongroom.server.process.supervisor import AlreadyRunning

_CODES: Mapping[type[Exception], int] = {
    AlreadyInitialised: 1,
    AlreadyRunning: ExitCode.NOT_NOW,
    NoPublicKey: ExitCode.NOT_NOW,
    NameUnknown: 2,
    NoTrail: ExitCode.NOT_NOW,
    NothingToVerify: 2,
    SegmentInvalid: 2,
    TimeInvalid: 2,
    BackupExists: 1,
    BackupUnusable: ExitCode.NEVER,
    NotAppointable: 2,
    NotConfirmed: 1,
    PlanInvalid: 2,
    TokenNeeded: ExitCode.NOT_NOW,
}


def exit_code(error: Exception) -> int | None:
    """The exit code for an expected error, or None."""
    own = _CODES.get(type(error))
    if own is not None:
        return int(own)
    return int(exit_code_of(error)) if isinstance(error, EXPECTED) else None
