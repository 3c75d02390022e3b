"""What must not go back in a database that is restored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, case, delete, select, update

from strongroom.server.store.engine import file_url, open_engine
from strongroom.server.store.keys import DELETING, PENDING_DELETION
from strongroom.server.store.tables import deployment, keys, leases, materials
from strongroom.server.store.transactions import append_change, changing


@dataclass(frozen=True, slots=True)
class Restoration:
    """How a database is to be changed before it serves again.

    Args:
        at: when it is restored, in UTC.
        encryptions: how many messages each material may have encrypted since the database was copied.
        most_encryptions: no count is raised above it by these.
        known_encryptions: what is known of some materials' counts from elsewhere, by material id.
        earliest_deletion: no key whose deletion can be cancelled is deleted before.
    """

    at: datetime
    encryptions: int
    most_encryptions: int
    known_encryptions: Mapping[bytes, int]
    earliest_deletion: datetime


@dataclass(frozen=True, slots=True)
class Restored:
    """What was changed.

    Args:
        counts_raised: of how many materials.
        postponed: ids of the keys that are deleted later than they were to be.
        being_deleted: ids of the keys whose deletion had begun and goes on.
    """

    counts_raised: int
    postponed: tuple[str, ...]
    being_deleted: tuple[str, ...]


def prepare(path: Path, restoration: Restoration) -> Restored:
    """Changes a database that nobody uses, of this program's schema.

    - Counts of encryptions are raised: NIST's bound must never be under-counted.
    - Deletions wait: one that was cancelled after the copy was made would otherwise be carried out at once.
    - Leases end: whoever held them is dead.
    - Uses of keys are known from now on only: those since the copy was made are lost.

    Raises:
        StoreError: nothing was changed.
    """
    engine = open_engine(file_url(path), 0)
    try:
        with changing(engine) as connection:
            connection.execute(delete(leases))
            connection.execute(update(deployment).values(usage_known_since=restoration.at))
            _take_known_counts(connection, restoration.known_encryptions)
            return Restored(
                counts_raised=_raise_counts(connection, restoration),
                postponed=_postpone_deletions(connection, restoration),
                being_deleted=_being_deleted(connection),
            )
    finally:
        engine.dispose()


def _raise_counts(connection: Connection, restoration: Restoration) -> int:
    most = restoration.most_encryptions
    step = min(restoration.encryptions, most)
    raised = materials.c.encryptions_reserved + step
    symmetric = select(keys.c.key_id).where(keys.c.key_spec == "SYMMETRIC_DEFAULT")
    done = connection.execute(
        update(materials)
        .where(materials.c.key_id.in_(symmetric), materials.c.encryptions_reserved < most)
        .values(encryptions_reserved=case((raised < most, raised), else_=most))
    )
    return int(done.rowcount)


def _take_known_counts(connection: Connection, known: Mapping[bytes, int]) -> None:
    for material_id, count in known.items():
        connection.execute(
            update(materials)
            .where(materials.c.material_id == material_id, materials.c.encryptions_reserved < count)
            .values(encryptions_reserved=count)
        )


def _postpone_deletions(connection: Connection, restoration: Restoration) -> tuple[str, ...]:
    earliest = restoration.earliest_deletion
    postponed = connection.execute(
        update(keys)
        .where(keys.c.state == PENDING_DELETION, keys.c.deletion_date < earliest)
        .values(deletion_date=earliest)
        .returning(keys.c.key_id)
    )
    key_ids = tuple(sorted(postponed.scalars()))
    for key_id in key_ids:
        append_change(connection, key_id, restoration.at)
    return key_ids


def _being_deleted(connection: Connection) -> tuple[str, ...]:
    query = select(keys.c.key_id).where(keys.c.state == DELETING).order_by(keys.c.key_id)
    return tuple(connection.execute(query).scalars())
