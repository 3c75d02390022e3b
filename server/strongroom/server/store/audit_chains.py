"""How far the chains of the audit trail went, as their writers last told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.dialects.sqlite import insert

from strongroom.server.core.clock import utc_now
from strongroom.server.store.engine import file_url, open_engine
from strongroom.server.store.errors import StoreUnavailable
from strongroom.server.store.tables import audit_chains
from strongroom.server.store.transactions import changing, reading


@dataclass(frozen=True, slots=True)
class ChainRecord:
    """How far a chain went.

    Args:
        name: of the chain, that of the process that writes it.
        number: of its segment, from 1 on.
        segment: the segment's id, 16 hex digits.
        sequence: of its last line.
        digest: of its last line, 64 hex digits.
    """

    name: str
    number: int
    segment: str
    sequence: int
    digest: str


_NAMES = tuple(ChainRecord.__dataclass_fields__)
_COLUMNS = tuple(audit_chains.c[name] for name in _NAMES)


@contextmanager
def opened_chains(database: Path, busy_timeout_s: float = 5.0) -> Iterator["ChainStore"]:
    """The chains that a database's file knows, whatever else is in it; StoreUnavailable without a file."""
    if not database.is_file():
        raise StoreUnavailable(f"There is no database at {database}.")
    engine = open_engine(file_url(database), busy_timeout_s)
    try:
        yield ChainStore(engine, utc_now)
    finally:
        engine.dispose()


class ChainStore:
    """The chains' heads; every method may raise StoreUnavailable. No change of a key: the feed isn't told."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def save(self, chain: ChainRecord) -> None:
        """Writes down how far a chain goes."""
        row = {**{name: getattr(chain, name) for name in _NAMES}, "at": self._clock()}
        saving = insert(audit_chains).values(row)
        with changing(self._engine) as connection:
            connection.execute(saving.on_conflict_do_update(index_elements=[audit_chains.c.name], set_=row))

    def find(self, name: str) -> ChainRecord | None:
        """How far a chain went."""
        with reading(self._engine) as connection:
            row = connection.execute(select(*_COLUMNS).where(audit_chains.c.name == name)).one_or_none()
        return None if row is None else ChainRecord(*row)

    def all(self) -> tuple[ChainRecord, ...]:
        """Every chain."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(*_COLUMNS).order_by(audit_chains.c.name))
            return tuple(ChainRecord(*row) for row in rows)
