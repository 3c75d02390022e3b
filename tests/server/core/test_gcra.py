"""Buckets that are one number: never more than they hold, never less than was promised."""

import math
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.server.core.gcra import Limit, give_back, take

LIMITS = st.builds(Limit, st.floats(0.01, 1_000_000), st.one_of(st.just(1.0), st.floats(1, 1_000_000)))
STEPS = st.lists(
    st.tuples(st.floats(0, 5, allow_subnormal=False), st.integers(1, 5000)), min_size=1, max_size=60
)


@given(LIMITS, STEPS)
def test_no_window_has_more_than_the_rate_allows_and_the_depth(
    limit: Limit, steps: list[tuple[float, int]]
) -> None:
    times = list(accumulate(step for step, _ in steps))
    full_at, granted = 0.0, []
    for now, (_, wanted) in zip(times, steps, strict=True):
        taken = take(full_at, now, limit, wanted)
        full_at = taken.full_at
        granted.append(taken.permits)
    for first in range(len(times)):
        for last in range(first, len(times)):
            allowed = limit.rate * (times[last] - times[first]) + limit.depth
            assert sum(granted[first : last + 1]) <= allowed * (1 + 1e-9) + 2e-3


@given(LIMITS, st.floats(0, 1e7), st.floats(0, 1e7), st.permutations([1, 2, 7, 40]))
def test_the_order_in_which_permits_are_taken_does_not_matter(
    limit: Limit, full_at: float, now: float, order: list[int]
) -> None:
    one = other = take(full_at, now, limit, 1).full_at
    for wanted in sorted(order):
        for _ in range(wanted):
            one = take(one, now, limit, 1).full_at
    for wanted in order:
        other = take(other, now, limit, wanted).full_at
    assert abs(one - other) * limit.rate < 1.01  # at most one, by rounding, where the last fits exactly


@given(LIMITS, st.floats(0, 1e7))
def test_a_full_bucket_gives_its_depth_at_once(limit: Limit, now: float) -> None:
    assert take(0.0, now, limit, 10_000_000).permits == math.floor(limit.depth + 1e-3)


@given(LIMITS, st.floats(0, 1e6))
def test_who_waits_as_long_as_told_gets_one(limit: Limit, now: float) -> None:
    emptied = take(0.0, now, limit, 10_000_000)
    refused = take(emptied.full_at, now, limit, 1)
    assert refused.permits == 0
    assert (
        abs(refused.full_at - emptied.full_at) * limit.rate < 2e-3
    )  # by rounding, where the last fits just so
    assert 0 < refused.wait_s <= 1 / limit.rate + 1e-6
    assert take(refused.full_at, now + refused.wait_s + 1e-6, limit, 1).permits == 1


@pytest.mark.parametrize("full_at", [math.inf, 1e300, 10_000.0])
def test_a_time_that_no_bucket_can_have_is_that_of_an_empty_one(full_at: float) -> None:
    limit = Limit(10, 20)
    refused = take(full_at, 5.0, limit, 1)
    assert refused.permits == 0
    assert refused.wait_s == pytest.approx(0.1)
    assert take(refused.full_at, 5.1 + 1e-6, limit, 1).permits == 1


@pytest.mark.parametrize("full_at", [math.nan, -math.inf, -1.0])
def test_what_is_no_time_is_that_of_a_full_bucket(full_at: float) -> None:
    assert take(full_at, 5.0, Limit(10, 20), 100).permits == 20


@given(LIMITS, st.floats(0, 1e6), st.floats(0, 1e6), st.integers(1, 5000))
def test_what_is_given_back_at_once_was_never_taken(
    limit: Limit, full_at: float, now: float, wanted: int
) -> None:
    taken = take(full_at, now, limit, wanted)
    after = give_back(taken.full_at, now, limit, taken.permits)
    before = min(max(full_at, now), now + limit.depth / limit.rate)
    assert abs(after - before) * limit.rate < 2e-3


@given(LIMITS, st.floats(0, 1e6), st.floats(0, 1e6), st.integers(1, 5000))
def test_a_bucket_is_never_more_than_full(limit: Limit, full_at: float, now: float, permits: int) -> None:
    assert give_back(full_at, now, limit, permits) >= now
