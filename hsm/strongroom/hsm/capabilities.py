"""What a token can do, as its probe found out."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Capability(Enum):
    """Something that the service needs of a token; the value says it to people."""

    RANDOM = "random numbers"
    AES_256_GCM = "AES-256-GCM encryption"
    PROTECTED_KEYS = "keys that can't be taken out"


class Finding(Enum):
    """What the probe found."""

    SUPPORTED = "supported"
    UNSUPPORTED = "unsupported"  # the token says so
    FAILED = "failed"  # it says it can, and gives wrong or no results
    LYING = "lying"  # it promises protection and doesn't enforce it
    SWITCHED_OFF = "switched off"  # by the token profile


@dataclass(frozen=True, slots=True)
class CapabilityRow:
    """One row of the probe's table.

    Args:
        capability: what was tried.
        mechanism: by which PKCS#11 mechanism or function.
        finding: what came of it.
        detail: how it was shown, or what is wrong.
    """

    capability: Capability
    mechanism: str
    finding: Finding
    detail: str


@dataclass(frozen=True, slots=True)
class CapabilityReport:
    """All rows of a probe."""

    rows: tuple[CapabilityRow, ...]

    def row(self, capability: Capability) -> CapabilityRow:
        """The row of one capability."""
        return self._by_capability[capability]

    def supports(self, capability: Capability) -> bool:
        """True if the probe proved it."""
        return self.row(capability).finding is Finding.SUPPORTED

    def missing(self, *needed: Capability) -> str:
        """What is missing of the needed capabilities, in words; empty if nothing is."""
        rows = [self.row(capability) for capability in needed if not self.supports(capability)]
        return "; ".join(
            f"the token has no {row.capability.value} ({row.mechanism}: {row.finding.value}, {row.detail})"
            for row in rows
        )

    @property
    def _by_capability(self) -> Mapping[Capability, CapabilityRow]:
        return {row.capability: row for row in self.rows}


SYMMETRIC_KEYS = (Capability.RANDOM, Capability.AES_256_GCM, Capability.PROTECTED_KEYS)
"""What SYMMETRIC_DEFAULT keys need."""
