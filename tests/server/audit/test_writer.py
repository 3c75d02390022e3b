"""A trail that couldn't be written isn't believed before it surely can be."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from strongroom.server.audit import AuditUnavailable, RecordMaker, RecordWriter
from strongroom.server.core.arns import Realm
from strongroom.server.core.clock import utc_now
from tests.support.audit import Trail
from tests.support.disks import fill, small_disk

_MIB = 1024 * 1024


def _writer(trail: Trail) -> RecordWriter:
    realm = Realm("aws", "eu-central-1", "111122223333")
    return RecordWriter(trail.sink("worker-0"), RecordMaker(realm, utc_now, lambda: str(uuid4())))


def _events(trail: Trail) -> list[str]:
    return [json.loads(line)["eventName"] for file in trail.files() for line in file.read_text().splitlines()]


def _until_full(writer: RecordWriter) -> None:
    with pytest.raises(AuditUnavailable):
        while True:
            writer.write_service_event("Something", {})


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Trail]:
    """A trail on a disk of its own, which is small."""
    with small_disk(tmp_path / "audit", 4 * _MIB):
        yield Trail(tmp_path / "audit")


def test_a_disk_with_room_for_some_records_only_is_still_full(small: Trail) -> None:
    writer = _writer(small)
    filler = fill(small.directory)
    _until_full(writer)
    with filler.open("r+b") as file:
        file.truncate(filler.stat().st_size - 64 * 1024)
    writer.write_service_event("Something", {})  # it can be written, and is
    for _ in range(3):
        assert not writer.tend()
        with pytest.raises(AuditUnavailable):
            writer.require(for_change=False)
    assert "AuditTrailRestored" not in _events(small)
    filler.unlink()
    assert writer.tend()
    writer.require(for_change=True)
    assert _events(small).count("AuditTrailRestored") == 1
    writer.close()


def test_nothing_is_begun_from_when_the_directory_is_missed_until_it_is_back(tmp_path: Path) -> None:
    trail = Trail(tmp_path / "audit")
    writer = _writer(trail)
    assert writer.tend()
    trail.directory.rename(tmp_path / "elsewhere")
    with pytest.raises(AuditUnavailable):
        writer.require(for_change=True)
    assert not writer.tend()
    assert not writer.can_record
    with pytest.raises(AuditUnavailable):
        writer.require(for_change=False)
    trail.directory.mkdir()
    assert writer.tend()
    writer.require(for_change=True)
    writer.close()
    assert _events(trail) == ["AuditSegmentOpened", "AuditTrailRestored", "AuditSegmentClosed"]
