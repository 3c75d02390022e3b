"""The longer others are held up by a burst, the longer is the quiet after it."""

import pytest

from strongroom.server.housekeeping.pacing import quiet_s


@pytest.mark.parametrize(
    ("making_s", "look_s", "expected"),
    [
        (0.1, 0.0001, 2.04),  # nobody is held up: only looks count
        (0.1, 0.02, 48.0),
        (0.1, 0.3, 160.0),
        (0.5, 1.0, 300.0),
        (0.1, 10.0, 300.0),
    ],
)
def test_a_burst_is_followed_by_quiet(making_s: float, look_s: float, expected: float) -> None:
    assert quiet_s(50, making_s, look_s) == pytest.approx(expected)
