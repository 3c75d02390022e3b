"""Queries of the rotation of keys: a new material is an intent until it is made, and then becomes current."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select, update

from strongroom.server.store.errors import RotationLimitReached, RotationUnderWay
from strongroom.server.store.keys import require_state
from strongroom.server.store.materials import enable, insert_material
from strongroom.server.store.records import NewMaterial
from strongroom.server.store.tables import keys, materials
from strongroom.server.store.transactions import append_change

ON_DEMAND = "ON_DEMAND"
AUTOMATIC = "AUTOMATIC"

_ENABLED = frozenset({"Enabled"})


def due(
    connection: Connection, now: datetime, most_encryptions: int, key_id: str | None = None
) -> tuple[str, ...]:
    """The keys, or this one, that are to rotate by now, or whose material has encrypted so much."""
    is_worn = materials.c.encryptions_reserved >= most_encryptions
    query = (
        select(keys.c.key_id)
        .join_from(keys, materials, materials.c.material_id == keys.c.current_material_id)
        .where(
            keys.c.state.in_(_ENABLED),
            keys.c.origin == "AWS_KMS",
            keys.c.key_spec == "SYMMETRIC_DEFAULT",
            materials.c.missing_since.is_(None),
            or_(keys.c.next_rotation_at <= now, is_worn),
        )
        .order_by(keys.c.next_rotation_at, keys.c.key_id)
    )
    if key_id is not None:
        query = query.where(keys.c.key_id == key_id)
    return tuple(connection.execute(query).scalars())


def begin(
    connection: Connection,
    key_id: str,
    material: NewMaterial,
    owner: str,
    rotation_type: str,
    most_on_demand: int,
) -> None:
    """Writes down the intent to give a key another material.

    Raises:
        NoSuchKey, NotInState: of the key.
        RotationUnderWay: another is being made for it.
        RotationLimitReached: it was rotated on demand `most_on_demand` times.
    """
    require_state(connection, key_id, _ENABLED)
    pending = select(materials.c.material_id).where(
        materials.c.key_id == key_id, materials.c.state == "creating"
    )
    if connection.execute(pending).first() is not None:
        raise RotationUnderWay
    count = connection.execute(select(keys.c.on_demand_rotations).where(keys.c.key_id == key_id)).scalar_one()
    if rotation_type == ON_DEMAND and count >= most_on_demand:
        raise RotationLimitReached
    insert_material(connection, key_id, material, owner)


def complete(
    connection: Connection, key_id: str, material_id: bytes, check: bytes, rotation_type: str, now: datetime
) -> None:
    """The object is made: it is the key's current material; the key's schedule goes on.

    Raises:
        IntentLost: reconciliation has undone it; the object must be destroyed.
    """
    enable(connection, material_id, check, associated_at=now, rotated_at=now, rotation_type=rotation_type)
    values: dict[object, object] = {keys.c.current_material_id: material_id}
    if rotation_type == ON_DEMAND:
        values[keys.c.on_demand_rotations] = keys.c.on_demand_rotations + 1
    else:
        values[keys.c.next_rotation_at] = _next(connection, key_id, now)
    connection.execute(update(keys).where(keys.c.key_id == key_id).values(values))
    append_change(connection, key_id, now)


def _next(connection: Connection, key_id: str, now: datetime) -> datetime | None:
    """A period after the date that was due, or after now if that is over, too; None without a schedule."""
    row = connection.execute(
        select(keys.c.next_rotation_at, keys.c.rotation_period_days).where(keys.c.key_id == key_id)
    ).one()
    due: datetime | None = row.next_rotation_at
    if due is None or due > now:
        return due  # it was the encryptions, not the date
    period = timedelta(days=row.rotation_period_days)
    return due + period if due + period > now else now + period
