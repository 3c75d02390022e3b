"""What is added to a chain while nobody writes it is never vouched for."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom.server.audit import AuditUnavailable, Head
from tests.support.audit import Trail, event, record
from tests.support.forging import KINDS, appended, decrypted, head_of_file, hostile, planted

FIRST, SECOND, THIRD = (f"worker-0-{number:08d}.jsonl" for number in (1, 2, 3))


@pytest.fixture
def trail(tmp_path: Path) -> Trail:
    """A process that was stopped."""
    trail = Trail(tmp_path)
    trail.run("worker-0", 4)
    return trail


def _opening(path: Path) -> Mapping[str, object]:
    details: Mapping[str, object] = json.loads(path.read_bytes().splitlines()[0])["serviceEventDetails"]
    return details


def _texts(trail: Trail) -> str:
    return "\n".join(f"{problem.place}: {problem.text}" for problem in trail.verified().problems)


def test_a_record_behind_the_end_is_a_problem_by_itself(trail: Trail) -> None:
    appended(trail.directory / FIRST, [decrypted()])
    (problem,) = trail.verified().problems
    assert problem.place == f"{FIRST}:9"
    assert "it was added when the chain had ended" in problem.text


def test_a_record_that_was_added_while_the_service_was_stopped_is_never_proven(
    trail: Trail, capsys: pytest.CaptureFixture[str]
) -> None:
    end = head_of_file(trail.directory / FIRST)
    appended(trail.directory / FIRST, [decrypted()])
    trail.run("worker-0", 4)
    assert "the audit trail isn't as the service left it" in capsys.readouterr().out
    said = _opening(trail.directory / SECOND)
    assert (said["follows"], said["otherwise"]) == (end.as_json(), FIRST)
    texts = _texts(trail)
    assert f"{FIRST}:9: it was added when the chain had ended" in texts
    assert f"{SECOND}: {FIRST} wasn't as the service had left it" in texts


def test_it_stays_said_when_the_record_is_taken_away_again(trail: Trail) -> None:
    whole = (trail.directory / FIRST).read_bytes()
    appended(trail.directory / FIRST, [decrypted()])
    trail.run("worker-0", 4)
    (trail.directory / FIRST).write_bytes(whole)
    (problem,) = trail.verified().problems
    assert "wasn't as the service had left it" in problem.text


def test_an_end_that_was_written_otherwise_is_not_gone_on_from(trail: Trail) -> None:
    end = head_of_file(trail.directory / FIRST)
    appended(trail.directory / FIRST, [decrypted()] * 5, without=2)
    trail.run("worker-0", 4)
    assert _opening(trail.directory / SECOND)["follows"] == end.as_json()
    assert trail.verified().problems


@pytest.mark.parametrize("number", [2, 3, 99999999])
def test_a_segment_that_was_planted_is_not_gone_on_from(trail: Trail, number: int) -> None:
    end = head_of_file(trail.directory / FIRST)
    path = planted(trail.directory, "worker-0", number, end)
    trail.run("worker-0", 4)
    trail.run("worker-0", 4)
    own = [file for file in trail.files() if file != path]
    assert [_opening(file)["number"] for file in own] == (
        [1, 3, 4] if number == 2 else [1, 2, 3 + (number == 3)]
    )
    assert _opening(own[1])["follows"] == end.as_json()
    assert trail.verified().problems


def test_a_chain_that_was_never_written_begins_at_one(tmp_path: Path) -> None:
    trail = Trail(tmp_path)
    planted(tmp_path, "worker-0", 41, Head("worker-0", 40, "0" * 16, 3))
    trail.run("worker-0", 1)
    assert _opening(tmp_path / FIRST)["follows"] is None
    assert "wasn't as the service had left it" in _texts(trail)


def test_what_a_killed_process_had_not_told_is_told_as_unproven(trail: Trail) -> None:
    trail.run("worker-0", 5, is_closed=False)
    known = trail.ledger.heads["worker-0"]
    sink = trail.sink("worker-0")
    sink.write([record(1)])
    trail.checkpoints(sink).make()
    sink.write([record(2), record(3)])
    known = trail.ledger.heads["worker-0"]
    sink.close()
    trail.ledger.save(known)  # as a kill leaves it
    trail.run("worker-0", 4)
    assert "otherwise" not in _opening(trail.directory / "worker-0-00000004.jsonl")
    found = trail.verified(with_ledger=True)
    assert not found.problems
    (note,) = found.notes
    assert (note.place, note.text) == (
        THIRD,
        "the last 2 records were written after the last signature before a crash: nothing proves them",
    )


def test_a_segment_that_was_begun_before_a_kill_is_gone_on_from(trail: Trail) -> None:
    """The ledger doesn't know it yet."""
    known = trail.ledger.heads["worker-0"]
    trail.sink("worker-0").close()
    trail.ledger.save(known)
    trail.run("worker-0", 4)
    assert [_opening(file)["number"] for file in trail.files()] == [1, 2, 3]
    assert not trail.verified(with_ledger=True).problems


def test_segments_that_were_begun_while_the_ledger_could_not_be_told_are_gone_on_from(tmp_path: Path) -> None:
    trail = Trail(tmp_path)
    sink = trail.sink("worker-0")
    known = trail.ledger.heads["worker-0"]
    for number in range(3):
        sink.write([record(number)])
        (tmp_path / FIRST).rename(tmp_path / "moved") if number == 1 else None
        sink.tend()
    (tmp_path / "moved").rename(tmp_path / FIRST)
    sink.close()
    trail.ledger.save(known)
    trail.run("worker-0", 4)
    assert [_opening(file)["number"] for file in trail.files()] == [1, 2, 3]
    found = trail.verified(with_ledger=True)
    assert not found.problems
    assert len(found.notes) == 2


@pytest.mark.parametrize("kind", [*KINDS, "unreadable"])
def test_nothing_in_the_directory_keeps_a_process_from_its_start(trail: Trail, kind: str) -> None:
    path = trail.directory / SECOND
    if kind == "unreadable":
        path.touch(mode=0)
    else:
        hostile(path, kind)
    trail.run("worker-0", 4)
    assert _opening(trail.directory / THIRD)["number"] == 3


def test_an_empty_file_that_a_kill_left_is_passed_over(trail: Trail) -> None:
    (trail.directory / SECOND).touch()
    trail.run("worker-0", 4)
    found = trail.verified(with_ledger=True)
    assert not found.problems
    assert [note.place for note in found.notes] == [SECOND]


def test_who_can_not_ask_the_ledger_goes_on_behind_the_files_and_vouches_for_nothing(trail: Trail) -> None:
    trail.ledger.is_away = True
    appended(trail.directory / FIRST, [decrypted()], without=2)
    trail.run("worker-0", 4)
    said = _opening(trail.directory / SECOND)
    assert said["vouched"] == 0
    assert said["follows"] == head_of_file(trail.directory / FIRST).as_json()


def test_a_ledger_is_told_before_another_process_may_begin(tmp_path: Path) -> None:
    trail = Trail(tmp_path)
    sink = trail.sink("worker-0")

    def save(head: Head) -> None:
        assert trail.ledger.find(head.name) != head
        with pytest.raises(AuditUnavailable):
            trail.sink("worker-0")

    sink.write([event("AuditSegmentClosed", {})])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("strongroom.server.audit.segments._LOCK_TIMEOUT_S", 0.0)
        patch.setattr(trail.ledger, "save", save)
        sink.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(taken=st.integers(0, 7), added=st.integers(0, 4), number=st.integers(1, 6), is_planted=st.booleans())
def test_whatever_is_done_to_a_stopped_chain_is_a_problem_after_its_next_run(
    tmp_path_factory: pytest.TempPathFactory, taken: int, added: int, number: int, *, is_planted: bool
) -> None:
    trail = Trail(tmp_path_factory.mktemp("trail"))
    trail.run("worker-0", 4)
    trail.run("worker-1", 4)
    path = trail.directory / FIRST
    whole = path.read_bytes()
    if is_planted:
        planted(trail.directory, "worker-0", number, head_of_file(path))
    else:
        appended(path, [decrypted()] * added, without=taken)
    is_changed = len(trail.files()) > 2 or path.read_bytes() != whole
    trail.run("worker-0", 4)
    trail.run("worker-1", 4)
    assert bool(trail.verified().problems) is is_changed
