"""Queries on materials: intents, counts, and whether the token has them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, case, delete, insert, select, update

from strongroom.server.store import requests
from strongroom.server.store.errors import EncryptionsExhausted, IntentLost, NoSuchKey
from strongroom.server.store.keys import (
    ABSENT,
    CREATING,
    DELETING,
    ENABLED_MATERIAL,
    EXTERNAL,
    KEY,
    PENDING_IMPORT,
    material_of,
    select_materials,
)
from strongroom.server.store.records import Intent, MaterialRecord, NewKey, NewMaterial, Reservation
from strongroom.server.store.tables import keys, materials, tags, tombstones
from strongroom.server.store.transactions import append_change

_INTENT_COLUMNS = (
    materials.c.state.label("kind"),
    materials.c.material_id,
    materials.c.key_id,
    materials.c.label,
    materials.c.intent_owner.label("owner"),
    materials.c.intent_at.label("begun_at"),
)
_COMES_BACK = and_(
    keys.c.origin == EXTERNAL,
    keys.c.state != DELETING,
    materials.c.role == KEY,
    materials.c.associated_at.is_not(None),
)


def begin_create(connection: Connection, key: NewKey, material: NewMaterial, owner: str) -> None:
    """Writes down what is about to be made on the token."""
    insert_key(connection, key, CREATING, material.material_id)
    insert_material(connection, key.key_id, material, owner)


def insert_key(connection: Connection, key: NewKey, state: str, current_material_id: bytes) -> None:
    """Writes down a key and its tags."""
    row = {name: getattr(key, name) for name in NewKey.__dataclass_fields__ if name != "tags"}
    connection.execute(insert(keys).values(**row, state=state, current_material_id=current_material_id))
    for position, tag in enumerate(key.tags):
        values = {"key_id": key.key_id, "tag_key": tag.key, "tag_value": tag.value, "position": position}
        connection.execute(insert(tags).values(values))


def insert_material(
    connection: Connection, key_id: str, material: NewMaterial, owner: str, role: str = KEY
) -> None:
    """Writes down a material that is about to be made; RequestRepeated if its request has made one."""
    connection.execute(
        insert(materials).values(
            material_id=material.material_id,
            key_id=key_id,
            kms_material_id=material.kms_material_id,
            storage="resident",
            state="creating",
            label=material.label,
            check_value=b"",
            created_at=material.created_at,
            encryptions_reserved=0,
            intent_owner=owner,
            intent_at=material.created_at,
            role=role,
        )
    )
    requests.remember(connection, material.request, key_id, material.material_id, material.created_at)


def complete_create(
    connection: Connection, key_id: str, material_id: bytes, check: bytes, state: str, at: datetime
) -> None:
    """The object is made: the key exists from here on.

    Raises:
        IntentLost: reconciliation has undone it; the object must be destroyed.
    """
    enable(connection, material_id, check, associated_at=at)
    connection.execute(update(keys).where(keys.c.key_id == key_id).values(state=state))
    append_change(connection, key_id, at)


def enable(connection: Connection, material_id: bytes, check: bytes, **more: object) -> None:
    """A material is made: it can be used from here on; `more` are values of its other columns.

    Raises:
        IntentLost: reconciliation has undone it; the object must be destroyed.
    """
    done = connection.execute(
        update(materials)
        .where(materials.c.material_id == material_id, materials.c.state == "creating")
        .values(state="enabled", check_value=check, intent_owner=None, intent_at=None, **more)
    )
    if done.rowcount != 1:
        raise IntentLost


def begin_undo(connection: Connection, material_id: bytes, owner: str, at: datetime) -> None:
    """Turns the intent to create into one to destroy: from here on it can't be completed any more.

    Raises:
        IntentLost: it was completed or undone meanwhile.
    """
    _turn(connection, material_id, "creating", owner, at)


def begin_destroy(connection: Connection, material_id: bytes, owner: str, at: datetime) -> None:
    """Writes down that a material is about to be destroyed; from here on nobody uses it."""
    append_change(connection, _turn(connection, material_id, "enabled", owner, at), at)


def _turn(connection: Connection, material_id: bytes, state: str, owner: str, at: datetime) -> str:
    key_id: str | None = connection.execute(
        update(materials)
        .where(materials.c.material_id == material_id, materials.c.state == state)
        .values(state="destroying", intent_owner=owner, intent_at=at)
        .returning(materials.c.key_id)
    ).scalar_one_or_none()
    if key_id is None:
        raise IntentLost
    return key_id


def complete_destroy(connection: Connection, material_id: bytes, reason: str, at: datetime) -> None:
    """The object is gone: so are its row and, if it never was completed, its key.

    The row of a material that can be imported again stays, for the key remembers it.

    Raises:
        IntentLost: another has completed it already.
    """
    query = (
        select(*_INTENT_COLUMNS, _COMES_BACK.label("comes_back"))
        .join_from(materials, keys)
        .where(materials.c.material_id == material_id, materials.c.state == "destroying")
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise IntentLost
    if row.comes_back:
        _leave_absent(connection, row)
    else:
        _bury(connection, row, reason, at)
        connection.execute(delete(materials).where(materials.c.material_id == material_id))
        connection.execute(delete(keys).where(keys.c.key_id == row.key_id, keys.c.state == CREATING))
    append_change(connection, row.key_id, at)


def _leave_absent(connection: Connection, material: Row[Any]) -> None:
    """Without it the key waits for it, also if it was the attempt to bring it again that failed."""
    connection.execute(
        update(materials)
        .where(materials.c.material_id == material.material_id)
        .values(state=ABSENT, expires_at=None, missing_since=None, intent_owner=None, intent_at=None)
    )
    connection.execute(
        update(keys)
        .where(keys.c.key_id == material.key_id, keys.c.state.in_(("Enabled", "Disabled")))
        .values(state=PENDING_IMPORT)
    )


def pending_intents(connection: Connection) -> tuple[Intent, ...]:
    """All changes of material that were begun and not completed."""
    kind = case((keys.c.state == DELETING, "deleting"), else_=materials.c.state).label("kind")
    query = (
        select(kind, *_INTENT_COLUMNS[1:])
        .join_from(materials, keys)
        .where(materials.c.state.in_(("creating", "destroying")))
    )
    return tuple(Intent(**row._mapping) for row in connection.execute(query))  # noqa: SLF001


def find_material(connection: Connection, material_id: bytes) -> MaterialRecord | None:
    """A material of a key by its id, whether or not it is there."""
    query = select_materials().where(materials.c.material_id == material_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else material_of(row)


def was_destroyed(connection: Connection, material_id: bytes) -> bool:
    """True if a material of this id has a tombstone."""
    query = select(tombstones.c.material_id).where(tombstones.c.material_id == material_id)
    return connection.execute(query).first() is not None


def all_materials(connection: Connection) -> tuple[MaterialRecord, ...]:
    """All materials of keys that the token should have."""
    query = select_materials().where(materials.c.state == ENABLED_MATERIAL)
    return tuple(material_of(row) for row in connection.execute(query))


def expected_objects(connection: Connection) -> frozenset[bytes]:
    """The ids of all objects that may be on the token: of materials and wrapping pairs, done or under way."""
    query = select(materials.c.material_id).where(materials.c.state != ABSENT)
    return frozenset(connection.execute(query).scalars())


def reserve_encryptions(connection: Connection, material_id: bytes, count: int, limit: int) -> Reservation:
    """Reserves up to `count` encryptions below `limit`.

    Raises:
        EncryptionsExhausted: none is left.
        NoSuchKey: there is no such material, or it isn't enabled.
    """
    query = select(materials.c.encryptions_reserved).where(
        materials.c.material_id == material_id, materials.c.state == "enabled"
    )
    start = connection.execute(query).scalar_one_or_none()
    if start is None:
        raise NoSuchKey
    given = min(count, limit - start)
    if given <= 0:
        raise EncryptionsExhausted
    connection.execute(
        update(materials)
        .where(materials.c.material_id == material_id)
        .values(encryptions_reserved=start + given)
    )
    return Reservation(start, given)


def set_missing(connection: Connection, material_id: bytes, since: datetime | None, at: datetime) -> bool:
    """Notes that the token hasn't got a material, or has it again; True if that is news."""
    is_news = materials.c.missing_since.is_not(None) if since is None else materials.c.missing_since.is_(None)
    changed = connection.execute(
        update(materials)
        .where(materials.c.material_id == material_id, is_news)
        .values(missing_since=since)
        .returning(materials.c.key_id)
    ).scalar_one_or_none()
    if changed is not None:
        append_change(connection, changed, at)
    return changed is not None


def _bury(connection: Connection, intent: Row[Any], reason: str, at: datetime) -> None:
    connection.execute(
        insert(tombstones).values(
            material_id=intent.material_id,
            key_id=intent.key_id,
            label=intent.label,
            reason=reason,
            destroyed_at=at,
        )
    )
