"""What one process counts of its work."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from strongroom.server.core.clock import utc_now
from strongroom.server.figures import catalogue
from strongroom.server.figures.series import Counter, Gauge, Histogram, Series

_MOST_ACCOUNTS = 100
OTHER_ACCOUNT = "other"
NO_ACCOUNT = "none"


class RequestFigures(Protocol):
    """Told of requests by the pipeline; thread-safe."""

    def answered(self, operation: str, outcome: str, account: str) -> None:
        """A request has its outcome: OK or a reason; `account` is empty if nobody knows who asked."""

    def recorded(self, count: int) -> None:
        """So many audit records were written."""

    def unrecorded(self, count: int) -> None:
        """So many couldn't be."""


class CallFigures(Protocol):
    """Told of messages by a face."""

    def arrived(self) -> None:
        """A message has arrived."""

    def left(self, operation: str, duration_ns: int) -> None:
        """It has its answer, or its caller is gone, after so many nanoseconds."""


class _NoFigures:
    """Nobody wants to know."""

    def answered(self, operation: str, outcome: str, account: str) -> None:
        """Nothing."""

    def recorded(self, count: int) -> None:
        """Nothing."""

    def unrecorded(self, count: int) -> None:
        """Nothing."""

    def arrived(self) -> None:
        """Nothing."""

    def left(self, operation: str, duration_ns: int) -> None:
        """Nothing."""


NO_FIGURES = _NoFigures()


class ProcessFigures:
    """The figures of one process; thread-safe.

    No label is what a client chose: memory doesn't grow with keys, names or requests.

    Args:
        name: the process's, `worker-0`.
        clock: gives the time in UTC.
    """

    def __init__(self, name: str, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock
        self._requests = Counter(catalogue.REQUESTS)
        self._durations = Histogram(catalogue.DURATION)
        self._records = Counter(catalogue.RECORDS)
        self._record_failures = Counter(catalogue.RECORD_FAILURES)
        self.token_calls = Histogram(catalogue.TOKEN_DURATION)
        self._under_way = 0
        self._has_recorded = False
        self._accounts: set[str] = set()
        self._watched: list[Callable[[ProcessFigures], None]] = []
        self.by_name: dict[str, Series] = {}
        made = (self._requests, self._durations, self._records, self._record_failures, self.token_calls)
        for series in made:
            self.by_name[series.family.name] = series
        for family in catalogue.FAMILIES:
            self.by_name.setdefault(family.name, _SERIES[family.kind](family))
        for family in (catalogue.RECORDS, catalogue.RECORD_FAILURES, *_TOKEN_COUNTERS):
            self.counter(family).add((), 0)
        self.counter(catalogue.STARTS).add((name,))

    def counter(self, family: catalogue.Family) -> Counter:
        """What counts a family."""
        series = self.by_name[family.name]
        assert isinstance(series, Counter)  # noqa: S101 # the catalogue says so
        return series

    def gauge(self, family: catalogue.Family) -> Gauge:
        """What shows a family."""
        series = self.by_name[family.name]
        assert isinstance(series, Gauge)  # noqa: S101 # likewise
        return series

    def answered(self, operation: str, outcome: str, account: str) -> None:
        """A request has its outcome: OK or a reason; `account` is empty if nobody knows who asked."""
        if account not in self._accounts:
            account = self._admitted(account)
        self._requests.add((operation, outcome, account))

    def recorded(self, count: int) -> None:
        """So many audit records were written."""
        self._records.add((), count)
        self._has_recorded = True

    def unrecorded(self, count: int) -> None:
        """So many couldn't be."""
        self._record_failures.add((), count)

    def arrived(self) -> None:
        """A message has arrived; told on the loop only, as `left` is."""
        self._under_way += 1

    def left(self, operation: str, duration_ns: int) -> None:
        """It has its answer, or its caller is gone, after so many nanoseconds."""
        self._under_way -= 1
        self._durations.observe((operation,), duration_ns)

    def watch(self, look: Callable[["ProcessFigures"], None]) -> None:
        """Calls whenever the figures are read, so that what is as it is now is looked up then."""
        self._watched.append(look)

    def look(self) -> None:
        """Looks up what is as it is now."""
        self.gauge(catalogue.UNDER_WAY).set((), self._under_way)
        if self._has_recorded:
            self._has_recorded = False
            self.gauge(catalogue.LAST_RECORD).set((), self._clock().timestamp())
        for look in self._watched:
            look(self)

    def _admitted(self, account: str) -> str:
        """The label of an account; the configuration may know thousands, Prometheus better doesn't."""
        if not account:
            return NO_ACCOUNT
        if len(self._accounts) >= _MOST_ACCOUNTS:
            return OTHER_ACCOUNT
        self._accounts.add(account)
        return account


_SERIES: dict[catalogue.Kind, type[Series]] = {
    catalogue.Kind.COUNTER: Counter,
    catalogue.Kind.GAUGE: Gauge,
    catalogue.Kind.HISTOGRAM: Histogram,
}
_TOKEN_COUNTERS = (catalogue.TOKEN_LOSSES, catalogue.TOKEN_RECOVERIES)
