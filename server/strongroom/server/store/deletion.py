"""Queries of the deletion of keys.

PendingDeletion can be cancelled. Deleting can't: the key's materials are being destroyed. Callers see both as
pending deletion, until the row is gone and everything that belongs to it: tags, aliases, materials.
"""

from datetime import datetime

from sqlalchemy import Connection, delete, func, or_, select, update

from strongroom.server.store.errors import NotInState
from strongroom.server.store.keys import DELETING, PENDING_DELETION
from strongroom.server.store.tables import keys, materials, tombstones
from strongroom.server.store.transactions import append_change


def due(connection: Connection, now: datetime) -> tuple[str, ...]:
    """The keys that are to be deleted by now, and those whose deletion was begun; the longest due first."""
    is_due = (keys.c.state == PENDING_DELETION) & (keys.c.deletion_date <= now)
    query = select(keys.c.key_id).where(or_(is_due, keys.c.state == DELETING)).order_by(keys.c.deletion_date)
    return tuple(connection.execute(query).scalars())


def begin(connection: Connection, key_id: str, owner: str, now: datetime) -> None:
    """Begins to delete a key, or goes on: from here on nobody uses its materials.

    A material that is being destroyed already keeps the time since when it is.

    Raises:
        NotInState: it isn't due, as after CancelKeyDeletion.
    """
    done = connection.execute(
        update(keys)
        .where(
            keys.c.key_id == key_id,
            or_(
                (keys.c.state == PENDING_DELETION) & (keys.c.deletion_date <= now),
                keys.c.state == DELETING,
            ),
        )
        .values(state=DELETING)
    )
    if done.rowcount != 1:
        raise NotInState("not due")
    connection.execute(
        update(materials)
        .where(materials.c.key_id == key_id, materials.c.state != "destroying")
        .values(state="destroying", intent_owner=owner, intent_at=now)
    )
    append_change(connection, key_id, now)


def count_destroyed(connection: Connection, key_id: str, reason: str) -> int:
    """How many materials of a key were destroyed for this reason."""
    query = select(func.count()).where(tombstones.c.key_id == key_id, tombstones.c.reason == reason)
    return int(connection.execute(query).scalar_one())


def complete(connection: Connection, key_id: str, now: datetime) -> None:
    """Removes a key whose materials are all destroyed, and what belongs to it.

    Raises:
        NotInState: it isn't being deleted, or has materials.
    """
    left = select(materials.c.material_id).where(materials.c.key_id == key_id).exists()
    done = connection.execute(delete(keys).where(keys.c.key_id == key_id, keys.c.state == DELETING, ~left))
    if done.rowcount != 1:
        raise NotInState("not deletable")
    append_change(connection, key_id, now)
