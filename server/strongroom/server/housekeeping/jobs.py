"""The table of jobs: what is done in every round, and in which order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from strongroom.hsm import Token
from strongroom.server.audit import RecordWriter
from strongroom.server.config.settings import HousekeepingSettings
from strongroom.server.housekeeping.deletion import Deletion
from strongroom.server.housekeeping.expiry import Expiry
from strongroom.server.housekeeping.progress import Progress
from strongroom.server.housekeeping.reconciliation import Reconciliation
from strongroom.server.housekeeping.rotation import Rotation
from strongroom.server.housekeeping.rounds import Job
from strongroom.server.housekeeping.system_keys import SystemKeys
from strongroom.server.operations import MaterialImporter, MaterialMaker
from strongroom.server.store import Store

REQUEST_IDS_S = 24 * 3600
"""How long a request is known again by its id."""


@dataclass(frozen=True, slots=True)
class JobParts:
    """What jobs are made of."""

    settings: HousekeepingSettings
    store: Store
    token: Token
    records: RecordWriter
    maker: MaterialMaker
    importer: MaterialImporter
    boot_id: str


def _reconciliation(parts: JobParts) -> Reconciliation:
    return Reconciliation(
        parts.store, parts.token, parts.records, parts.boot_id, parts.settings.intent_grace_s
    )


JOBS: Mapping[str, Callable[[JobParts], Callable[[Progress], int]]] = {
    "reconciliation": lambda parts: _reconciliation(parts).run,
    "system keys": lambda parts: SystemKeys(parts.store, parts.maker, parts.records).run,
    "deletion": lambda parts: Deletion(parts.store, parts.token, parts.records, parts.boot_id).run,
    "rotation": lambda parts: Rotation(parts.store, parts.token, parts.maker, parts.records).run,
    "expiry": lambda parts: Expiry(parts.store, parts.importer, parts.records).run,
    "request ids": lambda parts: lambda _: parts.store.trim_requests(REQUEST_IDS_S),
    "change feed": lambda parts: lambda _: parts.store.trim_changes(parts.settings.change_feed_retention_s),
}


def jobs_of(parts: JobParts) -> tuple[Job, ...]:
    """The jobs of a deployment."""
    return tuple(Job(name, make(parts)) for name, make in JOBS.items())
