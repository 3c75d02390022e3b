"""Checks of what the housekeeper does: when each job ran, how it went, how far it is."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from strongroom.server.cli.examination.findings import Finding, failed, ok
from strongroom.server.cli.examination.service import is_listening
from strongroom.server.cli.examination.subject import Subject
from strongroom.server.housekeeping.jobs import JOBS
from strongroom.server.housekeeping.leases import LEASE
from strongroom.server.store import JobRecord

_LATE_AFTER_INTERVALS = 5
_LATE = "Its housekeeper hangs, or can't begin a round: its log says why. Then restart the service."
_FAILED = "It is tried again in every round. Look at token, database and audit trail, and at the log."


def jobs(subject: Subject) -> Iterator[Finding]:
    """Each job's last run, and what is wrong with it."""
    store = subject.opened_store()
    known = {record.name: record for record in store.jobs.all()}
    records = [known[name] for name in JOBS if name in known]
    is_busy = store.leases.is_held(LEASE) and any(record.is_under_way for record in records)
    for record in records:
        is_late = not is_busy and _is_late(subject, record)
        yield _finding(subject, record, is_late=is_late).with_figures(_figures(record))
    if not records:
        yield ok("no round has been done yet")


def _is_late(subject: Subject, record: JobRecord) -> bool:
    """A service that doesn't run needn't do its jobs."""
    patience_s = _LATE_AFTER_INTERVALS * subject.settings.housekeeping.reconcile_interval_s
    is_old = subject.now - record.started_at > timedelta(seconds=patience_s)
    return is_old and is_listening(subject)


def _finding(subject: Subject, record: JobRecord, *, is_late: bool) -> Finding:
    if is_late:
        since = _text(subject.now - record.started_at)
        return failed(f"{record.name} was last begun {since} ago, while the service runs", _LATE)
    if record.has_failed:
        return failed(f"{record.name} failed {_ago(subject, record)}: {record.failure}", _FAILED)
    return ok(f"{record.name} {_how(subject, record)}")


def _how(subject: Subject, record: JobRecord) -> str:
    if record.is_under_way:
        since = _text(subject.now - record.started_at)
        return f"was begun {since} ago, {_progress(record)}" if record.of else f"was begun {since} ago"
    early = f", ended early, {_progress(record)}" if record.done < record.of else ""
    took = _text(timedelta(microseconds=record.duration_us or 0))
    counts = f"{record.items:,} changed; {record.runs:,} runs, {record.failures:,} failed"
    return f"ran {_ago(subject, record)}, for {took}{early}, {counts}"


def _progress(record: JobRecord) -> str:
    return f"at {record.done:,} of {record.of:,}"


def _ago(subject: Subject, record: JobRecord) -> str:
    return f"{_text(subject.now - (record.ended_at or record.started_at))} ago"


def _text(duration: timedelta) -> str:
    """Two figures are enough: 3 ms, 12 s, 5 min, 3 h, 40 days."""
    seconds = max(duration.total_seconds(), 0.0)
    for unit, name in ((86400, "days"), (3600, "h"), (60, "min"), (1, "s")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds * 1000:.0f} ms"


def _figures(record: JobRecord) -> Mapping[str, object]:
    values = asdict(record).items()
    times = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values}
    return {**times, "is_under_way": record.is_under_way}
