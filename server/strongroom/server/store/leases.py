"""Leases: who does the scheduled work. The feed isn't told."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, insert, select, update

from strongroom.server.store.tables import leases
from strongroom.server.store.transactions import changing, reading


class LeaseStore:
    """Leases by their names; every method may raise StoreUnavailable."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def acquire(self, name: str, holder: str, ttl_s: float) -> bool:
        """Takes or renews a lease; False while another holds it."""
        now = self._clock()
        values = {"holder": holder, "expires_at": now + timedelta(seconds=ttl_s)}
        with changing(self._engine) as connection:
            row = connection.execute(select(leases).where(leases.c.name == name)).one_or_none()
            if row is None:
                connection.execute(insert(leases).values(name=name, **values))
                return True
            if row.holder != holder and row.expires_at > now:
                return False
            connection.execute(update(leases).where(leases.c.name == name).values(values))
            return True

    def is_held(self, name: str) -> bool:
        """True while somebody holds a lease."""
        query = select(leases.c.expires_at).where(leases.c.name == name, leases.c.expires_at > self._clock())
        with reading(self._engine) as connection:
            return connection.execute(query).first() is not None

    def release(self, name: str) -> None:
        """Ends a lease, whoever holds it."""
        with changing(self._engine) as connection:
            connection.execute(delete(leases).where(leases.c.name == name))
