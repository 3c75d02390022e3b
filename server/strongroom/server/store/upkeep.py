"""Queries of the scheduled work: the length of the change feed."""

from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from strongroom.server.store.tables import changes


def trim_changes(connection: Connection, before: datetime) -> int:
    """Forgets old changes, but never the newest; gives their number."""
    newest = select(func.max(changes.c.revision)).scalar_subquery()
    done = connection.execute(delete(changes).where(changes.c.at < before, changes.c.revision < newest))
    return int(done.rowcount)
