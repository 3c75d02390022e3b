"""Queries on tags."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from strongroom.server.store.errors import TooManyTags
from strongroom.server.store.keys import require_state
from strongroom.server.store.records import Tag, TagPage
from strongroom.server.store.tables import tags
from strongroom.server.store.transactions import append_change


def put(
    connection: Connection,
    key_id: str,
    new: Sequence[Tag],
    allowed_in: frozenset[str],
    most: int,
    at: datetime,
) -> None:
    """Sets tags: those that exist get the new value and keep their place.

    Raises:
        NoSuchKey, NotInState: of the key.
        TooManyTags: it would have more than `most`.
    """
    require_state(connection, key_id, allowed_in)
    query = select(tags.c.tag_key, tags.c.position).where(tags.c.key_id == key_id)
    places = {row.tag_key: row.position for row in connection.execute(query)}
    next_place = max(places.values(), default=-1) + 1
    for tag in new:
        where = (tags.c.key_id == key_id, tags.c.tag_key == tag.key)
        if tag.key in places:
            connection.execute(update(tags).where(*where).values(tag_value=tag.value))
            continue
        row = {"key_id": key_id, "tag_key": tag.key, "tag_value": tag.value, "position": next_place}
        connection.execute(insert(tags).values(row))
        next_place += 1
    count = select(func.count()).select_from(tags).where(tags.c.key_id == key_id)
    if int(connection.execute(count).scalar_one()) > most:
        raise TooManyTags
    append_change(connection, key_id, at)


def remove(
    connection: Connection,
    key_id: str,
    tag_keys: Collection[str],
    allowed_in: frozenset[str],
    at: datetime,
) -> None:
    """Removes tags; those that aren't there are ignored. NoSuchKey, NotInState: of the key."""
    require_state(connection, key_id, allowed_in)
    connection.execute(delete(tags).where(tags.c.key_id == key_id, tags.c.tag_key.in_(tag_keys)))
    append_change(connection, key_id, at)


def page(connection: Connection, key_id: str, limit: int, after: str | None) -> TagPage:
    """Up to `limit` tags of a key behind the place `after`, in the order in which they were first set."""
    query = select(tags).where(tags.c.key_id == key_id)
    if after is not None:
        query = query.where(tags.c.position > int(after))
    rows = connection.execute(query.order_by(tags.c.position).limit(limit + 1)).all()
    found = rows[:limit]
    return TagPage(
        tuple(Tag(row.tag_key, row.tag_value) for row in found),
        last=str(found[-1].position) if found else "",
        truncated=len(rows) > limit,
    )
