"""Copies of a database, whole though others write it meanwhile; and its end in one file. SQLite's alone."""

import sqlite3
from contextlib import closing
from pathlib import Path

from strongroom.server.store.engine import create_file
from strongroom.server.store.errors import StoreUnavailable
from strongroom.server.store.transactions import typed_errors


def copy_database(source: Path, target: Path, busy_timeout_s: float) -> None:
    """Copies a database as it is at one moment, while others read and write it.

    What is being created at that moment isn't copied: the copy may be used long after the creation was
    completed, and reconciliation would then undo it, which destroys the object of a key in use. Without
    its row the object is unknown, and those are never touched. Material that is being imported again is
    absent in the copy, for its key remembers it.

    Args:
        source: the database.
        target: a file that isn't there yet.
        busy_timeout_s: how long to wait for others.

    Raises:
        StoreDamaged, StoreExists, StoreUnavailable: there is no copy, or not a whole one.
    """
    if not source.is_file():
        raise StoreUnavailable(f"There is no database at {source}.")
    create_file(target)
    with (
        typed_errors(),
        closing(_connect(source, busy_timeout_s)) as live,
        closing(_connect(target, busy_timeout_s)) as copy,
    ):
        live.backup(copy)
        _forget_what_is_being_created(copy)


def make_single_file(path: Path, busy_timeout_s: float) -> None:
    """Brings all of a database into its one file: afterwards there is no -wal and no -shm.

    Raises:
        StoreUnavailable: another process has the database open.
        StoreDamaged: it can't be read.
    """
    with typed_errors(), closing(_connect(path, busy_timeout_s)) as connection:
        try:
            connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY":
                raise
            raise StoreUnavailable(
                f"Another process has the database {path} open: wait until all of the service have ended."
            ) from None


def _forget_what_is_being_created(copy: sqlite3.Connection) -> None:
    copy.execute("PRAGMA foreign_keys=ON")  # what refers to the rows goes with them
    copy.execute("BEGIN IMMEDIATE")
    if _has_column(copy, "materials", "associated_at"):  # since revision 0007
        copy.execute(
            "UPDATE keys SET state = 'PendingImport' WHERE state IN ('Enabled', 'Disabled') AND key_id IN "
            "(SELECT key_id FROM materials WHERE state = 'creating' AND associated_at IS NOT NULL)"
        )
        copy.execute(
            "UPDATE materials SET state = 'absent', missing_since = NULL, intent_owner = NULL, "
            "intent_at = NULL WHERE state = 'creating' AND associated_at IS NOT NULL"
        )
    copy.execute("DELETE FROM materials WHERE state = 'creating'")
    copy.execute("DELETE FROM keys WHERE state = 'Creating'")
    copy.execute("COMMIT")


def _has_column(copy: sqlite3.Connection, table: str, column: str) -> bool:
    query = "SELECT 1 FROM pragma_table_info(?) WHERE name = ?"
    return copy.execute(query, (table, column)).fetchone() is not None


def _connect(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=busy_timeout_s, isolation_level=None
    )
