"""A process dies at each step of each change of material: the others finish or undo it, and no answer was wrong."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import grpc
import pytest

from strongroom.client import Client, errors
from strongroom.server.core.steps import STEPS
from strongroom.v1 import importing_pb2 as importing
from strongroom.v1 import key_service_pb2 as keys
from strongroom.v1 import key_service_pb2_grpc as key_grpc
from strongroom.v1 import resources_pb2 as v1
from strongroom.v1 import rotation_pb2 as rotation
from tests.support.databases import rows
from tests.support.deployments import Deployment, Service, wait_answered, wait_until
from tests.support.disks import no_room_for
from tests.support.hooking import Hooks
from tests.support.housekeeping import Housekeeping
from tests.support.imports import OAEP, bring, external, parameters
from tests.support.torture import check_token
from tests.support.wrapping import wrap


@dataclass
class Model:
    """What the service has answered: it must be true ever after."""

    blobs: dict[str, list[tuple[bytes, bytes]]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)

    def add_key(self, client: Client, key_id: str) -> str:
        name = f"alias/{key_id}"
        client.create_alias(name, key_id)
        self.aliases[name] = key_id
        self.blobs[key_id] = []
        self.encrypt(client, key_id)
        return key_id

    def encrypt(self, client: Client, key_id: str) -> None:
        plaintext = uuid.uuid4().bytes
        self.blobs[key_id].append((client.encrypt(key_id, plaintext).ciphertext_blob, plaintext))

    def remove_key(self, key_id: str) -> None:
        del self.blobs[key_id], self.aliases[f"alias/{key_id}"]
        self.gone.append(key_id)

    def check(self, deployment: Deployment, client: Client) -> None:
        for key_id, blobs in self.blobs.items():
            for blob, plaintext in blobs:
                assert client.decrypt(blob, key_id=key_id).plaintext == plaintext
            self.encrypt(client, key_id)
        assert {entry.key_id for entry in client.all_keys()} == set(self.blobs)
        assert {entry.alias_name: entry.target_key_id for entry in client.all_aliases()} == self.aliases
        told = _told(deployment, "DeleteKey")
        for key_id in self.gone:
            assert key_id in told
            with pytest.raises(errors.NotFound):
                client.describe_key(key_id)
        check_token(deployment)


def _told(deployment: Deployment, event: str) -> list[str]:
    """The keys that the service told of by itself, in its audit trail."""
    return [details["keyId"] for details in _details(deployment, event)]


def _details(deployment: Deployment, event: str) -> list[dict[str, Any]]:
    records: list[Any] = [r for r in deployment.audit_records() if r["eventName"] == event]
    return [record["serviceEventDetails"] for record in records]


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Hooks:
    return Hooks.in_directory(tmp_path_factory.mktemp("hooks"))


@pytest.fixture(scope="module")
def model() -> Model:
    return Model()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return Deployment.make(tmp_path_factory.mktemp("deployment") / "dev")


class Services:
    """A service for each kind of change: a child that dies often is started again ever later."""

    def __init__(self, deployment: Deployment, hooks: Hooks) -> None:
        self._deployment = deployment
        self._hooks = hooks
        self._kind = ""
        self._running = ExitStack()

    def get(self, kind: str) -> Service:
        if kind != self._kind:
            self.stop()
            served = self._deployment.served(workers=1, hooks=self._hooks)
            self._service = self._running.enter_context(served)
            self._kind = kind
        return self._service

    def stop(self) -> None:
        self._running.close()


@pytest.fixture(scope="module")
def services(deployment: Deployment, hooks: Hooks) -> Iterator[Services]:
    services = Services(deployment, hooks)
    yield services
    services.stop()


@pytest.fixture
def service(services: Services, step: str) -> Service:
    return services.get(_kind(step))


@dataclass(frozen=True)
class Scene:
    """Everything that a crash needs."""

    service: Service
    client: Client
    hooks: Hooks
    model: Model

    @property
    def deployment(self) -> Deployment:
        return self.service.deployment

    def new_key(self) -> str:
        return self.model.add_key(self.client, self.client.create_key().key_id)

    def settle(self) -> None:
        """All processes run again, and the housekeeper has looked when the grace period was over."""
        self.service.wait_started("worker-0")
        wait_answered(self.client)
        self.hooks.clock.pass_by(minutes=2)
        self.service.do_round()

    def die_in_housekeeper(self, step: str, **later: float) -> None:
        self.hooks.crash.arm(step)
        self.hooks.clock.pass_by(**later)
        self.service.wake_housekeeper()
        wait_until(self.hooks.crash.has_struck, 30)

    def die_in_worker(self, step: str, method: str, message: keys.CreateKeyRequest | object) -> None:
        """Sends a request that nobody answers, once."""
        self.hooks.crash.arm(step)
        endpoint = self.deployment.endpoint()
        options = [("grpc.enable_retries", 0)]
        with grpc.secure_channel(endpoint.address, endpoint.credentials(), options) as channel:
            with pytest.raises(grpc.RpcError) as caught:
                getattr(key_grpc.KeyServiceStub(channel), method)(message, timeout=30)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert self.hooks.crash.has_struck()


@pytest.fixture
def scene(service: Service, client: Client, hooks: Hooks, model: Model) -> Scene:
    wait_answered(client)
    # The housekeeper makes the audit key by the same steps.
    database = service.deployment.directory / "strongroom.db"
    made = "SELECT 1 FROM keys WHERE account_id = '000000000000' AND state = 'Enabled'"
    wait_until(lambda: bool(rows(database, made)), 30)
    return Scene(service, client, hooks, model)


def _creation(step: str) -> keys.CreateKeyRequest:
    """As the client asks, so that it can ask the same again."""
    spec = v1.KEY_SPEC_SYMMETRIC_DEFAULT
    return keys.CreateKeyRequest(
        description=step, key_spec=spec, origin=v1.ORIGIN_AWS_KMS, request_id=str(uuid.uuid4())
    )


def _create(scene: Scene, step: str) -> None:
    request = _creation(step)
    scene.die_in_worker(step, "CreateKey", request)
    scene.settle()
    found = {entry.key_id for entry in scene.client.all_keys()} - set(scene.model.blobs)
    assert len(found) == (step == "creation.completed")
    _create_again(scene, request)


def _create_again(scene: Scene, request: keys.CreateKeyRequest) -> None:
    for _ in range(2):
        key = scene.client.create_key(description=request.description, request_id=request.request_id)
    scene.model.add_key(scene.client, key.key_id)


def _rotate(scene: Scene, step: str) -> None:
    key_id = scene.new_key()
    request = rotation.RotateKeyOnDemandRequest(key_id=key_id, request_id=str(uuid.uuid4()))
    scene.die_in_worker(step, "RotateKeyOnDemand", request)
    scene.settle()
    assert len(scene.client.list_key_rotations(key_id).rotations) == (step == "rotation.completed")
    for _ in range(2):
        scene.client.rotate_key_on_demand(key_id, request_id=request.request_id)
    assert len(scene.client.list_key_rotations(key_id).rotations) == 1


def _rotate_when_due(scene: Scene, step: str) -> None:
    key_id = scene.new_key()
    scene.client.enable_key_rotation(key_id, rotation_period_in_days=90)
    scene.die_in_housekeeper(step, days=91)
    scene.settle()
    _rotated_once(scene, key_id)


def _rotated_once(scene: Scene, key_id: str) -> None:
    assert len(scene.client.list_key_rotations(key_id).rotations) == 1
    assert _told(scene.deployment, "RotateKey").count(key_id) in {1, 2}
    scene.client.disable_key_rotation(key_id)


def _undo(scene: Scene, step: str) -> None:
    """A rotation that can't be recorded is given up."""
    key_id = scene.new_key()
    scene.client.enable_key_rotation(key_id, rotation_period_in_days=90)
    pid = scene.service.wait_started("housekeeper")
    with no_room_for(pid, scene.deployment.segment("housekeeper")):
        scene.die_in_housekeeper(step, days=91)
    scene.settle()
    _rotated_once(scene, key_id)


def _reconcile(scene: Scene, step: str) -> None:
    request = _creation(step)
    scene.die_in_worker("creation.made", "CreateKey", request)
    scene.service.wait_started("worker-0")
    before = len(_told(scene.deployment, "FinishInterruptedIntent"))
    scene.die_in_housekeeper(step, minutes=2)
    scene.settle()
    assert len(_told(scene.deployment, "FinishInterruptedIntent")) - before in {1, 2}
    _create_again(scene, request)


def _delete(scene: Scene, step: str) -> None:
    key_id = scene.new_key()
    scene.client.rotate_key_on_demand(key_id)
    scene.client.schedule_key_deletion(key_id, pending_window_in_days=7)
    scene.model.remove_key(key_id)
    scene.die_in_housekeeper(step, days=8)
    scene.settle()
    counts = [
        d["materialsDestroyed"] for d in _details(scene.deployment, "DeleteKey") if d["keyId"] == key_id
    ]
    assert counts in ([2], [2, 2])


def _new_imported_key(scene: Scene, secret: bytes, **more: Any) -> str:
    key_id = external(scene.client)
    bring(scene.client, key_id, secret, **more)
    return scene.model.add_key(scene.client, key_id)


def _ask_for_parameters(scene: Scene, step: str) -> None:
    key_id = _new_imported_key(scene, secret := os.urandom(32))
    request = importing.GetParametersForImportRequest(
        key_id=key_id,
        wrapping_algorithm=v1.WRAPPING_ALGORITHM_RSAES_OAEP_SHA_256,
        wrapping_key_spec=v1.WRAPPING_KEY_SPEC_RSA_2048,
    )
    scene.die_in_worker(step, "GetParametersForImport", request)
    scene.settle()
    bring(scene.client, key_id, secret)
    _no_pair_outlives_its_day(scene, key_id)


def _import(scene: Scene, step: str) -> None:
    """Of material that was deleted, so that what it encrypted must decrypt again."""
    key_id = _new_imported_key(scene, secret := os.urandom(32))
    scene.client.delete_imported_key_material(key_id)
    found = parameters(scene.client, key_id)
    request = importing.ImportKeyMaterialRequest(
        key_id=key_id,
        import_token=found.import_token,
        encrypted_key_material=wrap(found.public_key, OAEP, secret),
        expiration_model=v1.EXPIRATION_MODEL_KEY_MATERIAL_DOES_NOT_EXPIRE,
    )
    scene.die_in_worker(step, "ImportKeyMaterial", request)
    scene.settle()
    is_done = step == "import.completed"
    assert scene.client.describe_key(key_id).key_state == ("Enabled" if is_done else "PendingImport")
    bring(scene.client, key_id, secret)
    _no_pair_outlives_its_day(scene, key_id)


def _expire_pair(scene: Scene, step: str) -> None:
    key_id = _new_imported_key(scene, os.urandom(32))
    parameters(scene.client, key_id)
    scene.die_in_housekeeper(step, hours=25)
    scene.settle()
    _no_pair_outlives_its_day(scene, key_id)


def _no_pair_outlives_its_day(scene: Scene, key_id: str) -> None:
    scene.hooks.clock.pass_by(hours=25)
    scene.service.do_round()
    with closing(Housekeeping(scene.deployment)) as rounds:
        assert sum(key_id in found.label for found in rounds.token.objects()) == 1


def _expire(scene: Scene, step: str) -> None:
    secret, tomorrow = os.urandom(32), scene.hooks.clock.now() + timedelta(days=1)
    key_id = _new_imported_key(scene, secret, valid_to=tomorrow)
    scene.die_in_housekeeper(step, days=2)
    scene.settle()
    assert scene.client.describe_key(key_id).key_state == "PendingImport"
    events = ("DeleteExpiredKeyMaterial", "FinishInterruptedIntent")
    assert any(key_id in _told(scene.deployment, event) for event in events)
    bring(scene.client, key_id, secret)


KINDS: dict[str, Callable[[Scene, str], None]] = {
    "creation": _create,
    "rotation": _rotate,
    "due_rotation": _rotate_when_due,
    "parameters": _ask_for_parameters,
    "import": _import,
    "pair": _expire_pair,
    "material_deletion": _expire,
    "undo": _undo,
    "reconciliation": _reconcile,
    "deletion": _delete,
}


def _kind(step: str) -> str:
    return step.partition(".")[0]


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_at_any_step_leaves_everything_whole_or_undone(scene: Scene, step: str) -> None:
    scene.new_key()
    KINDS[_kind(step)](scene, step)
    scene.model.check(scene.deployment, scene.client)
