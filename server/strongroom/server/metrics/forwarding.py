"""How far the forwarding of the audit trail is behind, for Prometheus: looked up when somebody asks."""

from collections.abc import Iterator
from pathlib import Path

import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from strongroom.server.audit.backlog import Backlog, backlog_of
from strongroom.server.store import Store, StoreError

_log = structlog.get_logger("strongroom.metrics")


class ForwardingMetrics(Collector):
    """The figures of forwarding, as the store knows it: up to five seconds old.

    Args:
        directory: of the trail; None if it isn't forwarded.
        store: knows how far it was.
    """

    def __init__(self, directory: Path | None, store: Store) -> None:
        self._directory = directory
        self._store = store

    def collect(self) -> Iterator[Metric]:
        """Both figures; without values where nothing is forwarded, or the store or the directory is away."""
        size = GaugeMetricFamily(
            "strongroom_audit_forwarding_behind_bytes", "Bytes of the audit trail that weren't forwarded yet."
        )
        oldest = GaugeMetricFamily(
            "strongroom_audit_forwarding_oldest_timestamp_seconds",
            "When the first record that wasn't forwarded yet was written.",
        )
        backlog = self._backlog()
        if backlog is not None:
            size.add_metric([], backlog.size)
            if backlog.oldest is not None:
                oldest.add_metric([], backlog.oldest.timestamp())
        yield from (size, oldest)

    def _backlog(self) -> Backlog | None:
        if self._directory is None:
            return None
        try:
            forwarded = {one.segment: one.offset for one in self._store.forwarding.all()}
            return backlog_of(self._directory, forwarded)
        except (OSError, StoreError) as error:
            _log.warning("no figures of forwarding", error=type(error).__name__, reason=str(error))
            return None
