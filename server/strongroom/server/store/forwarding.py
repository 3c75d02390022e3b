"""How far the chains of the audit trail were forwarded."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.dialects.sqlite import insert

from strongroom.server.store.tables import audit_forwarding
from strongroom.server.store.transactions import changing, reading


@dataclass(frozen=True, slots=True)
class ForwardedRecord:
    """How far a chain was forwarded: to this byte of this segment."""

    name: str
    number: int
    offset: int


_NAMES = tuple(ForwardedRecord.__dataclass_fields__)
_COLUMNS = tuple(audit_forwarding.c[name] for name in _NAMES)


class ForwardingStore:
    """Where forwarding goes on; every method may raise StoreUnavailable. The feed isn't told."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def save(self, forwarded: ForwardedRecord) -> None:
        """Writes down how far a chain was forwarded."""
        row = {**{name: getattr(forwarded, name) for name in _NAMES}, "at": self._clock()}
        saving = insert(audit_forwarding).values(row)
        with changing(self._engine) as connection:
            connection.execute(
                saving.on_conflict_do_update(index_elements=[audit_forwarding.c.name], set_=row)
            )

    def find(self, name: str) -> ForwardedRecord | None:
        """How far a chain was forwarded."""
        query = select(*_COLUMNS).where(audit_forwarding.c.name == name)
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else ForwardedRecord(*row)
