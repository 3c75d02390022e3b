"""Queries of the scheduled work: leases and the length of the change feed."""

from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from strongroom.server.store.tables import changes, leases


def acquire_lease(
    connection: Connection, name: str, holder: str, now: datetime, expires_at: datetime
) -> bool:
    """Takes or renews a lease; False while another holds it."""
    row = connection.execute(select(leases).where(leases.c.name == name)).one_or_none()
    if row is None:
        connection.execute(insert(leases).values(name=name, holder=holder, expires_at=expires_at))
        return True
    if row.holder != holder and row.expires_at > now:
        return False
    values = {"holder": holder, "expires_at": expires_at}
    connection.execute(update(leases).where(leases.c.name == name).values(values))
    return True


def is_leased(connection: Connection, name: str, now: datetime) -> bool:
    """True while somebody holds a lease."""
    query = select(leases.c.expires_at).where(leases.c.name == name, leases.c.expires_at > now)
    return connection.execute(query).first() is not None


def release_lease(connection: Connection, name: str) -> None:
    """Ends a lease, whoever holds it."""
    connection.execute(delete(leases).where(leases.c.name == name))


def trim_changes(connection: Connection, before: datetime) -> int:
    """Forgets old changes, but never the newest; gives their number."""
    newest = select(func.max(changes.c.revision)).scalar_subquery()
    done = connection.execute(delete(changes).where(changes.c.at < before, changes.c.revision < newest))
    return int(done.rowcount)
