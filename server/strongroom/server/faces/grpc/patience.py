"""Which requests are refused at once because they would wait too long for a thread."""

import time
from collections.abc import Mapping

from strongroom.server.core.errors import Throttled
from strongroom.server.fair_threads import FairThreads
from strongroom.server.operations import Lane
from strongroom.server.quotas import Refusals, Why
from strongroom.server.requests import Progress

_TIMES: Mapping[Lane, float] = {
    Lane.COMMON: 1.0,
    Lane.KEYS: 10.0,  # what makes keys takes seconds, and whoever asks for that expects it
    Lane.RSA_PAIRS: 10.0,
}
_MOST_RETRY_S = 60.0


class Patience:
    """Refuses what would wait longer than it may, or than its caller waits for it.

    Args:
        most_s: how many seconds a request may wait; some lanes have a multiple of it.
        refusals: counts who is refused.
    """

    def __init__(self, most_s: float, refusals: Refusals) -> None:
        self._most_s = most_s
        self._refusals = refusals

    def check(self, lane: Lane, threads: FairThreads, progress: Progress) -> None:
        """Returns if a request may wait for a thread of its lane.

        Raises:
            Throttled: it would wait too long.
        """
        wait_s = threads.expected_wait_s(progress.account_id)
        if not wait_s:
            return
        left_s = progress.arrival.deadline - time.monotonic()
        if wait_s > min(self._most_s * _TIMES[lane], left_s):
            self._refusals.note(Why.QUEUE, progress.account_id, lane.name.lower())
            raise Throttled(
                "Too many requests of the account are waiting here; try again later.",
                retry_after_s=min(wait_s, _MOST_RETRY_S),
            )
