"""Whatever is done to an audit trail is found."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom.server.audit import SegmentRules
from strongroom.server.audit.chain import Head, linked
from tests.support.audit import Signer, Trail, event, record

FIRST, SECOND = "worker-0-00000001.jsonl", "worker-0-00000002.jsonl"
OTHER = "worker-1-00000001.jsonl"


@pytest.fixture
def trail(tmp_path: Path) -> Trail:
    """Two processes; one of them was started again."""
    trail = Trail(tmp_path)
    trail.run("worker-0", 7)
    trail.run("worker-1", 5)
    trail.run("worker-0", 8)
    return trail


def _change(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def test_an_untouched_trail_is_as_written_and_wholly_proven(trail: Trail) -> None:
    found = trail.verified()
    assert (found.problems, found.notes) == ([], [])
    assert len(found.segments) == 3
    assert found.records == sum(len(file.read_bytes().splitlines()) for file in trail.files())
    assert found.checkpoints == (2 + 1) + (1 + 1) + (2 + 1)


@pytest.mark.parametrize("name", [FIRST, SECOND, OTHER])
@pytest.mark.parametrize(
    "change",
    [
        lambda lines, n: [*lines[:n], lines[n].replace(b'"', b"'", 1), *lines[n + 1 :]],
        lambda lines, n: [*lines[:n], *lines[n + 1 :]],
        lambda lines, n: [*lines[:n], lines[n], lines[n], *lines[n + 1 :]],
        lambda lines, n: [*lines[:n], *lines[n : n + 2][::-1], *lines[n + 2 :]],
        lambda lines, n: [*lines[:n], b'{"eventName":"Encrypt"}\n', *lines[n:]],
        lambda lines, n: [*lines[:n], b"\n", *lines[n:]],
        lambda lines, n: [*lines[:n], lines[n].replace(b"Encrypt", b"Decrypt"), *lines[n + 1 :]],
    ],
    ids=["broken", "removed", "repeated", "swapped", "inserted", "empty", "altered"],
)
def test_a_change_of_any_line_is_found(
    trail: Trail, name: str, change: Callable[[list[bytes], int], list[bytes]]
) -> None:
    path = trail.directory / name
    whole = path.read_bytes()
    for number in range(len(whole.splitlines())):
        _change(path, lambda lines, n=number: change(lines, n))  # type: ignore[misc]
        if path.read_bytes() != whole:
            found = trail.verified()
            assert found.problems or found.notes, number
            assert trail.verified(with_ledger=True).problems, number
        path.write_bytes(whole)


@pytest.mark.parametrize("name", [FIRST, SECOND, OTHER])
def test_a_truncation_of_any_segment_is_found(trail: Trail, name: str) -> None:
    path = trail.directory / name
    whole = path.read_bytes().splitlines(keepends=True)
    for kept in range(len(whole)):
        path.write_bytes(b"".join(whole[:kept]))
        found = trail.verified()
        assert found.problems or found.notes, kept
        assert trail.verified(with_ledger=True).problems, kept
        path.write_bytes(b"".join(whole[:kept]) + whole[kept][:-5])
        assert trail.verified(with_ledger=True).problems, kept
    path.unlink()
    found = trail.verified(with_ledger=True)
    assert found.problems or found.notes


def test_what_another_chain_was_signed_for_proves_it(trail: Trail) -> None:
    path = trail.directory / OTHER
    _change(path, lambda lines: lines[:-3])
    (problem,) = trail.verified().problems
    assert "it had 9 at a checkpoint" in problem.text


def test_a_segment_that_is_gone_is_named(trail: Trail) -> None:
    (trail.directory / OTHER).unlink()
    (problem,) = trail.verified().problems
    assert problem.place == "worker-1-00000001"
    (trail.directory / FIRST).unlink()
    texts = [problem.text for problem in trail.verified().problems]
    assert any("segments before it aren't here, 1 was the last of them" in text for text in texts)
    (trail.directory / SECOND).rename(trail.directory / "worker-0-00000003.jsonl")
    assert any("was renamed" in problem.text for problem in trail.verified().problems)


def test_a_chain_written_anew_without_the_key_is_found(trail: Trail) -> None:
    """Who has the disk can make every digest anew, but no checkpoint."""
    path = trail.directory / OTHER
    records = [json.loads(line) for line in path.read_bytes().splitlines()]
    segment = records[0]["chain"]["segment"]
    bodies = []
    for one in records:
        del one["chain"]
        if one["eventName"] == "Encrypt":
            one["n"] = 99
        bodies.append(json.dumps(one).encode())
    data, _ = linked(bodies, Head("worker-1", 1, segment))
    path.write_bytes(data)
    assert trail.verified().problems
    without = [body for body in bodies if b"AuditCheckpoint" not in body]
    path.write_bytes(linked(without, Head("worker-1", 1, segment))[0])
    assert trail.verified().problems  # another chain's checkpoints know of it


def test_checkpoints_of_another_key_prove_nothing(trail: Trail) -> None:
    trail.signer = Signer()
    texts = {problem.text for problem in trail.verified().problems}
    assert texts == {"a checkpoint that proves nothing: it is signed with another key than the one given"}


def test_a_checkpoint_stands_for_no_other_segment(trail: Trail) -> None:
    lines = (trail.directory / FIRST).read_bytes().splitlines(keepends=True)
    stolen = next(line for line in lines if b"AuditCheckpoint" in line)
    _change(trail.directory / OTHER, lambda here: [*here, stolen])
    assert trail.verified().problems


def test_without_the_token_records_go_on_and_are_proven_later(tmp_path: Path) -> None:
    trail = Trail(tmp_path)
    trail.signer.is_away = True
    trail.run("worker-0", 4)
    (note,) = trail.verified().notes
    assert note.text == "no signature proves the last 6 records yet"
    trail.signer.is_away = False
    trail.run("worker-0", 1)
    found = trail.verified()
    assert (found.problems, found.notes) == ([], [])


def test_a_process_that_writes_or_was_killed_is_told_apart_from_one_that_ended(tmp_path: Path) -> None:
    trail = Trail(tmp_path)
    trail.run("worker-0", 4, is_closed=False)
    texts = [note.text for note in trail.verified().notes]
    assert texts == [
        "no signature proves the last 1 records yet",
        "it isn't closed: its process writes it, or was killed",
    ]


def test_rotated_segments_are_proven_by_those_behind_them(tmp_path: Path) -> None:
    trail = Trail(tmp_path, SegmentRules(most_bytes=600))
    sink = trail.sink("worker-0")
    for number in range(9):
        sink.write([record(number)])
        sink.tend()
    sink.write([event("AuditSegmentClosed", {})])
    trail.checkpoints(sink).make()
    sink.close()
    found = trail.verified()
    assert len(found.segments) > 2
    assert (found.problems, found.notes) == ([], [])
    lines = trail.files()[0].read_bytes().splitlines(keepends=True)
    trail.files()[0].write_bytes(b"".join(lines[:-1]))
    assert trail.verified().problems


def test_a_file_that_is_no_segment_is_a_problem(trail: Trail) -> None:
    (trail.directory / "notes.jsonl").write_text("{}\n")
    (problem,) = trail.verified().problems
    assert problem.text == "it hasn't the name of a segment"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(data=st.data())
def test_any_other_byte_anywhere_is_found(trail: Trail, data: st.DataObject) -> None:
    path = trail.directory / data.draw(st.sampled_from([FIRST, SECOND, OTHER]))
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[place]))
    path.write_bytes(whole[:place] + bytes([other]) + whole[place + 1 :])
    try:
        assert trail.verified(with_ledger=True).problems
    finally:
        path.write_bytes(whole)
