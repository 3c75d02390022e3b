"""Callers whose credentials were verified a moment ago."""

from collections.abc import Callable
from datetime import datetime

from strongroom.server.core.callers import Caller

_MOST = 4096


class RememberedCallers:
    """Callers by what proved them, each until that expires; thread-safe.

    It is never emptied but replaced by a new one : who verified something by keys that have been
    replaced meanwhile writes into what nobody reads any more.

    Args:
        clock: gives the time in UTC.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._known: dict[bytes, tuple[Caller, datetime]] = {}

    def get(self, proof: bytes) -> Caller | None:
        """The caller, unless it is unknown or what proved it has expired."""
        known = self._known.get(proof)
        return known[0] if known is not None and self._clock() < known[1] else None

    def put(self, proof: bytes, caller: Caller, good_until: datetime) -> None:
        """Remembers a caller; where there are too many, all others are forgotten."""
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[proof] = (caller, good_until)
