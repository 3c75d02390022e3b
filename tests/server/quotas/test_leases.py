"""Workers that take several permits at once still keep within the rate."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.server.core.gcra import Limit, take
from strongroom.server.quotas.bucket_file import BucketFile, bucket_name
from strongroom.server.quotas.leases import LeasedBucket

NAME = bucket_name("account", "family")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@settings(max_examples=60)
@given(
    rate=st.sampled_from([0.5, 40.0, 300.0, 5000.0]),
    burst_s=st.sampled_from([0.05, 0.3, 2.0]),
    steps=st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from([0.0, 0.0, 0.001, 0.05, 0.2, 3.0]), st.integers(1, 400)),
        max_size=40,
    ),
    gives_back=st.booleans(),
)
def test_workers_never_use_more_than_the_rate_and_the_burst(
    rate: float, burst_s: float, steps: list[tuple[int, float, int]], *, gives_back: bool
) -> None:
    clock = Clock()
    limit = Limit(rate, max(1.0, rate * burst_s) + 1e-2)
    with TemporaryDirectory() as directory:
        file = BucketFile(Path(directory) / "quotas", clock)
        workers = [LeasedBucket(file, NAME, rate, burst_s, clock) for _ in range(3)]
        full_at = 0.0
        for worker, pause_s, wanted in steps:
            clock.now += pause_s
            for number in range(wanted):
                if workers[worker].take() == 0:
                    if gives_back and number % 2:
                        workers[worker].give_back()
                        continue
                    used = take(full_at, clock.now, limit, 1)
                    assert used.permits == 1
                    full_at = used.full_at
        file.close()


def test_who_makes_few_requests_gets_the_whole_rate(tmp_path: Path) -> None:
    """Permits that are leased and not used are lost: few are leased by who uses few."""
    clock = Clock()
    file = BucketFile(tmp_path / "quotas", clock)
    workers = [LeasedBucket(file, NAME, 1000, 2.0, clock) for _ in range(50)]
    for _ in range(400):  # 20 s at 95 % of the rate, over fifty workers
        clock.now += 0.05
        assert [worker.take() for worker in workers[:47]] == [0.0] * 47


def test_a_busy_worker_seldom_asks_the_file(tmp_path: Path) -> None:
    asked: list[int] = []

    class Counting(BucketFile):
        def take(self, name: bytes, limit: Limit, wanted: int):  # type: ignore[no-untyped-def] # noqa: ANN202
            asked.append(wanted)
            return super().take(name, limit, wanted)

    clock = Clock()
    bucket = LeasedBucket(Counting(tmp_path / "quotas", clock), NAME, 10_000, 2.0, clock)
    for _ in range(5000):
        clock.now += 0.0002  # half of the rate
        assert bucket.take() == 0
    assert len(asked) < 5000 / 30


def test_where_there_is_no_room_a_worker_keeps_the_rate_alone(tmp_path: Path) -> None:
    clock = Clock()
    file = BucketFile(tmp_path / "quotas", clock)
    for number in range(1, 17):
        file.take(NAME[:1] + number.to_bytes(15), Limit(0.01, 1), 1)
    buckets = [LeasedBucket(file, NAME, 10, 1.0, clock) for _ in range(2)]
    for bucket in buckets:
        assert [bucket.take() for _ in range(12)].count(0.0) == 10
        assert 0 < bucket.take() < 0.11


def test_a_file_that_cannot_be_written_does_not_lift_the_limit(tmp_path: Path) -> None:
    clock = Clock()
    file = BucketFile(tmp_path / "quotas", clock)
    bucket = LeasedBucket(file, NAME, 10, 1.0, clock)
    file.close()
    assert [bucket.take() for _ in range(12)].count(0.0) == 10
