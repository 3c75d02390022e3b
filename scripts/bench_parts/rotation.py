"""What callers notice of it when all keys rotate because they are due."""

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bench_parts.many_keys import create
from bench_parts.rows import Row
from bench_parts.running import Answer, Server, server_of
from bench_parts.unary import SERVICE, Unary, calls_for

from strongroom.server.config import load_settings
from strongroom.server.deployment import open_store
from strongroom.server.housekeeping.rotation import MOST_ENCRYPTIONS
from tests.support.deployments import Deployment

LATENCY_BUDGET = 2.0
_LOAD = 1 / 10  # of what could be answered
_QUIET_RUNS = 40
_BUSY_RUNS = 80
_PERIOD_DAYS = 365


def measure(directory: Path, many: int, seconds: float) -> Iterator[Row]:
    """The 99th percentile of Encrypt over all keys, quiet and while the housekeeper rotates them."""
    deployment = Deployment.make(directory / "rotating")
    create(deployment, many)
    store = open_store(load_settings(deployment.config))
    with deployment.served(workers=1) as service:
        server = server_of(service)
        call = _encrypt(deployment)
        rate = _warm_rate(server, call) * _LOAD
        quiet = _load(server, call, _QUIET_RUNS * seconds, rate)  # long enough for what comes once a minute
        _make_due(deployment)
        os.kill(service.children()["housekeeper"], signal.SIGHUP)
        started = time.monotonic()
        busy = _load(server, call, _BUSY_RUNS * seconds, rate)  # long: bursts come once in minutes
        rotated = many - len(store.due_rotations(MOST_ENCRYPTIONS))
        yield from _rows(many, quiet, busy, rotated / (time.monotonic() - started))
    store.close()


def _encrypt(deployment: Deployment) -> Unary:
    with deployment.client() as client:
        key_ids = [entry.key_id for entry in client.all_keys()]
    return calls_for(deployment, key_ids)[0]


def _warm_rate(server: Server, call: Unary) -> float:
    """Uses every key once, which proves it and reserves encryptions; gives how many calls go in a second."""
    answered = 0
    while answered < 2 * len(call.bodies):
        answered += server.load(SERVICE + call.name, call.bodies, seconds=3).count
    return server.load(SERVICE + call.name, call.bodies, seconds=3).rate


def _load(server: Server, call: Unary, seconds: float, rate: float) -> Answer:
    return server.load(SERVICE + call.name, call.bodies, seconds=seconds, rate=rate)


def _make_due(deployment: Deployment) -> None:
    """A worker believes its snapshot until the feed speaks; the schedule changes nothing that it uses."""
    file = deployment.directory / "strongroom.db"
    with closing(sqlite3.connect(file, timeout=10)) as connection, connection:
        connection.execute("UPDATE keys SET next_rotation_at = 1, rotation_period_days = ?", (_PERIOD_DAYS,))


def _rows(many: int, quiet: Answer, busy: Answer, rotations_s: float) -> Iterator[Row]:
    before, during = quiet.p99, busy.p99
    yield Row(f"Encrypt over {many:,} keys, p99 at a tenth of the load", before * 1000, "ms")
    yield Row(
        "the same while they rotate",
        during * 1000,
        "ms",
        during / before,
        LATENCY_BUDGET,
        is_ceiling=True,
    )
    yield Row("rotations meanwhile", rotations_s, "keys/s")
