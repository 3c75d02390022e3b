"""How fast keys rotate, so that callers don't notice.

A worker has to look for a material that it didn't make. Where the token goes through all its objects for
that, all that use it wait. Who looks learns of all that is new: so keys rotate in bursts, and the quiet after
a burst is a multiple of the time that a look takes.
"""

from collections.abc import Callable

QUIET_LOOKS = 200
MOST_QUIET_S = 30.0
_LEAST_BURST = 10
_KEYS_PER_QUIET_S = 2


class Pace:
    """The bursts of one round.

    Args:
        look_s: looks for what was made last; gives how many seconds that took.
    """

    def __init__(self, look_s: Callable[[str], float]) -> None:
        self._look_s = look_s
        self._burst = 0
        self._quiet_s = 0.0

    def quiet_after(self, key_id: str) -> float:
        """For how many seconds to be quiet after the rotation of a key; 0 within a burst."""
        self._burst += 1
        if self._burst == _LEAST_BURST:
            self._quiet_s = min(QUIET_LOOKS * self._look_s(key_id), MOST_QUIET_S)
        if self._burst < max(_LEAST_BURST, _KEYS_PER_QUIET_S * self._quiet_s):
            return 0.0
        self._burst = 0
        return self._quiet_s
