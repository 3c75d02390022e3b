"""What an attempt is, and what attempts share."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pkcs11

from strongroom.hsm.capabilities import Capability, Finding
from strongroom.hsm.errors import CiphertextRejected
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.token_profiles import TokenProfile

_TIMED_RUNS = 3


class Fault(Exception):
    """An attempt ended as it must not."""

    def __init__(self, finding: Finding, detail: str) -> None:
        super().__init__(detail)
        self.finding = finding
        self.detail = detail


class Shown(NamedTuple):
    """What an attempt showed.

    Args:
        detail: how, in words.
        latency_us: how long one operation took, in microseconds.
    """

    detail: str
    latency_us: float = 0.0


class Attempt(NamedTuple):
    """A row of the probe.

    Args:
        capability: what is tried.
        mechanism: by which mechanism or function.
        run: tries it; raises Fault, PKCS11Error, or an HsmError of the operation.
    """

    capability: Capability
    mechanism: str
    run: Callable[[PooledSession, TokenProfile], Shown]


def timed(operation: Callable[[], Any]) -> float:
    """The shortest of a few runs, in microseconds: the others were held up by something else."""
    runs = []
    for _ in range(_TIMED_RUNS):
        started = time.perf_counter()
        operation()
        runs.append(time.perf_counter() - started)
    return min(runs) * 1e6


def is_refused(attempt: Callable[[], object]) -> bool:
    """True if the token, or what removes its encodings, refuses."""
    try:
        attempt()
    except (pkcs11.PKCS11Error, CiphertextRejected, NotImplementedError, AttributeError):
        return True
    return False
