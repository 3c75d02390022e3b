"""Looking after the audit trail of a process, whatever else the process does or waits for."""

from collections.abc import Callable
from threading import Event, Thread

import structlog

from strongroom.server.audit import RecordWriter
from strongroom.server.figures import RequestFigures

INTERVAL_S = 0.5
"""Between two looks: with the time that they take, records are on the disk within a second."""

_STOP_TIMEOUT_S = 15.0

_log = structlog.get_logger("strongroom.audit")


class TrailKeeper:
    """Tends a trail in a thread of its own until stopped: no slow token, store or request keeps it from that.

    Args:
        records: the trail.
        figures: told each time that the trail can't be written.
        on_change: called from the thread when it can't be any more, or can be again.
    """

    def __init__(
        self, records: RecordWriter, figures: RequestFigures, on_change: Callable[[], None] = lambda: None
    ) -> None:
        self._records = records
        self._figures = figures
        self._on_change = on_change
        self._stopping = Event()
        self._could_record = True
        self._thread = Thread(target=self._run, name="audit trail", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends it; the trail is then another's to close."""
        self._stopping.set()
        self._thread.join(_STOP_TIMEOUT_S)

    def _run(self) -> None:
        while not self._stopping.wait(INTERVAL_S):
            try:
                self._look()
            except Exception:  # noqa: BLE001 # a defect of one look mustn't be the last one's
                _log.exception("incident")

    def _look(self) -> None:
        can_record = self._records.tend()
        if not can_record:
            self._figures.unrecorded(1)
        if can_record != self._could_record:
            self._could_record = can_record
            self._on_change()
