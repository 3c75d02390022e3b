"""What the housekeeper's jobs did: one row each, written by whoever does them, read by whoever asks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, insert, select, update

from strongroom.server.store.tables import jobs
from strongroom.server.store.transactions import changing, reading

_MAX_REASON_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class JobRecord:
    """What is known of a job.

    Args:
        name: its name.
        started_at: when it last began.
        finished_at: when it last came to its end.
        duration_us: how long that took, in microseconds.
        items: how many items it changed then.
        done: how many of its items it has gone through, since it last began.
        of: how many there were.
        failed_at: when it last failed.
        failure: why.
        runs: how often it came to an end, well or not.
        failures: how often it failed.
    """

    name: str
    started_at: datetime
    finished_at: datetime | None
    duration_us: int | None
    items: int
    done: int
    of: int
    failed_at: datetime | None
    failure: str | None
    runs: int
    failures: int

    @property
    def ended_at(self) -> datetime | None:
        """When it last ended, well or not."""
        return max(filter(None, (self.finished_at, self.failed_at)), default=None)

    @property
    def is_under_way(self) -> bool:
        """True if it has begun and not ended; as of a process that died meanwhile."""
        return self.ended_at is None or self.ended_at < self.started_at

    @property
    def has_failed(self) -> bool:
        """True if it failed when it last ended."""
        return self.failed_at is not None and self.failed_at == self.ended_at


class JobLog:
    """The table of jobs. Every method may raise StoreUnavailable."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def begin(self, name: str) -> None:
        """A job begins."""
        values = {"started_at": self._clock(), "done": 0, "of": 0}
        with changing(self._engine) as connection:
            known = connection.execute(update(jobs).where(jobs.c.name == name).values(values))
            if known.rowcount == 0:
                connection.execute(insert(jobs).values(name=name, items=0, runs=0, failures=0, **values))

    def note(self, name: str, done: int, of: int) -> None:
        """A job has gone through so many of its items."""
        self._change(name, done=done, of=of)

    def finish(self, name: str, duration_us: int, *, items: int, done: int, of: int) -> None:
        """A job came to its end after so many microseconds, or was asked to end early."""
        self._change(
            name,
            finished_at=self._clock(),
            duration_us=duration_us,
            items=items,
            done=done,
            of=of,
            runs=jobs.c.runs + 1,
        )

    def fail(self, name: str, reason: str) -> None:
        """A job couldn't go on; the reason is cut to 300 characters."""
        self._change(
            name,
            failed_at=self._clock(),
            failure=reason[:_MAX_REASON_CHARACTERS],
            runs=jobs.c.runs + 1,
            failures=jobs.c.failures + 1,
        )

    def all(self) -> tuple[JobRecord, ...]:
        """What is known of all jobs."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(jobs)).mappings().all()
        return tuple(JobRecord(**row) for row in rows)

    def _change(self, name: str, **values: object) -> None:
        with changing(self._engine) as connection:
            connection.execute(update(jobs).where(jobs.c.name == name).values(values))
