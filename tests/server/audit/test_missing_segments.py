"""Whole segments that are taken away or put in are found, and archived ones where the operator says so."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom.server.audit import Head
from tests.support.audit import Trail
from tests.support.forging import FORGED_SEGMENT, appended, decrypted, head_of_file, planted


@pytest.fixture
def trail(tmp_path: Path) -> Trail:
    """Two processes that were started three times; the housekeeper names both at its end."""
    return _written(tmp_path)


def _written(directory: Path) -> Trail:
    trail = Trail(directory)
    for _ in range(3):
        trail.run("worker-0", 4)
        trail.run("worker-1", 4)
    trail.run("housekeeper", 2)
    return trail


def _path(trail: Trail, name: str, number: int) -> Path:
    return trail.directory / f"{name}-{number:08d}.jsonl"


def _drop(trail: Trail, name: str) -> None:
    for path in trail.directory.glob(f"{name}-*.jsonl"):
        path.unlink()


def _texts(trail: Trail, **begins: int) -> str:
    found = trail.verified(begins={name.replace("_", "-"): number for name, number in begins.items()})
    return "\n".join(f"{problem.place}: {problem.text}" for problem in found.problems)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_beginning_that_is_missing_is_a_problem_unless_it_was_archived(trail: Trail, count: int) -> None:
    for number in range(1, count + 1):
        _path(trail, "worker-1", number).unlink()
    assert f"worker-1-{count:08d}: a checkpoint was signed for its record" in _texts(trail)
    assert not _texts(trail, worker_1=count + 1)
    assert _texts(trail, worker_1=count)
    assert _texts(trail, worker_0=count + 1)
    found = trail.verified(with_ledger=True, begins={"worker-1": count + 1})
    assert (found.problems, found.notes) == ([], [])


def test_the_option_that_says_so_is_named(trail: Trail) -> None:
    _path(trail, "worker-1", 1).unlink()
    assert "if they were archived, --from-segment worker-1=2 says so" in _texts(trail)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_chain_that_is_gone_is_not_excused_by_a_segment_in_its_place(trail: Trail, number: int) -> None:
    ends = [head_of_file(_path(trail, "worker-1", one)) for one in (1, 2, 3)]
    _drop(trail, "worker-1")
    invented = Head("worker-1", number - 1, "0123456789abcdef", 7)
    planted(trail.directory, "worker-1", number, None if number == 1 else invented)
    assert "worker-1-00000003: a checkpoint was signed for its record" in _texts(trail)
    if number > 1:
        denied = f"what it says of the segment before it isn't so: segment {number - 1} was another one"
        assert denied in _texts(trail, worker_1=number)
    planted(trail.directory, "worker-1", number, ends[number - 2] if number > 1 else None)
    assert "doesn't know of it: it was added" in _texts(trail, worker_1=number) or number < 4
    assert _texts(trail)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"sequence": 2}, "segment 2 had 8 records at a checkpoint, not 2"),
        ({"digest": "f" * 64}, "segment 2 ended otherwise at a checkpoint"),
        ({"segment": FORGED_SEGMENT[::-1]}, "segment 2 was another one at a checkpoint"),
    ],
)
def test_what_a_segment_says_of_an_archived_one_must_be_what_was_signed(
    trail: Trail, change: dict[str, object], text: str
) -> None:
    said = head_of_file(_path(trail, "worker-1", 2))._replace(**change)  # type: ignore[arg-type]
    for number in (1, 2):
        _path(trail, "worker-1", number).unlink()
    planted(trail.directory, "worker-1", 3, said)
    assert text in _texts(trail, worker_1=3)


def test_a_chain_that_was_invented_is_a_problem_once_a_later_checkpoint_does_not_name_it(
    trail: Trail,
) -> None:
    planted(trail.directory, "worker-9", 1, None)
    texts = _texts(trail)
    assert "worker-9-00000001.jsonl: nothing proves it, and the checkpoint of housekeeper" in texts


def test_a_chain_that_has_just_begun_is_a_note(trail: Trail) -> None:
    sink = trail.sink("worker-9")
    sink.write([decrypted()])
    found = trail.verified()
    assert not found.problems
    assert {note.place for note in found.notes} == {"worker-9-00000001.jsonl"}
    sink.close()


@pytest.mark.parametrize("age_s", [-3 * 3600.0, 3600.0])
def test_the_time_that_an_added_segment_claims_does_not_help_it(trail: Trail, age_s: float) -> None:
    planted(trail.directory, "worker-1", 4, head_of_file(_path(trail, "worker-1", 3)), age_s=age_s)
    assert "doesn't know of it: it was added" in _texts(trail)


def test_a_segment_that_the_database_does_not_know_is_a_problem(tmp_path: Path) -> None:
    trail = Trail(tmp_path)
    trail.run("worker-1", 4)  # no other chain: its checkpoints name none
    planted(tmp_path, "worker-1", 2, head_of_file(_path(trail, "worker-1", 1)))
    assert not trail.verified().problems
    (problem,) = trail.verified(with_ledger=True).problems
    assert "the database doesn't know of it" in problem.text


def test_a_checkpoint_is_not_repeated(trail: Trail) -> None:
    """Nothing but a checkpoint may follow the end of a chain: not the copy of one."""
    path = _path(trail, "worker-1", 3)
    (last,) = path.read_bytes().splitlines()[-1:]
    record = json.loads(last)
    record.pop("chain")
    appended(path, [record])
    assert "a checkpoint that is the copy of another" in _texts(trail)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(data=st.data())
def test_any_segments_that_are_deleted_or_planted_are_a_problem(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    trail = _written(tmp_path_factory.mktemp("trail"))
    files = trail.files()
    ends = {path: head_of_file(path) for path in files}
    deleted = data.draw(st.sets(st.sampled_from(files)))
    added = data.draw(
        st.sets(st.tuples(st.sampled_from(["worker-0", "worker-1", "worker-9"]), st.integers(1, 5)))
    )
    if not deleted and not added:
        return
    for path in deleted:
        path.unlink()
    for name, number in added:
        before = _path(trail, name, number - 1)
        other = None if number == 1 else Head(name, number - 1, "0123456789abcdef", 7)
        planted(trail.directory, name, number, data.draw(st.sampled_from([ends.get(before, other), other])))
    assert trail.verified(with_ledger=True).problems
    if any(trail.directory.glob("housekeeper-*")):
        assert trail.verified().problems
