"""Queries on aliases. Every change tells the feed of the keys that it touches."""

from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from strongroom.server.store.errors import AliasExists, NoSuchAlias, TooManyAliases
from strongroom.server.store.keys import require_state
from strongroom.server.store.records import Alias, AliasPage
from strongroom.server.store.tables import aliases
from strongroom.server.store.transactions import append_change

_COLUMNS = tuple(aliases.c[name] for name in Alias.__dataclass_fields__)


def find(connection: Connection, account_id: str, alias_name: str) -> Alias | None:
    """An alias by its name."""
    row = connection.execute(
        select(*_COLUMNS).where(aliases.c.account_id == account_id, aliases.c.alias_name == alias_name)
    ).one_or_none()
    return None if row is None else Alias(**row._mapping)  # noqa: SLF001 # SQLAlchemy's public name for it


def create(connection: Connection, alias: Alias, allowed_in: frozenset[str], most: int) -> None:
    """Gives a key a name.

    Raises:
        NoSuchKey, NotInState: of the key.
        AliasExists: the account has an alias of this name.
        TooManyAliases: the key has `most`.
    """
    require_state(connection, alias.key_id, allowed_in)
    if find(connection, alias.account_id, alias.alias_name) is not None:
        raise AliasExists
    query = select(func.count()).select_from(aliases).where(aliases.c.key_id == alias.key_id)
    if int(connection.execute(query).scalar_one()) >= most:
        raise TooManyAliases
    row = {name: getattr(alias, name) for name in Alias.__dataclass_fields__}
    connection.execute(insert(aliases).values(row))
    append_change(connection, alias.key_id, alias.created_at)


def move(
    connection: Connection, alias: Alias, key_id: str, allowed_in: frozenset[str], most: int, at: datetime
) -> None:
    """Moves an alias, if it is still as it was seen, to another key; the same key is no change.

    Raises:
        NoSuchKey, NotInState: of the other key.
        NoSuchAlias: it is gone, or was moved meanwhile.
        TooManyAliases: the other key has `most`.
    """
    require_state(connection, key_id, allowed_in)
    if key_id != alias.key_id:
        query = select(func.count()).select_from(aliases).where(aliases.c.key_id == key_id)
        if int(connection.execute(query).scalar_one()) >= most:
            raise TooManyAliases
    done = connection.execute(
        update(aliases)
        .where(
            aliases.c.account_id == alias.account_id,
            aliases.c.alias_name == alias.alias_name,
            aliases.c.key_id == alias.key_id,
        )
        .values(key_id=key_id, updated_at=at)
    )
    if done.rowcount != 1:
        raise NoSuchAlias
    for touched in {alias.key_id, key_id}:
        append_change(connection, touched, at)


def remove(connection: Connection, account_id: str, alias_name: str, key_id: str, at: datetime) -> None:
    """Takes a name of this key away; NoSuchAlias if it has none such."""
    done = connection.execute(
        delete(aliases).where(
            aliases.c.account_id == account_id,
            aliases.c.alias_name == alias_name,
            aliases.c.key_id == key_id,
        )
    )
    if done.rowcount != 1:
        raise NoSuchAlias
    append_change(connection, key_id, at)


def page(
    connection: Connection, account_id: str, key_id: str | None, limit: int, after: str | None
) -> AliasPage:
    """Up to `limit` aliases of an account, or of one of its keys, behind the name `after`."""
    query = select(*_COLUMNS).where(aliases.c.account_id == account_id)
    if key_id is not None:
        query = query.where(aliases.c.key_id == key_id)
    if after is not None:
        query = query.where(aliases.c.alias_name > after)
    rows = connection.execute(query.order_by(aliases.c.alias_name).limit(limit + 1)).all()
    found = tuple(Alias(**row._mapping) for row in rows)  # noqa: SLF001 # likewise
    return AliasPage(found[:limit], truncated=len(found) > limit)
