"""How a process of the service ends, as sysexits.h numbers it."""

from enum import IntEnum

from strongroom.hsm import HsmError, PinRejected, PinUnavailable, ProfileInvalid, TokenAmbiguous
from strongroom.server.audit import AuditUnavailable
from strongroom.server.config import ConfigInvalid
from strongroom.server.store import SchemaUnknown, StoreDamaged, StoreError, StoreForeign


class ExitCode(IntEnum):
    """Exit codes of supervisor, workers and housekeeper."""

    OK = 0
    CRASHED = 70  # EX_SOFTWARE
    NOT_NOW = 75  # EX_TEMPFAIL: token, store or audit trail can't be had; the next start may succeed
    NEVER = 78  # EX_CONFIG: only a person can help


_NEVER = (
    ConfigInvalid,
    PinRejected,
    PinUnavailable,
    ProfileInvalid,
    SchemaUnknown,
    StoreDamaged,
    StoreForeign,
    TokenAmbiguous,
)


EXPECTED = (AuditUnavailable, ConfigInvalid, HsmError, OSError, StoreError)
"""The errors that keep a process from its work and are no defect of ours."""


def exit_code_of(error: Exception) -> ExitCode:
    """How a process ends that this error kept from starting."""
    return ExitCode.NEVER if isinstance(error, _NEVER) else ExitCode.NOT_NOW
