"""Killing what runs while keys rotate, are deleted, and have their material imported and deleted."""

import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from strongroom.client import Client, StrongroomError, errors
from tests.support.deployments import Deployment, Service, wait_answered
from tests.support.hooking import Hooks
from tests.support.imports import bring, external
from tests.support.torture import SETTINGS, WORKERS, Progress, check_token, kill_one, settle

DAYS_A_ROUND = 8
"""Of the service's clock: what is scheduled for deletion is due in the next round, and rotations now and then."""


@dataclass
class Life:
    """A key, its imported material if it has any, and what the service encrypted with it."""

    key_id: str
    secret: bytes | None = None
    blobs: list[tuple[bytes, bytes]] = field(default_factory=list)
    rotations: int = 0
    is_doomed: bool = False  # the service was asked to delete it, and may have heard


class Owner:
    """A thread with keys of its own, of which it alone decides."""

    def __init__(self, deployment: Deployment, seed: int) -> None:
        self.lives: list[Life] = []
        self.failures = 0
        self.unexpected: list[StrongroomError] = []
        self._deployment = deployment
        self._chance = random.Random(seed)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        with Client(self._deployment.endpoint(), timeout_s=5) as client:
            while not self._stopping.is_set():
                try:
                    self._do_something(client)
                except _MAY_BE:
                    self.failures += 1
                except StrongroomError as error:
                    self.unexpected.append(error)
                time.sleep(0.01)

    def _do_something(self, client: Client) -> None:
        living = [life for life in self.lives if not life.is_doomed]
        if not living or self._chance.random() < 0.1:
            self._create(client)
            return
        names, weights = zip(*_ACTIONS.items(), strict=True)
        (action,) = self._chance.choices(names, weights)
        action(self, client, self._chance.choice(living))

    def _create(self, client: Client) -> None:
        if self._chance.random() < 0.3:
            life = Life(external(client), self._chance.randbytes(32))
            self.lives.append(life)
            self.reimport(client, life)
            return
        life = Life(client.create_key().key_id)
        self.lives.append(life)
        client.enable_key_rotation(life.key_id, rotation_period_in_days=90)

    def encrypt(self, client: Client, life: Life) -> None:
        plaintext = self._chance.randbytes(20)
        life.blobs.append((client.encrypt(life.key_id, plaintext).ciphertext_blob, plaintext))

    def rotate(self, client: Client, life: Life) -> None:
        if life.secret is None and life.rotations < 20:
            client.rotate_key_on_demand(life.key_id)
            life.rotations += 1

    def reimport(self, client: Client, life: Life) -> None:
        if life.secret is not None:
            client.delete_imported_key_material(life.key_id)
            bring(client, life.key_id, life.secret)

    def doom(self, client: Client, life: Life) -> None:
        life.is_doomed = True
        client.schedule_key_deletion(life.key_id, pending_window_in_days=7)


# A call that wasn't answered may have been done: an import, or the deletion of material that the next call meets.
_MAY_BE = (
    errors.ServiceUnavailable,
    errors.KeyUnavailable,
    errors.DeadlineExceeded,
    errors.InvalidState,
    errors.InvalidImportToken,
    errors.ImportTokenExpired,
    errors.Conflict,
)
_ACTIONS: dict[Callable[[Owner, Client, Life], None], float] = {
    Owner.encrypt: 10,
    Owner.rotate: 2,
    Owner.reimport: 3,
    Owner.doom: 0.5,
}


def life_rounds(deployment: Deployment, rounds: int, seed: int, progress: Progress) -> dict[str, Any]:
    """Kills a random process again and again; then all keys are as their owners left them."""
    deployment.add_config(SETTINGS)
    hooks = Hooks.in_directory(deployment.directory)
    chance, kills = random.Random(seed), dict.fromkeys(("supervisor", "worker", "housekeeper"), 0)
    owners = [Owner(deployment, seed + number) for number in range(3)]
    service = Service.start(deployment, WORKERS, hooks=hooks)
    try:
        for owner in owners:
            owner.start()
        try:
            for number in range(rounds):
                time.sleep(chance.uniform(0.3, 0.8))
                hooks.clock.pass_by(days=DAYS_A_ROUND)
                time.sleep(chance.uniform(0.05, 0.6))
                service, victim = kill_one(service, chance, hooks)
                kills[victim] += 1
                lives = [life for owner in owners for life in owner.lives]
                progress(f"round {number + 1}: killed a {victim}; {len(lives)} keys")
        finally:
            for owner in owners:
                owner.stop()
        assert [error for owner in owners for error in owner.unexpected] == []
        hooks.clock.pass_by(days=DAYS_A_ROUND)
        settle(deployment, service)
        service.do_round()
        found = _check(deployment, lives)
    finally:
        service.stop()
    check_token(deployment)
    return {"rounds": rounds, "kills": kills, **found, "failed_calls": sum(o.failures for o in owners)}


def _check(deployment: Deployment, lives: list[Life]) -> dict[str, int]:
    counts = {"keys": len(lives), "imported": 0, "deleted": 0, "blobs": 0, "rotations": 0}
    with Client(deployment.endpoint(), timeout_s=30) as client:
        wait_answered(client)
        listed = {entry.key_id for entry in client.all_keys()}
        for life in lives:
            if life.key_id not in listed:
                assert life.is_doomed
                counts["deleted"] += 1
                _is_gone(client, life)
                continue
            if life.secret is not None:
                counts["imported"] += 1
                bring(client, life.key_id, life.secret)
            else:
                counts["rotations"] += len(client.list_key_rotations(life.key_id, limit=1000).rotations)
            for blob, plaintext in life.blobs:
                assert client.decrypt(blob, key_id=life.key_id).plaintext == plaintext
            counts["blobs"] += len(life.blobs)
            client.encrypt(life.key_id, os.urandom(8))
    return counts


def _is_gone(client: Client, life: Life) -> None:
    for blob, _ in life.blobs[:3]:
        with pytest.raises(errors.AccessDenied):
            client.decrypt(blob)
