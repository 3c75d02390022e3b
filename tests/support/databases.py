"""What tests do to a deployment's database behind the service's back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from alembic import command

from strongroom.server.store import schema
from strongroom.server.store.engine import create_file, open_engine, writing


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection whose changes are committed at the end, and nothing is left beside the file."""
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection


def rows(path: Path, query: str, *parameters: object) -> list[Any]:
    """What a query gives."""
    with opened(path) as connection:
        return connection.execute(query, parameters).fetchall()


def change(path: Path, statement: str, *parameters: object) -> int:
    """Carries a statement out; gives how many rows it touched."""
    with opened(path) as connection:
        return connection.execute(statement, parameters).rowcount


def make_older(path: Path, revision: str) -> None:
    """Makes the database what an older Strongroom made: the same rows in an older schema."""
    newer = path.rename(path.with_name("newer.db"))
    create_file(path)
    engine = open_engine(f"sqlite:///{path}", 1)
    config = schema._config()
    with writing(engine.connect()) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
    with closing(sqlite3.connect(path, isolation_level=None)) as older:
        older.execute("ATTACH ? AS newer", (str(newer),))
        for table in ("deployment", "keys", "materials", "changes"):
            names = ", ".join(row[1] for row in older.execute(f"PRAGMA main.table_info({table})"))
            older.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM newer.{table}")  # noqa: S608 # ours
    newer.unlink()
