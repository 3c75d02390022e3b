"""A database in use by others is waited for, and every commit is on the disk when it returns."""

import itertools
import multiprocessing
import os
import signal
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Timer

import pytest

from strongroom.server.store import Store, StoreUnavailable
from tests.server.store.samples import ACCOUNT, create, key_id


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


def test_a_database_that_stays_locked_is_unavailable_and_then_works_again(url: str, path: Path) -> None:
    store = Store.open(url, busy_timeout_s=0.2)
    create(store)
    lock = _lock(path)
    with pytest.raises(StoreUnavailable) as caught:
        store.set_description(key_id(1), "a description", allowed_in={"Enabled"})
    assert "a description" not in str(caught.value)
    assert store.load_key(key_id(1)) is not None, "readers aren't kept waiting"
    lock.execute("ROLLBACK")
    lock.close()
    store.set_description(key_id(1), "a description", allowed_in={"Enabled"})
    store.close()


def test_threads_write_side_by_side(url: str) -> None:
    store = Store.open(url)
    with ThreadPoolExecutor(6) as pool:
        assert len(list(pool.map(lambda number: create(store, number), range(1, 61)))) == 60
    assert store.count_keys(ACCOUNT) == 60
    store.close()


def _create_for_ever(url: str, first: int, acknowledge: Connection) -> None:
    store = Store.open(url)
    for number in itertools.count(first):
        acknowledge.send(create(store, number).key_id)


def test_what_was_acknowledged_survives_kill_9(store: Store, url: str) -> None:
    context = multiprocessing.get_context("spawn")
    for round_number, delay_s in enumerate((0.02, 0.11, 0.23)):
        reader, writer = context.Pipe(duplex=False)
        process = context.Process(target=_create_for_ever, args=(url, 1 + 10**6 * round_number, writer))
        process.start()
        writer.close()
        acknowledged = [reader.recv()]
        time.sleep(delay_s)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        try:
            while True:
                acknowledged.append(reader.recv())
        except EOFError:
            reader.close()
        assert all(store.load_key(key_id) is not None for key_id in acknowledged)
    assert store.damage() == ()


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
