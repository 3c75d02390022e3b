"""How fast keys rotate, so that callers don't notice.

Where a token goes through all its objects to find one, as SoftHSM does, every object that one process makes
has all others go through them at their next call, and a worker has to look for what it didn't make.
Measured with 10,000 keys: 0.2 s, in which a worker answers nothing. So the materials of some keys are made
as fast as the token can, take effect together, and a long quiet follows.
"""

KEYS_AT_ONCE = 50

_QUIET = 400
_MOST_QUIET_S = 300.0


def quiet_s(keys: int, making_s: float, look_s: float) -> float:
    """For how many seconds to be quiet after a burst: 400 times what it holds up others.

    Args:
        keys: how many materials were made.
        making_s: how long that took.
        look_s: how long it takes to look for one; so much others are held up by each, and by their own look.
    """
    return min(_QUIET * (min(making_s, keys * look_s) + look_s), _MOST_QUIET_S)
