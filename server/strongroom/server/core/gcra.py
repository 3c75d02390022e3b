"""The generic cell rate algorithm: a token bucket that is one number.

Source: ITU-T I.371 and ATM Forum, Traffic Management 4.0 (GCRA, in its form of virtual scheduling). The
number is the theoretical arrival time: when the bucket will be full again. What it is ahead of now, times
the rate, is what was taken; a bucket whose time has passed is full, and needs no memory.
"""

import math
from typing import NamedTuple

_ROUNDING = 1e-3  # of a permit: times are sums, and never quite what they should be
_LEAST_WAIT_S = 1e-6


class Limit(NamedTuple):
    """How much may be taken from a bucket.

    Args:
        rate: permits a second.
        depth: permits that a full bucket gives at once, at least 1.
    """

    rate: float
    depth: float


class Taken(NamedTuple):
    """What was taken from a bucket.

    Args:
        full_at: the bucket's new time.
        permits: how many, perhaps fewer than were wanted.
        wait_s: if none: seconds until there is one.
    """

    full_at: float
    permits: int
    wait_s: float


def take(full_at: float, now: float, limit: Limit, wanted: int) -> Taken:
    """Takes permits from a bucket, as many as there are; where there is none nothing changes.

    Args:
        full_at: the bucket's time. One that no bucket of this limit can have, as after a change of the
            limit, counts as that of an empty bucket, and what is no number as that of a full one.
        now: the time on the same clock, in seconds.
        limit: of the bucket.
        wanted: at least 1.
    """
    ahead = full_at - now
    ahead = min(ahead, limit.depth / limit.rate) if ahead > 0 else 0.0
    permits = min(wanted, math.floor(limit.depth - ahead * limit.rate + _ROUNDING))
    if permits < 1:
        wait_s = ahead - (limit.depth - 1) / limit.rate
        return Taken(now + ahead, 0, max(wait_s, _LEAST_WAIT_S))
    return Taken(now + ahead + permits / limit.rate, permits, 0.0)


def give_back(full_at: float, now: float, limit: Limit, permits: int) -> float:
    """The time of a bucket that permits are given back to; a bucket that is full by then stays so.

    Args:
        full_at: the bucket's time.
        now: the time on the same clock, in seconds.
        limit: of the bucket.
        permits: how many.
    """
    return max(now, full_at - permits / limit.rate)
