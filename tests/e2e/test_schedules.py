"""What the service does by itself when its time has come, in its own processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.client import Client, errors
from strongroom.server.config import load_settings
from strongroom.server.deployment import open_store
from strongroom.server.store import JobRecord, Store
from tests.support.deployments import Deployment, Service, wait_until
from tests.support.hooking import Hooks

MANY = 50


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Hooks:
    return Hooks.in_directory(tmp_path_factory.mktemp("hooks"))


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return Deployment.make(tmp_path_factory.mktemp("deployment") / "dev")


@pytest.fixture(scope="module")
def service(deployment: Deployment, hooks: Hooks) -> Iterator[Service]:
    with deployment.served(workers=1, hooks=hooks) as service:
        yield service


def test_time_passes_for_a_running_service(client: Client, hooks: Hooks) -> None:
    before = client.create_key().creation_date
    hooks.clock.pass_by(days=400)
    after = client.create_key().creation_date
    assert (after - before).days == 400


def test_a_key_rotates_when_its_period_is_over(client: Client, service: Service, hooks: Hooks) -> None:
    key_id = client.create_key().key_id
    client.enable_key_rotation(key_id, rotation_period_in_days=90)
    blob = client.encrypt(key_id, b"x").ciphertext_blob
    hooks.clock.pass_by(days=89)
    service.do_round()
    assert client.list_key_rotations(key_id).rotations == ()
    hooks.clock.pass_by(days=1, minutes=1)
    service.do_round()
    assert len(client.list_key_rotations(key_id).rotations) == 1
    assert client.decrypt(blob).plaintext == b"x"


def test_a_key_is_deleted_when_its_waiting_period_is_over(
    client: Client, service: Service, hooks: Hooks
) -> None:
    key_id = client.create_key().key_id
    client.schedule_key_deletion(key_id, pending_window_in_days=7)
    hooks.clock.pass_by(days=7, minutes=-1)
    service.do_round()
    assert client.describe_key(key_id).key_state == "PendingDeletion"
    hooks.clock.pass_by(minutes=2)
    service.do_round()
    with pytest.raises(errors.NotFound):
        client.describe_key(key_id)


def test_a_long_job_ends_when_the_service_stops_and_goes_on_when_it_starts(tmp_path: Path) -> None:
    deployment, hooks = Deployment.make(tmp_path / "dev"), Hooks.in_directory(tmp_path)
    store = open_store(load_settings(deployment.config))
    with deployment.served(hooks=hooks) as service:
        with deployment.client() as client:
            for _ in range(MANY):
                client.enable_key_rotation(client.create_key().key_id, rotation_period_in_days=90)
        service.do_round()
        hooks.clock.pass_by(days=91)
        service.wake_housekeeper()
        wait_until(lambda: _rotation(store).is_under_way and _rotation(store).of == MANY)
    seen = _rotation(store)
    assert not seen.is_under_way
    assert (seen.done, seen.of) == (_rotated(deployment), MANY)
    assert seen.done < MANY
    with deployment.served(hooks=hooks) as service:
        service.do_round()
    assert _rotated(deployment) == MANY
    store.close()


def _rotation(store: Store) -> JobRecord:
    return next(record for record in store.jobs.all() if record.name == "rotation")


def _rotated(deployment: Deployment) -> int:
    return [record["eventName"] for record in deployment.audit_records()].count("RotateKey")
