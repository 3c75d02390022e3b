"""Transactions whose failures are typed."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, Engine, exc, insert

from strongroom.server.store import tables
from strongroom.server.store.engine import writing
from strongroom.server.store.errors import StoreDamaged, StoreError, StoreUnavailable

PRINCIPALS = "principals"
"""What the change feed names instead of a key when policies of principals change."""

_DAMAGE = frozenset({"SQLITE_NOTADB", "SQLITE_CORRUPT"})


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads: one consistent view."""
    with typed_errors(), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def changing(engine: Engine) -> Iterator[Connection]:
    """A transaction that may write; committed at the end, rolled back by any exception."""
    with typed_errors(), engine.connect() as connection, writing(connection).begin():
        yield connection


def append_change(connection: Connection, key_id: str, at: datetime) -> None:
    """Tells the change feed, in the transaction that changes the key."""
    connection.execute(insert(tables.changes).values(key_id=key_id, at=at))


@contextmanager
def typed_errors() -> Iterator[None]:
    """The driver's errors may quote values of rows: they end here."""
    try:
        yield
    except exc.DBAPIError as error:
        raise _typed(error.orig) from None
    except sqlite3.Error as error:
        raise _typed(error) from None
    except exc.SQLAlchemyError as error:
        raise StoreUnavailable(f"The database failed: {type(error).__name__}.") from None


def _typed(error: BaseException | None) -> StoreError:
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if name in _DAMAGE:
        return StoreDamaged(f"The database is damaged ({name}): restore it from a backup.")
    return StoreUnavailable(f"The database failed: {name}.")
