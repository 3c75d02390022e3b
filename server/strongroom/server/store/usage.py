"""Queries on the last use of keys. No change of a key: the feed isn't told."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from strongroom.server.store.records import KeyUsage
from strongroom.server.store.tables import deployment, key_usage, keys

_COLUMNS = tuple(key_usage.c[name] for name in KeyUsage.__dataclass_fields__)


def note(connection: Connection, uses: Mapping[str, KeyUsage]) -> None:
    """Writes down uses, by key id, where none is known that was later; of keys that are gone, nothing."""
    there = set(connection.execute(select(keys.c.key_id).where(keys.c.key_id.in_(uses))).scalars())
    query = select(key_usage.c.key_id, key_usage.c.at).where(key_usage.c.key_id.in_(there))
    known = {row.key_id: row.at for row in connection.execute(query)}
    fresh = [_row(uses[key_id]) for key_id in there - known.keys()]
    later = [_row(uses[key_id], "new_") for key_id, at in known.items() if uses[key_id].at > at]
    if fresh:
        connection.execute(insert(key_usage), fresh)
    if later:
        change = update(key_usage).where(key_usage.c.key_id == bindparam("new_key_id"))
        names = (name for name in KeyUsage.__dataclass_fields__ if name != "key_id")
        connection.execute(change.values({name: bindparam(f"new_{name}") for name in names}), later)


def find(connection: Connection, key_id: str) -> KeyUsage | None:
    """The last use of a key that is known."""
    row = connection.execute(select(*_COLUMNS).where(key_usage.c.key_id == key_id)).one_or_none()
    return None if row is None else KeyUsage(**row._mapping)  # noqa: SLF001 # SQLAlchemy's public name for it


def known_since(connection: Connection) -> datetime:
    """From when on uses were written down."""
    row = connection.execute(select(deployment.c.usage_known_since, deployment.c.created_at)).one()
    since: datetime = row.usage_known_since or row.created_at
    return since


def _row(use: KeyUsage, prefix: str = "") -> dict[str, object]:
    return {f"{prefix}{name}": getattr(use, name) for name in KeyUsage.__dataclass_fields__}
