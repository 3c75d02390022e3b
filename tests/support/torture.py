"""Killing what runs, and looking at what is left: used by tests in small and by scripts/torture in full."""

import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from strongroom.client import Client, StrongroomError
from strongroom.server.config import load_settings
from strongroom.server.deployment import open_store
from strongroom.server.token_opening import open_token
from tests.support.deployments import Deployment, Service, wait_answered, wait_until
from tests.support.hooking import Hooks
from tests.support.load import Load

SETTINGS = "[housekeeping]\nreconcile_interval_s = 0.5\nintent_grace_s = 3"
WORKERS = 2

Progress = Callable[[str], None]


@dataclass
class Answered:
    """What the service has answered: it must be true ever after."""

    keys: list[str] = field(default_factory=list)
    blobs: list[tuple[bytes, bytes]] = field(default_factory=list)
    failures: int = 0


class Callers:
    """Threads that create keys and encrypt with them, whatever happens to the service."""

    def __init__(self, deployment: Deployment, answered: Answered, threads: int = 3) -> None:
        self._deployment = deployment
        self._answered = answered
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(i,)) for i in range(threads)]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self, seed: int) -> None:
        chance = random.Random(seed)
        answered = self._answered
        with Client(self._deployment.endpoint(), timeout_s=5) as client:
            while not self._stopping.is_set():
                try:
                    if not answered.keys or chance.random() < 0.2:
                        answered.keys.append(client.create_key().key_id)
                    else:
                        plaintext = chance.randbytes(20)
                        blob = client.encrypt(chance.choice(answered.keys), plaintext).ciphertext_blob
                        answered.blobs.append((blob, plaintext))
                except StrongroomError:
                    answered.failures += 1
                time.sleep(0.01)


def kill_rounds(deployment: Deployment, rounds: int, seed: int, progress: Progress) -> dict[str, Any]:
    """Kills a random process again and again under load; then everything answered must hold."""
    deployment.add_config(SETTINGS)
    chance, answered, kills = (
        random.Random(seed),
        Answered(),
        dict.fromkeys(("supervisor", "worker", "housekeeper"), 0),
    )
    service = Service.start(deployment, WORKERS)
    try:
        with Callers(deployment, answered):
            for number in range(rounds):
                time.sleep(chance.uniform(0.05, 0.4))
                service, victim = kill_one(service, chance)
                kills[victim] += 1
                progress(
                    f"round {number + 1}: killed a {victim}; {len(answered.keys)} keys, {len(answered.blobs)} blobs"
                )
        settle(deployment, service)
        _check_answers(deployment, answered)
    finally:
        service.stop()
    check_token(deployment)
    return {
        "rounds": rounds,
        "kills": kills,
        "keys": len(answered.keys),
        "blobs": len(answered.blobs),
        "failed_calls": answered.failures,
    }


def kill_one(service: Service, chance: random.Random, hooks: Hooks | None = None) -> tuple[Service, str]:
    """Kills the supervisor, and starts it again, or one of its children; gives what runs now, and the victim."""
    children = service.children()
    name = chance.choice(["supervisor", *children])
    if name == "supervisor":
        service.process.kill()
        service.process.wait()
        return Service.start(service.deployment, WORKERS, hooks=hooks), "supervisor"
    os.kill(children[name], signal.SIGKILL)
    return service, name.partition("-")[0]


def settle(deployment: Deployment, service: Service) -> None:
    """Waits until all processes run and reconciliation has nothing left to do."""
    database = deployment.directory / "strongroom.db"

    def is_settled() -> bool:
        with sqlite3.connect(database, timeout=10) as connection:
            query = "SELECT count(*) FROM materials WHERE state NOT IN ('enabled', 'absent') OR missing_since IS NOT NULL"
            (open_intents,) = connection.execute(query).fetchone()
        connection.close()
        return open_intents == 0 and len(service.children()) == WORKERS + 1

    wait_until(is_settled, 60)


def _check_answers(deployment: Deployment, answered: Answered) -> None:
    with Client(deployment.endpoint(), timeout_s=30) as client:
        wait_answered(client)
        for key_id in answered.keys:
            blob = client.encrypt(key_id, b"still there").ciphertext_blob
            assert client.decrypt(blob, key_id=key_id).plaintext == b"still there"
        for blob, plaintext in answered.blobs:
            assert client.decrypt(blob).plaintext == plaintext
        listed = {entry.key_id for entry in client.all_keys()}
    assert set(answered.keys) <= listed


def check_token(deployment: Deployment) -> None:
    """No orphan object, no row without an object."""
    settings = load_settings(deployment.config)
    store, token = open_store(settings), open_token(settings)
    try:
        rows = {(m.material_id, m.label) for m in store.all_materials()}
        objects = [(o.material_id, o.label) for o in token.objects()]
        assert store.pending_intents() == ()
        assert len(objects) == len(set(objects))
        assert set(objects) == rows
    finally:
        token.close()
        store.close()


def start_rounds(deployment: Deployment, rounds: int, seed: int, progress: Progress) -> dict[str, Any]:
    """Starts four workers at once, again and again, and kills them while they start as often."""
    chance = random.Random(seed)
    with deployment.served(), deployment.client() as client:
        key_id = client.create_key().key_id
        blob = client.encrypt(key_id, b"x").ciphertext_blob
    for number in range(rounds):
        with deployment.served(workers=4), deployment.client() as client:
            assert client.decrypt(blob).plaintext == b"x"
        service = Service.start(deployment, 4, wait=False)
        time.sleep(chance.uniform(0.3, 1.3))
        for pid in service.children().values():
            os.kill(pid, signal.SIGKILL)
        service.kill()
        progress(f"round {number + 1}: four workers started, and were killed while they started")
    with deployment.served(workers=4), deployment.client() as client:
        assert client.decrypt(blob).plaintext == b"x"
    return {"rounds": rounds}


def away_rounds(deployment: Deployment, rounds: int, seed: int, progress: Progress) -> dict[str, Any]:
    """Takes the token away and gives it back under load."""
    chance, recoveries = random.Random(seed), []
    tokens, away = deployment.directory / "tokens", deployment.directory / "tokens-away"
    with deployment.served(workers=WORKERS), deployment.client() as client:
        key_id = client.create_key().key_id
        with Load(deployment, key_id) as load:
            for number in range(rounds):
                time.sleep(0.5)
                tokens.rename(away)
                time.sleep(chance.uniform(0.1, 2.0))
                away.rename(tokens)
                returned, before = time.monotonic(), len(load.failures)
                wait_until(lambda: _has_success_after(load, returned), 10)
                recoveries.append(next(t for t in load.successes if t > returned) - returned)
                progress(
                    f"round {number + 1}: recovered after {recoveries[-1]:.2f} s, {before} failed calls so far"
                )
        codes = {failure.code().name for failure in load.failures}
    assert not load.wrong
    assert codes <= {"UNAVAILABLE"}, codes
    return {
        "rounds": rounds,
        "slowest_recovery_s": max(recoveries),
        "failed_calls": len(load.failures),
        "answers": len(load.successes),
    }


def _has_success_after(load: Load, moment: float) -> bool:
    return any(t > moment for t in load.successes[-50:])
