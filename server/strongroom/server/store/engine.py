"""The engine, and all that is SQLite's alone."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url

from strongroom.server.store.errors import StoreExists, StoreUnavailable

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF")
_IMMEDIATE = "strongroom_immediate"


def file_url(path: Path) -> URL:
    """The URL of an SQLite file, whatever characters are in its path."""
    return URL.create("sqlite", database=str(path))


def open_engine(url: str | URL, busy_timeout_s: float) -> Engine:
    """An engine for a store's URL, `sqlite:////absolute/path`."""
    parsed = make_url(url)
    engine = create_engine(parsed, connect_args={"timeout": busy_timeout_s})
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def writing(connection: Connection) -> Connection:
    """The same connection, whose next transaction takes the write lock at once.

    A transaction that reads first and writes later may fail at any point with SQLITE_BUSY, whatever the
    timeout; one that begins IMMEDIATE waits at the beginning.
    """
    return connection.execution_options(**{_IMMEDIATE: True})


def sqlite_path(url: str) -> Path:
    """The file of an SQLite URL.

    Raises:
        StoreUnavailable: the URL names no file.
    """
    try:
        parsed = make_url(url)
    except exc.ArgumentError:
        parsed = None  # not repeated: a URL may hold a password
    if parsed is None or parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise StoreUnavailable("store.url must be sqlite:///PATH.")
    return Path(parsed.database)


def create_file(path: Path) -> None:
    """Makes an empty database file that only its owner can read.

    Raises:
        StoreExists: there is a file.
        StoreUnavailable: it can't be made there.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise StoreExists(f"There is a database at {path} already; nothing was changed.") from None
    except OSError as error:
        raise StoreUnavailable(f"No database can be made at {path}: {error.strerror}.") from None


def _prepare_sqlite(connection: Any, record: object) -> None:  # noqa: ANN401, ARG001 # a DBAPI connection
    connection.isolation_level = None  # SQLAlchemy's begin event says when a transaction begins
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    is_writing = connection.get_execution_options().get(_IMMEDIATE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")
