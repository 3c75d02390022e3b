"""Keys rotate by themselves: when their date has come, and when their material has encrypted enough.

NIST SP 800-38D §8.3 allows 2^32 encryptions with random IVs under one material;
at half of them another is made.
"""

import time

from strongroom.hsm import Token
from strongroom.server.audit import RecordWriter
from strongroom.server.housekeeping.bursts import Burst
from strongroom.server.housekeeping.pacing import KEYS_AT_ONCE
from strongroom.server.housekeeping.progress import Progress
from strongroom.server.operations import MaterialMaker
from strongroom.server.store import Store

MOST_ENCRYPTIONS = 2**31

_PAUSE_S = 0.002  # for the requests that want the store, too
_MOST_S = 30.0  # other jobs wait


class Rotation:
    """One round of rotating what is due.

    Args:
        store: knows the keys.
        token: tells how long it takes to look for a material.
        maker: makes the materials.
        records: told of every rotation before it takes effect: a crash hides none.
    """

    def __init__(self, store: Store, token: Token, maker: MaterialMaker, records: RecordWriter) -> None:
        self._store = store
        self._burst = Burst(store, token, maker, records, MOST_ENCRYPTIONS)

    def run(self, progress: Progress) -> int:
        """Rotates what is due, for half a minute and the quiet after it; gives how many keys.

        What the token refuses of one keeps back no other. What was begun is carried out whatever ends the
        round.

        Raises:
            HsmError, StoreError, AuditUnavailable, RoundOver: the rest is left for the next time.
        """
        rotated, end = 0, time.monotonic() + _MOST_S
        try:
            for key_id in progress.over(self._store.due_rotations(MOST_ENCRYPTIONS)):
                self._burst.begin(key_id)
                time.sleep(_PAUSE_S)
                if len(self._burst) == KEYS_AT_ONCE:
                    rotated += self._burst.carry_out()
                    progress.pause(self._burst.quiet_s())
                    if time.monotonic() > end:
                        break  # the next round goes on
        finally:
            rotated += self._burst.carry_out()
        return rotated
