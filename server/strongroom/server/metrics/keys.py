"""What keys there are and what is to happen to them, for Prometheus; and when the certificates run out."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from threading import Lock

import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from strongroom.server.config.tls_files import FileUnusable, certificates_in
from strongroom.server.store import Census, Store, StoreError

_log = structlog.get_logger("strongroom.metrics")

_KEPT_S = 10.0  # a census goes through all keys
_EXPIRING_DAYS = (1, 7, 30)

_FIGURES: dict[str, tuple[str, Callable[[Census], float | datetime | None]]] = {
    "strongroom_materials_missing": (
        "Materials that the token should have and hasn't.",
        lambda census: census.missing,
    ),
    "strongroom_key_next_rotation_timestamp_seconds": (
        "When the first key is to rotate by itself.",
        lambda census: census.next_rotation_at,
    ),
    "strongroom_key_rotations_due": (
        "Keys that should have rotated by now.",
        lambda census: census.rotations_due,
    ),
    "strongroom_key_next_deletion_timestamp_seconds": (
        "When the first key that is pending deletion is to be deleted.",
        lambda census: census.next_deletion_at,
    ),
    "strongroom_key_deletions_due": (
        "Keys that should have been deleted by now.",
        lambda census: census.deletions_due,
    ),
    "strongroom_material_next_expiry_timestamp_seconds": (
        "When the first imported material expires.",
        lambda census: census.next_expiry_at,
    ),
}


class KeyMetrics(Collector):
    """The figures of all keys, at most ten seconds old.

    Args:
        store: knows them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._census: Census | None = None
        self._taken_at = 0.0

    def collect(self) -> Iterator[Metric]:
        """Every figure that there is; none but that, while the store is away."""
        census = self._current()
        readable = GaugeMetricFamily("strongroom_store_readable", "1 if the store could be read just now.")
        readable.add_metric([], census is not None)
        yield readable
        if census is not None:
            yield _keys(census)
            yield _expiring(census)
            for name, (text, figure) in _FIGURES.items():
                yield _filled(name, text, figure(census))

    def _current(self) -> Census | None:
        with self._lock:
            if self._census is None or time.monotonic() > self._taken_at + _KEPT_S:
                self._census = self._take()
                self._taken_at = time.monotonic()
            return self._census

    def _take(self) -> Census | None:
        try:
            return self._store.censuses.take(_EXPIRING_DAYS)
        except StoreError as error:
            _log.warning("no figures of keys", error=type(error).__name__, reason=str(error))
            return None


class CertificateMetrics(Collector):
    """When certificates run out.

    Args:
        files: their files, by the names of their options.
    """

    def __init__(self, files: dict[str, Path]) -> None:
        self._files = files

    def collect(self) -> Iterator[Metric]:
        """The earliest moment of each file; nothing of one that can't be read."""
        made = GaugeMetricFamily(
            "strongroom_certificate_expiry_timestamp_seconds",
            "When a certificate of the configuration runs out; of several, the first.",
            labels=["file"],
        )
        for name, path in self._files.items():
            try:
                first = min(one.not_valid_after_utc for one in certificates_in(path))
            except FileUnusable:
                continue
            made.add_metric([name], first.timestamp())
        yield made


def _keys(census: Census) -> Metric:
    made = GaugeMetricFamily("strongroom_keys", "Keys that exist.", labels=["state", "key_spec"])
    for (state, spec), count in census.keys.items():
        made.add_metric([state, spec], count)
    return made


def _expiring(census: Census) -> Metric:
    text = "Imported materials that expire within so many days."
    made = GaugeMetricFamily("strongroom_materials_expiring", text, labels=["days"])
    for days, count in census.expiring.items():
        made.add_metric([str(days)], count)
    return made


def _filled(name: str, text: str, value: float | datetime | None) -> Metric:
    made = GaugeMetricFamily(name, text)
    if value is not None:
        made.add_metric([], value.timestamp() if isinstance(value, datetime) else value)
    return made
