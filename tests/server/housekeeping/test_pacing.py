"""The longer a look takes, the longer is the quiet, and the more keys rotate before it."""

import pytest

from strongroom.server.housekeeping.pacing import Pace


@pytest.mark.parametrize(
    ("look_s", "burst", "quiet_s"),
    [(0.0001, 10, 0.02), (0.02, 10, 4.0), (0.1, 40, 20.0), (0.3, 60, 30.0), (10.0, 60, 30.0)],
)
def test_a_burst_is_followed_by_quiet(look_s: float, burst: int, quiet_s: float) -> None:
    looked: list[str] = []

    def look(key_id: str) -> float:
        looked.append(key_id)
        return look_s

    pace = Pace(look)
    for number in range(2):
        quiet = [pace.quiet_after(f"{number} {key}") for key in range(1, burst + 1)]
        assert quiet == [0.0] * (burst - 1) + [pytest.approx(quiet_s)]
    assert looked == ["0 10", "1 10"]
