"""Queries on the last use of keys. No change of a key: the feed isn't told."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, select
from sqlalchemy.dialects.sqlite import Insert, insert

from strongroom.server.store.records import KeyUsage
from strongroom.server.store.tables import deployment, key_usage, keys

_NAMES = tuple(KeyUsage.__dataclass_fields__)
_COLUMNS = tuple(key_usage.c[name] for name in _NAMES)


def _noting() -> Insert:
    values = (bindparam(column.name, type_=column.type) for column in _COLUMNS)
    is_there = exists().where(keys.c.key_id == bindparam("key_id"))
    noted = insert(key_usage).from_select(_NAMES, select(*values).where(is_there))
    return noted.on_conflict_do_update(
        index_elements=[key_usage.c.key_id],
        set_={name: noted.excluded[name] for name in _NAMES},
        where=noted.excluded.at > key_usage.c.at,
    )


_NOTE = _noting()


def note(connection: Connection, uses: Iterable[KeyUsage]) -> None:
    """Writes down uses where none is known that was later; of keys that are gone, nothing."""
    connection.execute(_NOTE, [_row(use) for use in uses])


def find(connection: Connection, key_id: str) -> KeyUsage | None:
    """The last use of a key that is known."""
    row = connection.execute(select(*_COLUMNS).where(key_usage.c.key_id == key_id)).one_or_none()
    return None if row is None else KeyUsage(**row._mapping)  # noqa: SLF001 # SQLAlchemy's public name for it


def known_since(connection: Connection) -> datetime:
    """From when on uses were written down."""
    row = connection.execute(select(deployment.c.usage_known_since, deployment.c.created_at)).one()
    since: datetime = row.usage_known_since or row.created_at
    return since


def _row(use: KeyUsage) -> dict[str, object]:
    return {name: getattr(use, name) for name in _NAMES}
