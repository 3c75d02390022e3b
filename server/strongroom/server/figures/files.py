"""The figures of each process in a file of its own, so that one of them can serve those of all.

A file is replaced as a whole, so nobody reads half of one. A process that is started again goes on from its
file: what a killed one counted stays, but for its last second.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import orjson
import structlog

from strongroom.server.figures.process import ProcessFigures
from strongroom.server.figures.series import Labels, Value

FIGURES_INTERVAL_S = 1.0
"""Between two times that a process writes its figures."""

_SUFFIX = ".figures"

_log = structlog.get_logger("strongroom.figures")


@dataclass(frozen=True, slots=True)
class Written:
    """What a process has written.

    Args:
        process: its name.
        pid: its process id.
        values: by a family's name, what was counted for each combination of labels.
    """

    process: str
    pid: int
    values: Mapping[str, tuple[tuple[Labels, Value], ...]]


class FigureFile:
    """The file of one process; thread-safe.

    Args:
        directory: where the files of all processes are.
        name: the process's.
        figures: what it counts; goes on from what is in the file.
    """

    def __init__(self, directory: Path, name: str, figures: ProcessFigures) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = directory / f"{name}{_SUFFIX}"
        self.figures = figures
        self._lock = Lock()
        self._is_failing = False
        written = _read(self._path)
        if written is not None:
            _restore(figures, written)

    def write(self) -> None:
        """Writes the figures as they are; whoever can't serves all the same."""
        with self._lock:
            self.figures.look()
            series = self.figures.by_name
            families = {name: list(one.values()) for name, one in series.items()}
            try:
                _replace(self._path, orjson.dumps({"pid": os.getpid(), "families": families}))
            except OSError as error:
                if not self._is_failing:
                    _log.error("figures not written", reason=error.strerror)  # no defect
                self._is_failing = True
            else:
                self._is_failing = False


def read_figures(directory: Path) -> Iterator[Written]:
    """What all processes have written."""
    for path in sorted(directory.glob(f"*{_SUFFIX}")):
        written = _read(path)
        if written is not None:
            yield written


def clear_figures(directory: Path) -> None:
    """Forgets what an earlier service counted; Prometheus takes it for the reset that it is."""
    for path in directory.glob(f"*{_SUFFIX}*"):
        path.unlink(missing_ok=True)


def _replace(path: Path, data: bytes) -> None:
    new = path.with_suffix(f"{_SUFFIX}.new")
    new.write_bytes(data)
    new.replace(path)


def _read(path: Path) -> Written | None:
    try:
        found: Any = orjson.loads(path.read_bytes())
        values = {
            name: tuple((tuple(map(str, labels)), value) for labels, value in series)
            for name, series in found["families"].items()
        }
        return Written(path.name.removesuffix(_SUFFIX), int(found["pid"]), values)
    except (AttributeError, KeyError, OSError, TypeError, ValueError):
        return None  # not there yet, or not ours: it counts for nothing


def _restore(figures: ProcessFigures, written: Written) -> None:
    for name, values in written.values.items():
        series = figures.by_name.get(name)
        if series is not None:
            for labels, value in values:
                series.restore(labels, value)
