"""What the housekeeper's jobs did, for Prometheus: read from the store when somebody asks."""

from collections.abc import Callable, Iterator
from datetime import datetime

import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from strongroom.server.store import JobRecord, Store, StoreError

_log = structlog.get_logger("strongroom.metrics")

_Figure = Callable[[JobRecord], float | None]


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


_GAUGES: dict[str, tuple[str, _Figure]] = {
    "strongroom_job_last_start_timestamp_seconds": (
        "When a job last began.",
        lambda job: _seconds(job.started_at),
    ),
    "strongroom_job_last_success_timestamp_seconds": (
        "When a job last came to its end.",
        lambda job: _seconds(job.finished_at),
    ),
    "strongroom_job_last_failure_timestamp_seconds": (
        "When a job last failed.",
        lambda job: _seconds(job.failed_at),
    ),
    "strongroom_job_last_duration_seconds": (
        "How long a job took when it last came to its end.",
        lambda job: None if job.duration_us is None else job.duration_us / 1e6,
    ),
    "strongroom_job_last_items": ("How many items a job changed then.", lambda job: job.items),
    "strongroom_job_items_done": (
        "How many items a job has gone through since it began.",
        lambda job: job.done,
    ),
    "strongroom_job_items_due": ("How many items a job found when it began.", lambda job: job.of),
}
_COUNTERS: dict[str, tuple[str, _Figure]] = {
    "strongroom_job_runs": ("How often a job ended, well or not.", lambda job: job.runs),
    "strongroom_job_failures": ("How often a job failed.", lambda job: job.failures),
}


class JobMetrics(Collector):
    """The figures of all jobs.

    Args:
        store: knows them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
        """Every figure that there is; none while the store is away."""
        try:
            jobs = self._store.jobs.all()
        except StoreError as error:
            _log.warning("no figures of jobs", error=type(error).__name__, reason=str(error))
            return
        for name, (text, figure) in _GAUGES.items():
            yield _filled(GaugeMetricFamily(name, text, labels=["name"]), jobs, figure)
        for name, (text, figure) in _COUNTERS.items():
            yield _filled(CounterMetricFamily(name, text, labels=["name"]), jobs, figure)


def _filled(
    family: GaugeMetricFamily | CounterMetricFamily, jobs: tuple[JobRecord, ...], figure: _Figure
) -> Metric:
    for job in jobs:
        value = figure(job)
        if value is not None:
            family.add_metric([job.name], value)
    return family
