"""How many requests may be under way in a worker, and how many of one account's."""

from dataclasses import dataclass

from strongroom.server.core.errors import Throttled
from strongroom.server.quotas import Refusals, Why

_RETRY_AFTER_S = 1.0
_LAST = 10  # the last tenth is for accounts that have less than an equal part


@dataclass(frozen=True, slots=True)
class Room:
    """How much a worker takes at once.

    Args:
        requests: how many requests; the others are refused.
        size: how many bytes they may have together.
        percent: of that, what one account may have while others have requests, too.
    """

    requests: int
    size: int
    percent: int


@dataclass(slots=True)
class Entry:
    """A request under way; its account is known once it has been identified."""

    size: int
    account_id: str | None = None


@dataclass(slots=True)
class _Held:
    requests: int = 0
    size: int = 0


class Admission:
    """The requests under way, for one event loop.

    grpc.aio's own limit would count calls that never sent a message, too, and answer without details.
    """

    def __init__(self, room: Room, refusals: Refusals) -> None:
        self._room = room
        self._refusals = refusals
        self._easy = _Held(self._part(room.requests), self._part(room.size))  # nobody has more than a part
        self._all = _Held()
        self._accounts: dict[str, _Held] = {}

    def enter(self, size: int) -> Entry:
        """Counts one more of so many bytes. `leave` follows in any case."""
        self._all.requests += 1
        self._all.size += size
        return Entry(size)

    def admit(self, entry: Entry, account_id: str) -> None:
        """Counts it among its account's.

        Raises:
            Throttled: it is one too many.
        """
        entry.account_id = account_id
        held = self._accounts.get(account_id) or self._accounts.setdefault(account_id, _Held())
        held.requests += 1
        held.size += entry.size
        if self._all.requests > self._easy.requests or self._all.size > self._easy.size:
            self._check(held, account_id)

    def _check(self, held: _Held, account_id: str) -> None:
        room = self._room
        if self._all.requests > room.requests or self._all.size > room.size:
            raise self._refused(Why.FULL, account_id, "Too many requests are under way here; try again.")
        if self._is_over(held.requests, self._all.requests, room.requests) or self._is_over(
            held.size, self._all.size, room.size
        ):
            raise self._refused(Why.SHARE, account_id, "Too many requests of the account are under way here.")

    def leave(self, entry: Entry) -> None:
        """Counts one less."""
        self._all.requests -= 1
        self._all.size -= entry.size
        if entry.account_id is None:
            return
        held = self._accounts[entry.account_id]
        held.requests -= 1
        held.size -= entry.size
        if not held.requests:
            del self._accounts[entry.account_id]

    def _is_over(self, own: int, total: int, most: int) -> bool:
        """True if an account that holds `own` of `total` has more than its part of `most`."""
        others = len(self._accounts) - 1
        if total > most - most // _LAST:
            return own > max(1, most // max(2, others + 1))
        return others > 0 and own > self._part(most)

    def _part(self, most: int) -> int:
        return max(1, min(most * self._room.percent // 100, most - most // _LAST))

    def _refused(self, why: Why, account_id: str, text: str) -> Throttled:
        self._refusals.note(why, account_id)
        return Throttled(text, retry_after_s=_RETRY_AFTER_S)
