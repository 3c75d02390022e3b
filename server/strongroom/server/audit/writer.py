"""Writing the audit trail: nothing is answered without its record."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

import structlog

from strongroom.server.audit.errors import AuditUnavailable
from strongroom.server.audit.names import CLOSED
from strongroom.server.audit.records import Answered, RecordMaker
from strongroom.server.audit.segments import SegmentSink

_log = structlog.get_logger("strongroom.audit")


class RecordWriter:
    """Makes records and writes them to the process's chain; thread-safe.

    Once one couldn't be written nothing is begun, whatever can be written then, until `tend` finds all well.
    """

    def __init__(self, sink: SegmentSink, maker: RecordMaker) -> None:
        self._sink = sink
        self._maker = maker
        self._is_failing = False

    @property
    def can_record(self) -> bool:
        """True unless a record couldn't be written, or `tend` found why none could be."""
        return not self._is_failing

    def write(self, answered: Iterable[Answered]) -> list[Mapping[str, object]]:
        """Writes the records of requests that are answered together; gives them.

        Raises:
            AuditUnavailable: not all of them are written; none of the requests may be answered.
        """
        now = self._maker.clock()
        records = [self._maker.of_request(one, now) for one in answered]
        self._write(records)
        return records

    def require(self, *, for_change: bool) -> None:
        """Returns if what will be done can be recorded, as far as can be known.

        Args:
            for_change: True if it changes something, and can't be taken back if it isn't recorded.

        Raises:
            AuditUnavailable: it can't, so it must not be done.
        """
        if self._is_failing:
            raise AuditUnavailable("The audit trail couldn't be written a moment ago.")
        if for_change:
            self._sink.require_room()

    def tend(self) -> bool:
        """Keeps the segments in order and tries again after a failure; True if records can be written."""
        try:
            self._sink.tend()
            if self._is_failing:
                self._restore()
        except AuditUnavailable as error:
            self._fail(error)
        return self.can_record

    def write_service_event(self, name: str, details: Mapping[str, object]) -> None:
        """Writes the record of something that the service did by itself.

        Raises:
            AuditUnavailable: it isn't written.
        """
        self._write([self._maker.of_service(name, details)])

    def end(self) -> None:
        """Says that nothing follows; if that can't be said, the next segment tells where this one ended."""
        with suppress(AuditUnavailable):
            self.write_service_event(CLOSED, {})

    def close(self) -> None:
        """Likewise, and ends the chain's segment."""
        self.end()
        self._sink.close()

    def _write(self, records: list[Mapping[str, object]]) -> None:
        try:
            self._sink.write(records)
        except AuditUnavailable as error:
            self._fail(error)
            raise

    def _restore(self) -> None:
        """Believes the trail again. A disk with room for this one record would be full with the next."""
        self._sink.require_room()
        self._sink.write([self._maker.of_service("AuditTrailRestored", {})])
        self._is_failing = False
        _log.warning("the audit trail can be written again")

    def _fail(self, error: AuditUnavailable) -> None:
        if not self._is_failing:
            _log.error(
                "the audit trail can't be written: nothing is answered", reason=str(error)
            )  # no defect
        self._is_failing = True
