"""Queries on keys. Keys that are still being created are invisible to all of them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select, update

from strongroom.server.store.errors import NoSuchKey, NotInState
from strongroom.server.store.records import KeyPage, KeyRecord, MaterialRecord, Tag
from strongroom.server.store.tables import aliases, keys, materials, tags
from strongroom.server.store.transactions import append_change

CREATING = "Creating"
PENDING_DELETION = "PendingDeletion"
PENDING_REPLICA_DELETION = "PendingReplicaDeletion"
PENDING_IMPORT = "PendingImport"
EXTERNAL = "EXTERNAL"
KEY = "key"
"""The role of a material of a key."""
WRAPPING = "wrapping"
"""The role of a pair under which material of a key is imported."""
ENABLED_MATERIAL = "enabled"
ABSENT = "absent"
"""The state of a material that was deleted and can be imported again."""
DELETING = "Deleting"
"""Of the store alone: pending deletion, and no longer to be cancelled."""

_VISIBLE = keys.c.state != CREATING


def load_key(connection: Connection, key_id: str) -> KeyRecord | None:
    """A key with its materials and tags."""
    row = connection.execute(select(keys).where(keys.c.key_id == key_id, _VISIBLE)).one_or_none()
    if row is None:
        return None
    return KeyRecord(
        **row._mapping,  # noqa: SLF001 # SQLAlchemy's public name for it
        materials=_materials_of(connection, key_id),
        tags=_tags_of(connection, key_id),
        aliases=_aliases_of(connection, key_id),
    )


def list_key_ids(connection: Connection, account_id: str, limit: int, after: str | None) -> KeyPage:
    """Up to `limit` key ids of an account behind `after`, in their order."""
    query = select(keys.c.key_id).where(keys.c.account_id == account_id, _VISIBLE)
    if after is not None:
        query = query.where(keys.c.key_id > after)
    found = connection.execute(query.order_by(keys.c.key_id).limit(limit + 1)).scalars().all()
    return KeyPage(tuple(found[:limit]), truncated=len(found) > limit)


def count_keys(connection: Connection, account_id: str) -> int:
    """How many keys an account has, those being created included."""
    query = select(func.count()).select_from(keys).where(keys.c.account_id == account_id)
    return int(connection.execute(query).scalar_one())


def change_key(
    connection: Connection,
    key_id: str,
    values: dict[str, Any],
    allowed_from: Collection[str],
    at: datetime,
) -> None:
    """Changes columns of a key whose state allows it, and tells the feed.

    Raises:
        NoSuchKey: there is no such key.
        NotInState: its state isn't among `allowed_from`.
    """
    require_state(connection, key_id, allowed_from)
    connection.execute(update(keys).where(keys.c.key_id == key_id).values(values))
    append_change(connection, key_id, at)


def require_state(connection: Connection, key_id: str, allowed: Collection[str]) -> None:
    """Returns if a key is there and its state is one of these.

    Raises:
        NoSuchKey: there is no such key.
        NotInState: its state is another.
    """
    query = select(keys.c.state).where(keys.c.key_id == key_id, _VISIBLE)
    state = connection.execute(query).scalar_one_or_none()
    if state is None:
        raise NoSuchKey
    if state not in allowed:
        raise NotInState(state)


def _aliases_of(connection: Connection, key_id: str) -> tuple[str, ...]:
    query = select(aliases.c.alias_name).where(aliases.c.key_id == key_id).order_by(aliases.c.alias_name)
    return tuple(connection.execute(query).scalars())


def _materials_of(connection: Connection, key_id: str) -> tuple[MaterialRecord, ...]:
    query = select_materials().where(materials.c.key_id == key_id)
    query = query.order_by(materials.c.created_at, materials.c.material_id)
    return tuple(material_of(row) for row in connection.execute(query))


_MATERIAL_COLUMNS = tuple(
    (keys if name in {"key_spec", "key_usage", "origin"} else materials).c[name]
    for name in MaterialRecord.__dataclass_fields__
)


def select_materials() -> Select[Any]:
    """The materials that keys have, whether or not they are there, with what their keys say of them."""
    is_had = or_(materials.c.state == ENABLED_MATERIAL, materials.c.associated_at.is_not(None))
    return select(*_MATERIAL_COLUMNS).join_from(materials, keys).where(materials.c.role == KEY, is_had)


def material_of(row: Row[Any]) -> MaterialRecord:
    """A material from a row of `select_materials`."""
    return MaterialRecord(**row._mapping)  # noqa: SLF001 # SQLAlchemy's public name for it


def _tags_of(connection: Connection, key_id: str) -> tuple[Tag, ...]:
    query = select(tags.c.tag_key, tags.c.tag_value).where(tags.c.key_id == key_id)
    return tuple(Tag(key, value) for key, value in connection.execute(query.order_by(tags.c.position)))
