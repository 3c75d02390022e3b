"""The change feed: which keys other transactions have touched."""

import sqlite3
from pathlib import Path
from typing import Protocol

from strongroom.server.store.errors import StoreUnavailable
from strongroom.server.store.records import Changes
from strongroom.server.store.transactions import PRINCIPALS


class ChangeFeed(Protocol):
    """Tells what to drop from a cache; for one thread at a time."""

    def has_changed(self) -> bool:
        """True if something was committed since the last `take`; asked on every request."""

    def take(self) -> Changes:
        """What was touched since the last `take`."""

    def close(self) -> None:
        """Ends the feed."""


class SqliteChangeFeed:
    """The feed of an SQLite store, by `PRAGMA data_version`: it moves with every commit of others.

    A connection of its own, without SQLAlchemy, for `has_changed` must cost a few microseconds.

    Raises:
        StoreUnavailable: there is no store, or it can't be read.
    """

    def __init__(self, path: Path, busy_timeout_s: float) -> None:
        self._connection = _connect(path, busy_timeout_s)
        self._execute = self._connection.execute
        try:
            self._execute("PRAGMA query_only=ON")
            self._version = self._data_version()
            self._revision = self._newest_revision()
        except sqlite3.Error as error:
            self._connection.close()
            raise _unavailable(error) from None

    def has_changed(self) -> bool:
        try:
            return self._data_version() != self._version
        except sqlite3.Error as error:
            raise _unavailable(error) from None

    def take(self) -> Changes:
        try:
            return self._take()
        except sqlite3.Error as error:
            raise _unavailable(error) from None

    def close(self) -> None:
        self._connection.close()

    def _take(self) -> Changes:
        version = self._data_version()  # first: what is committed after it, the next call sees
        rows = self._execute(
            "SELECT revision, key_id FROM changes WHERE revision >= ? ORDER BY revision", (self._revision,)
        ).fetchall()
        # The row of the revision that we know of is kept for as long as none is newer; if it is gone,
        # so may be others. Before the first of all, whose revision is 1, there is none to know.
        oldest = rows[0][0] if rows else 0
        is_complete = oldest == self._revision or (oldest, self._revision) == (1, 0)
        touched = frozenset(key_id for revision, key_id in rows if revision > self._revision)
        self._version = version
        self._revision = rows[-1][0] if rows else self._newest_revision()
        return Changes(self._revision, touched - {PRINCIPALS}, PRINCIPALS in touched, is_complete)

    def _data_version(self) -> int:
        return int(self._execute("PRAGMA data_version").fetchone()[0])

    def _newest_revision(self) -> int:
        return int(self._execute("SELECT coalesce(max(revision), 0) FROM changes").fetchone()[0])


def _connect(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    """A connection that never makes a database where there is none."""
    try:
        return sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=busy_timeout_s,
            isolation_level=None,
            # Requests take turns on the event loop, but the worker closes the feed from elsewhere.
            check_same_thread=False,
        )
    except sqlite3.Error as error:
        raise _unavailable(error) from None


def _unavailable(error: sqlite3.Error) -> StoreUnavailable:
    return StoreUnavailable(f"The database failed: {getattr(error, 'sqlite_errorname', 'SQLITE_ERROR')}.")
