"""What is yet to be forwarded is told, whatever is in the directory."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from strongroom.server.audit import SegmentRules
from strongroom.server.audit.backlog import Backlog, backlog_of
from tests.support.audit import Trail

SEGMENTS = [(name, number) for name in ("worker-0", "worker-1") for number in (1, 2, 3)]


def _time_of(line: bytes) -> datetime:
    return datetime.fromisoformat(json.loads(line)["eventTime"])


def test_it_is_what_is_behind_the_place_that_each_chain_was_forwarded_to(tmp_path: Path) -> None:
    trail = Trail(tmp_path, SegmentRules(most_bytes=600))
    for name in ("worker-0", "worker-1"):
        for _ in range(3):
            trail.run(name, 2)
    sizes = [file.stat().st_size for file in trail.files()]
    lines = trail.files()[1].read_bytes().splitlines(keepends=True)
    first = trail.files()[0].read_bytes().splitlines()[0]
    assert backlog_of(tmp_path, {}) == Backlog(sum(sizes), _time_of(first))
    ends = {(name, number): sizes[3 * (name == "worker-1") + number - 1] for name, number in SEGMENTS}
    places = {**ends, ("worker-0", 2): len(lines[0]), ("worker-0", 3): 0}
    behind = backlog_of(tmp_path, places)
    assert behind == Backlog(sum(sizes[:3]) - sizes[0] - len(lines[0]), _time_of(lines[1]))
    assert backlog_of(tmp_path, ends) == Backlog(0, None)


def test_nothing_in_the_directory_keeps_who_asks_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "worker-0-00000001.jsonl")
    (tmp_path / "worker-0-00000002.jsonl").symlink_to("/dev/zero")
    (tmp_path / "worker-0-00000003.jsonl").mkdir()
    for number, text in enumerate((b"x", b"[]\n", b'{"eventTime":1}\n', b'{"eventTime":"2026-01-01"}\n')):
        (tmp_path / f"worker-1-0000000{number}.jsonl").write_bytes(text)
    (tmp_path / "another").write_text("x")
    with (tmp_path / "worker-2-00000001.jsonl").open("wb") as file:
        file.truncate(1 << 32)
    now = datetime.now(UTC)
    (tmp_path / "worker-3-00000001.jsonl").write_text(f'{{"eventTime":"{now.isoformat()}"}}\n')
    found = backlog_of(tmp_path, {})
    assert found.size > 1 << 32
    assert found.oldest == now


def test_a_directory_that_is_away_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        backlog_of(tmp_path / "audit", {})
