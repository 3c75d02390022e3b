"""Following an audit trail while it is written."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from strongroom.server.audit.endings import chain_of
from strongroom.server.audit.files import NoSegmentFile, open_segment
from strongroom.server.audit.reading import Record, Warn, record_of, time_of, whole_lines


class Follower:
    """Gives what is written from now on to the segments of directories, new ones included.

    Args:
        directories: of the trail.
        warn: is told once of a file that isn't read, or not to its end.
    """

    def __init__(self, directories: Sequence[Path], warn: Warn) -> None:
        self._directories = directories
        self._warn = warn
        self._warned: set[Path] = set()
        self._read: dict[Path, int] = {}
        for path in self._segments():
            with suppress(NoSegmentFile, FileNotFoundError), open_segment(path) as file:
                self._read[path] = file.seek(0, 2)

    def poll(self) -> list[Record]:
        """The whole records that were written since the last poll, in the order of their times."""
        return sorted((one for path in self._segments() for one in self._new_in(path)), key=time_of)

    def _segments(self) -> Iterable[Path]:
        files = (path for directory in self._directories for path in directory.glob("*.jsonl"))
        return [path for path in files if chain_of(path) is not None]

    def _new_in(self, path: Path) -> Iterator[Record]:
        start = self._read.get(path, 0)
        try:
            with open_segment(path) as file:
                file.seek(start)
                for line in whole_lines(file, path, self._warn_once):
                    self._read[path] = self._read.get(path, 0) + len(line)
                    record = record_of(line)
                    if record is not None:
                        yield record
        except NoSegmentFile as error:
            self._warn_once(path, str(error))
        except FileNotFoundError:
            pass  # it was archived a moment ago

    def _warn_once(self, path: Path, text: str) -> None:
        if path not in self._warned:
            self._warned.add(path)
            self._warn(path, text)
