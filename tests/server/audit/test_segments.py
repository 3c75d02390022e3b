"""Audit records are whole lines in a chain, or nothing is answered."""

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from strongroom.server.audit import AuditUnavailable, Fsync, SegmentRules
from tests.support.audit import Trail, record

_LIMIT = 2000
_WRITE_UP_TO_A_LIMIT = f"""
import resource, sys
from pathlib import Path
from strongroom.server.audit import AuditUnavailable
from tests.support.audit import Trail, record
trail = Trail(Path(sys.argv[1]))
sink = trail.sink("worker-0")
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, ({_LIMIT}, hard))
try:
    while True:
        sink.write([record(1), record(2)])
except AuditUnavailable as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
sink.write([record(3)])
sink.close()
"""


def _names(trail: Trail) -> list[str]:
    return [file.name for file in trail.files()]


def _lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("fsync", Fsync)
def test_records_are_lines_in_their_order(tmp_path: Path, fsync: Fsync) -> None:
    trail = Trail(tmp_path, SegmentRules(fsync))
    sink = trail.sink("worker-0")
    sink.write([record(1), record(2)])
    sink.write([record(3)])
    sink.tend()
    sink.close()
    opened, *rest = _lines(tmp_path / "worker-0-00000001.jsonl")
    assert opened["eventName"] == "AuditSegmentOpened"
    assert [line["n"] for line in rest] == [1, 2, 3]
    assert not trail.verified().problems


def test_the_files_are_their_owners_alone(tmp_path: Path) -> None:
    trail = Trail(tmp_path / "audit")
    trail.run("worker-0", 1)
    assert stat.S_IMODE((tmp_path / "audit").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "audit" / "worker-0-00000001.jsonl").stat().st_mode) == 0o600


def test_who_begins_again_writes_to_another_file_and_tells_where_the_last_one_ended(tmp_path: Path) -> None:
    trail = Trail(tmp_path)
    for _ in range(3):
        trail.run("worker-0", 2)
    trail.run("worker-0-x", 1)  # a chain whose name begins alike
    assert _names(trail) == [
        *(f"worker-0-0000000{n}.jsonl" for n in (1, 2, 3)),
        "worker-0-x-00000001.jsonl",
    ]
    found = trail.verified()
    assert not found.problems
    assert not found.notes


def test_a_full_disk_is_said_and_leaves_whole_records_only(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WRITE_UP_TO_A_LIMIT, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "audit file" in done.stdout
    lines = _lines(tmp_path / "worker-0-00000001.jsonl")
    assert lines[-1]["n"] == 3
    assert not Trail(tmp_path).verified().problems


@pytest.mark.parametrize("torn", [b"x", b'{"eventName":"Encrypt"', b"\x00" * 4096])
def test_half_a_record_that_a_crash_left_is_told_of_and_left_as_it_is(tmp_path: Path, torn: bytes) -> None:
    trail = Trail(tmp_path)
    trail.run("worker-0", 4, is_closed=False)
    with (tmp_path / "worker-0-00000001.jsonl").open("ab") as file:
        file.write(torn)
    (note, *_) = trail.verified().notes
    assert note.text == f"{len(torn)} bytes of half a record are at its end"
    trail.run("worker-0", 1)
    assert not trail.verified().problems
    with (tmp_path / "worker-0-00000001.jsonl").open("ab") as file:
        file.write(b"x")
    assert [p.text for p in trail.verified().problems] == [
        "what is behind its last record isn't what was there"
    ]


def test_a_renamed_file_is_followed_by_a_new_one_in_the_same_chain(tmp_path: Path) -> None:
    trail = Trail(tmp_path)
    sink = trail.sink("worker-0")
    sink.write([record(1)])
    sink.tend()
    assert len(trail.files()) == 1
    archive = tmp_path / "archive"
    archive.mkdir()
    (tmp_path / "worker-0-00000001.jsonl").rename(archive / "worker-0-00000001.jsonl")
    sink.write([record(2)])  # perhaps the archive had been copied before it
    sink.write([record(3)])
    sink.close()
    assert [line.get("n") for line in _lines(archive / "worker-0-00000001.jsonl")] == [None, 1, 2]
    assert [line.get("n") for line in _lines(tmp_path / "worker-0-00000002.jsonl")] == [None, 2, 3]
    assert not trail.verified(begins={"worker-0": 2}).problems
    (problem,) = trail.verified().problems
    assert "segments before it aren't here" in problem.text
    for file in archive.iterdir():
        file.rename(tmp_path / file.name)
    assert not trail.verified().problems


def test_a_file_that_is_looked_after_is_left_before_anything_goes_into_it(tmp_path: Path) -> None:
    sink = Trail(tmp_path).sink("worker-0")
    for look in (sink.tend, sink.require_room):
        moved = sink.path.rename(tmp_path / "moved")
        was = moved.read_bytes()
        look()
        sink.write([record(1)])
        assert moved.read_bytes() == was
    sink.close()


@pytest.mark.parametrize("fsync", Fsync)
def test_no_record_is_in_a_removed_file_alone(tmp_path: Path, fsync: Fsync) -> None:
    trail = Trail(tmp_path, SegmentRules(fsync))
    sink = trail.sink("worker-0")
    for number in range(3):
        for file in trail.files():
            file.unlink()
        sink.write([record(number)])
        (file,) = trail.files()
        assert [line.get("n") for line in _lines(file)] == [None, number]
    sink.close()


@pytest.mark.parametrize("take_away", [shutil.rmtree, lambda path: path.rename(path.with_name("elsewhere"))])
def test_nothing_is_written_while_the_directory_is_away(
    tmp_path: Path, take_away: Callable[[Path], object]
) -> None:
    trail = Trail(tmp_path / "audit")
    sink = trail.sink("worker-0")
    sink.write([record(1)])
    take_away(trail.directory)
    for refused in (sink.require_room, sink.tend, lambda: sink.write([record(2)])):
        with pytest.raises(AuditUnavailable, match="audit"):
            refused()
    trail.directory.mkdir()
    sink.write([record(3)])
    sink.close()
    (file,) = trail.files()
    assert [line.get("n") for line in _lines(file)] == [None, 3]
    assert not trail.verified(begins={"worker-0": 2}).problems


def test_another_file_at_the_path_is_not_ours(tmp_path: Path) -> None:
    trail = Trail(tmp_path)
    sink = trail.sink("worker-0")
    sink.path.unlink()
    sink.path.write_bytes(b"")
    sink.write([record(1)])
    sink.close()
    assert (tmp_path / "worker-0-00000001.jsonl").read_bytes() == b""
    assert [line.get("n") for line in _lines(tmp_path / "worker-0-00000002.jsonl")] == [None, 1]


def test_a_segment_that_is_large_enough_is_followed_by_another(tmp_path: Path) -> None:
    trail = Trail(tmp_path, SegmentRules(most_bytes=1000))
    sink = trail.sink("worker-0")
    for number in range(30):
        sink.write([record(number)])
        sink.tend()
    sink.close()
    assert len(trail.files()) > 3
    assert not trail.verified().problems


def test_a_chain_goes_on_where_its_files_were_taken_away(tmp_path: Path) -> None:
    trail = Trail(tmp_path)
    trail.run("worker-0", 3)
    (tmp_path / "worker-0-00000001.jsonl").unlink()
    trail.run("worker-0", 1)
    assert _names(trail) == ["worker-0-00000002.jsonl"]
    found = trail.verified(begins={"worker-0": 2})
    assert (found.problems, found.notes) == ([], [])


def test_two_processes_never_write_one_chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strongroom.server.audit.segments._LOCK_TIMEOUT_S", 0.1)
    trail = Trail(tmp_path)
    sink = trail.sink("worker-0")
    with pytest.raises(AuditUnavailable, match="Another process writes the audit trail of worker-0"):
        trail.sink("worker-0")
    trail.sink("worker-1").close()
    sink.close()
    trail.sink("worker-0").close()


def test_nothing_is_written_to_what_is_there_already(tmp_path: Path) -> None:
    trail = Trail(tmp_path)
    os.mkfifo(tmp_path / "elsewhere")
    (tmp_path / "worker-0-00000001.jsonl").symlink_to(tmp_path / "target")
    trail.sink("worker-0").close()
    assert not (tmp_path / "target").exists()
    assert "worker-0-00000002.jsonl" in _names(trail)


def test_a_directory_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "audit").write_text("a file")
    with pytest.raises(AuditUnavailable, match="audit"):
        Trail(tmp_path / "audit").sink("worker-0")
