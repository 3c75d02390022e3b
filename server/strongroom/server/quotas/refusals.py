"""How many requests were refused, for whoever shows figures."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from threading import Lock
from typing import NamedTuple


class Why(StrEnum):
    """Why a request was refused before it was looked at."""

    RATE = "rate"
    SHARE = "share"
    FULL = "full"
    QUEUE = "queue"


class Refused(NamedTuple):
    """One sort of refusal.

    Args:
        why: the reason.
        account_id: whose requests; empty for callers whom nobody knows.
        what: the family of a rate, the lane of a queue, or empty.
    """

    why: Why
    account_id: str
    what: str


class Refusals:
    """Counts refusals of one worker since its start; thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[Refused] = Counter()

    def note(self, why: Why, account_id: str, what: str = "") -> None:
        """Counts one more."""
        with self._lock:
            self._counts[Refused(why, account_id, what)] += 1

    def counts(self) -> Mapping[Refused, int]:
        """A copy of the counts."""
        with self._lock:
            return dict(self._counts)
