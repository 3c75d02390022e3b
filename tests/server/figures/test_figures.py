"""What processes count, and what stays of it."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from strongroom.server.figures import FigureFile, ProcessFigures, catalogue, read_figures
from strongroom.server.figures.files import Written
from strongroom.server.figures.series import Labels, Value


def _values(written: Written, family: catalogue.Family) -> dict[Labels, Value]:
    return dict(written.values[family.name])


def _only(directory: Path) -> Written:
    (written,) = read_figures(directory)
    return written


def test_a_process_goes_on_from_what_one_of_its_name_counted(tmp_path: Path) -> None:
    for _ in range(2):
        file = FigureFile(tmp_path, "worker-0", ProcessFigures("worker-0"))
        file.figures.answered("Encrypt", "OK", "111122223333")
        file.figures.left("Encrypt", 300_000)
        file.figures.gauge(catalogue.READY).set((), 1)
        file.write()
    found = _only(tmp_path)
    assert _values(found, catalogue.REQUESTS) == {("Encrypt", "OK", "111122223333"): 2}
    assert _values(found, catalogue.STARTS) == {("worker-0",): 2}
    (histogram,) = _values(found, catalogue.DURATION).values()
    assert isinstance(histogram, list)
    assert (sum(histogram[:-1]), histogram[2], histogram[-1]) == (2, 2, 600_000)
    assert FigureFile(tmp_path, "worker-0", ProcessFigures("worker-0")).figures.by_name
    fresh = ProcessFigures("worker-0")
    FigureFile(tmp_path, "worker-0", fresh)
    assert dict(fresh.gauge(catalogue.READY).values()) == {}


def test_duration_on_a_bound_is_within_it(tmp_path: Path) -> None:
    file = FigureFile(tmp_path, "w", ProcessFigures("w"))
    for duration_ns in (0, 100_000, 100_001, 10_000_000_000, 10_000_000_001):
        file.figures.left("Sign", duration_ns)
    file.write()
    (value,) = _values(_only(tmp_path), catalogue.DURATION).values()
    assert isinstance(value, list)
    assert (value[0], value[1], value[-3], value[-2]) == (2, 1, 1, 1)


def test_accounts_beyond_a_hundred_are_one() -> None:
    figures = ProcessFigures("w")
    for number in range(150):
        figures.answered("Sign", "OK", f"{number:012}")
    figures.answered("Sign", "CREDENTIALS_INVALID", "")
    counted = dict(figures.counter(catalogue.REQUESTS).values())
    assert len(counted) == 102
    assert counted["Sign", "OK", "other"] == 50
    assert counted["Sign", "CREDENTIALS_INVALID", "none"] == 1


def test_threads_lose_no_count() -> None:
    figures = ProcessFigures("w")

    def count(_: int) -> None:
        for _ in range(2000):
            figures.answered("Sign", "OK", "1")
            figures.token_calls.observe(("sign",), 1)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(count, range(8)))
    assert dict(figures.counter(catalogue.REQUESTS).values()) == {("Sign", "OK", "1"): 16000}
    ((_, histogram),) = figures.token_calls.values()
    assert histogram[0] == 16000  # type: ignore[index]


def test_totals_of_others_are_followed() -> None:
    figures = ProcessFigures("w")
    hits = figures.counter(catalogue.CACHE_HITS)
    hits.restore(("keys",), 10)
    for total in (3, 3, 5):
        hits.follow(("keys",), total)
    assert dict(hits.values()) == {("keys",): 15}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"pid": 1, "families": {"a": 1}}'])
def test_a_file_that_is_not_ours_counts_for_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "w.figures").write_text(text)
    assert list(read_figures(tmp_path)) == []
    FigureFile(tmp_path, "w", ProcessFigures("w")).write()
    assert _only(tmp_path).process == "w"


def test_figures_that_cannot_be_written_stop_nobody(tmp_path: Path) -> None:
    file = FigureFile(tmp_path / "a", "w", ProcessFigures("w"))
    (tmp_path / "a").rmdir()
    file.write()
    (tmp_path / "a").mkdir()
    file.write()
    assert _only(tmp_path / "a").process == "w"


def test_the_last_record_is_shown_when_there_was_one(tmp_path: Path) -> None:
    figures = ProcessFigures("w")
    figures.look()
    assert dict(figures.gauge(catalogue.LAST_RECORD).values()) == {}
    before = time.time()
    figures.recorded(3)
    figures.look()
    assert dict(figures.gauge(catalogue.LAST_RECORD).values())[()] >= before  # type: ignore[operator]
    assert dict(figures.counter(catalogue.RECORDS).values()) == {(): 3}


def test_every_family_has_a_name_of_its_own_and_its_unit() -> None:
    names = [family.name for family in catalogue.FAMILIES]
    assert len(set(names)) == len(names)
    for family in catalogue.FAMILIES:
        assert family.name.startswith("strongroom_")
        assert not family.name.endswith("_total")
        assert list(family.buckets) == sorted(family.buckets)
        assert bool(family.buckets) == (family.kind is catalogue.Kind.HISTOGRAM)
