"""Audit records are whole lines, or nothing is answered."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from strongroom.server.audit import AuditUnavailable, JsonLinesSink

_LIMIT = 200
_WRITE_UP_TO_A_LIMIT = f"""
import resource, sys
from pathlib import Path
from strongroom.server.audit import AuditUnavailable, JsonLinesSink
sink = JsonLinesSink(Path(sys.argv[1]), "worker-0")
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, ({_LIMIT}, hard))
try:
    while True:
        sink.write([{{"id": "x" * 50}}, {{"id": "y" * 50}}])
except AuditUnavailable as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
sink.write([{{"id": "after"}}])
"""


def _lines(directory: Path) -> list[str]:
    return (directory / "worker-0.jsonl").read_text().splitlines()


@pytest.mark.parametrize("fsync", [False, True])
def test_records_are_lines_in_their_order(tmp_path: Path, *, fsync: bool) -> None:
    sink = JsonLinesSink(tmp_path, "worker-0", fsync=fsync)
    sink.write([{"n": 1}, {"n": 2}])
    sink.write([{"n": 3}])
    sink.close()
    assert [json.loads(line) for line in _lines(tmp_path)] == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_a_file_is_continued_and_only_its_owners(tmp_path: Path) -> None:
    for number in (1, 2):
        sink = JsonLinesSink(tmp_path / "audit", "worker-0")
        sink.write([{"n": number}])
        sink.close()
    assert len(_lines(tmp_path / "audit")) == 2
    assert stat.S_IMODE((tmp_path / "audit").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "audit" / "worker-0.jsonl").stat().st_mode) == 0o600


def test_a_full_disk_is_said_and_what_follows_is_whole(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WRITE_UP_TO_A_LIMIT, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "audit file" in done.stdout
    assert json.loads(_lines(tmp_path)[-1]) == {"id": "after"}


def test_a_renamed_file_is_followed_by_a_new_one(tmp_path: Path) -> None:
    sink = JsonLinesSink(tmp_path, "worker-0")
    sink.write([{"n": 1}])
    sink.follow()
    sink.write([{"n": 2}])
    (tmp_path / "worker-0.jsonl").rename(tmp_path / "old")
    sink.write([{"n": 3}])
    sink.follow()
    sink.write([{"n": 4}])
    sink.close()
    assert len((tmp_path / "old").read_text().splitlines()) == 3
    assert _lines(tmp_path) == ['{"n":4}']


def test_a_file_that_can_not_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "audit").write_text("a file")
    with pytest.raises(AuditUnavailable, match=r"worker-0\.jsonl"):
        JsonLinesSink(tmp_path / "audit", "worker-0")
