"""A database in use by others is waited for, and every commit is on the disk when it returns."""

import sqlite3
from pathlib import Path
from threading import Timer

import pytest

from strongroom.server.store import Store, StoreUnavailable
from tests.server.store.samples import create, key_id


def _lock(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    return connection


def test_a_database_that_is_unlocked_in_time_is_waited_for(url: str, path: Path) -> None:
    store = Store.open(url, busy_timeout_s=30)
    lock = _lock(path)
    timer = Timer(0.3, lambda: lock.execute("COMMIT"))
    timer.start()
    create(store)
    timer.join()
    lock.close()
    store.close()


def test_the_database_keeps_every_commit_over_a_power_failure(store: Store) -> None:
    with store._engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_errors_do_not_repeat_values_of_rows(store: Store) -> None:
    create(store)
    with pytest.raises(StoreUnavailable) as caught:
        create(store)
    assert key_id(1) not in str(caught.value)
    assert caught.value.__cause__ is None
