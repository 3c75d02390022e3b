"""Processes that share buckets."""

import fcntl
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from strongroom.server.core.gcra import Limit, take
from strongroom.server.quotas.bucket_file import BucketFile, bucket_name

TAKER = Path(__file__).parent / "taker.py"
NAME = bucket_name("account", "family")


@contextmanager
def taker(path: Path, rate: float, burst_s: float, most: int) -> Iterator["subprocess.Popen[str]"]:
    arguments = [sys.executable, str(TAKER), str(path), str(rate), str(burst_s), str(most)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def conform(uses: list[float], limit: Limit) -> bool:
    """True if a bucket that all of them had been taken from one by one had had each."""
    full_at = 0.0
    for use in sorted(uses):
        taken = take(full_at, use, limit, 1)
        full_at = taken.full_at
        if not taken.permits:
            return False
    return True


@pytest.mark.parametrize("processes", [2, 4])
@pytest.mark.parametrize(("rate", "burst_s"), [(2000.0, 0.5), (150.0, 1.0)])
def test_processes_together_keep_within_a_rate(
    tmp_path: Path, processes: int, rate: float, burst_s: float
) -> None:
    path = tmp_path / "quotas"
    most = int(rate * (burst_s + 0.5) / processes)  # so that they have to wait for the bucket
    running = [taker(path, rate, burst_s, most) for _ in range(processes)]
    uses: list[float] = []
    started = [one.__enter__() for one in running]
    try:
        for process in started:
            assert process.stdout is not None
            uses += json.loads(process.stdout.readline())
    finally:
        for one in running:
            one.__exit__(None, None, None)
    assert len(uses) == most * processes
    assert conform(uses, Limit(rate, rate * burst_s))


def test_a_process_that_is_killed_while_it_holds_a_lock_blocks_nobody(tmp_path: Path) -> None:
    path = tmp_path / "quotas"
    holder = (
        "import sys, time; from pathlib import Path\n"
        "from strongroom.server.quotas.bucket_file import BucketFile\n"
        "from strongroom.server.quotas.bucket_file import _Locked\n"
        "file = BucketFile(Path(sys.argv[1]))\n"
        "with _Locked(file._file, 0, 1 << 20):\n"
        "    print('held', flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with path.open("r+b") as other, pytest.raises(BlockingIOError):
            fcntl.lockf(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        process.kill()
        process.wait()
    assert BucketFile(path).take(NAME, Limit(10, 5), 1).permits == 1


def test_processes_killed_in_the_middle_leave_a_bucket_that_works(tmp_path: Path) -> None:
    path = tmp_path / "quotas"
    for _ in range(3):
        with taker(path, 100_000, 60, 10**9):
            time.sleep(0.05)
    file = BucketFile(path)
    assert file.take(NAME, Limit(100_000, 6_000_000), 10).permits == 10
    assert file.take(bucket_name("another"), Limit(10, 5), 9).permits == 5
