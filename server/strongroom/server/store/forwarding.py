"""How far the segments of the audit trail were forwarded."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, delete, select
from sqlalchemy.dialects.sqlite import insert

from strongroom.server.store.tables import audit_forwarding
from strongroom.server.store.transactions import changing, reading


@dataclass(frozen=True, slots=True)
class ForwardedRecord:
    """How far a segment was forwarded: so many of its bytes; `number` is its number in its chain."""

    name: str
    number: int
    offset: int

    @property
    def segment(self) -> tuple[str, int]:
        """Its chain and its number there."""
        return self.name.partition("/")[0], self.number


_NAMES = tuple(ForwardedRecord.__dataclass_fields__)
_COLUMNS = tuple(audit_forwarding.c[name] for name in _NAMES)


class ForwardingStore:
    """Where forwarding goes on; every method may raise StoreUnavailable. The feed isn't told."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def save(self, forwarded: ForwardedRecord) -> None:
        """Writes down how far a segment was forwarded."""
        row = {**{name: getattr(forwarded, name) for name in _NAMES}, "at": self._clock()}
        saving = insert(audit_forwarding).values(row)
        with changing(self._engine) as connection:
            connection.execute(
                saving.on_conflict_do_update(index_elements=[audit_forwarding.c.name], set_=row)
            )

    def all(self) -> tuple[ForwardedRecord, ...]:
        """How far each segment was forwarded."""
        with reading(self._engine) as connection:
            return tuple(ForwardedRecord(*row) for row in connection.execute(select(*_COLUMNS)))

    def forget(self, names: Collection[str]) -> None:
        """Forgets segments."""
        with changing(self._engine) as connection:
            for name in names:
                connection.execute(delete(audit_forwarding).where(audit_forwarding.c.name == name))
