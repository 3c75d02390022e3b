"""Following an audit trail while it is written."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from strongroom.server.audit.endings import chain_of
from strongroom.server.audit.reading import Record, record_of, time_of


class Follower:
    """Gives what is written from now on to the segments of directories, new ones included.

    Args:
        directories: of the trail.
    """

    def __init__(self, directories: Sequence[Path]) -> None:
        self._directories = directories
        self._read: dict[Path, int] = {path: path.stat().st_size for path in self._segments()}

    def poll(self) -> list[Record]:
        """The whole records that were written since the last poll, in the order of their times."""
        return sorted((one for path in self._segments() for one in self._new_in(path)), key=time_of)

    def _segments(self) -> Iterable[Path]:
        files = (path for directory in self._directories for path in directory.glob("*.jsonl"))
        return [path for path in files if chain_of(path) is not None]

    def _new_in(self, path: Path) -> Iterable[Record]:
        start = self._read.get(path, 0)
        with path.open("rb") as file:
            file.seek(start)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read[path] = start + len(whole)
        found = map(record_of, whole.splitlines(keepends=True))
        return [record for record in found if record is not None]
