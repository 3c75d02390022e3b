"""What happens when the token, or an object on it, goes away behind the service's back."""

import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from strongroom.client import Client, errors
from tests.support.deployments import Deployment, Service, wait_until
from tests.support.load import Load
from tests.support.tokens import meddle

RECOVERY_S = 2.0


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    deployment = Deployment.make(tmp_path_factory.mktemp("deployment") / "dev")
    deployment.add_config("[housekeeping]\nreconcile_interval_s = 0.5\nintent_grace_s = 5")
    return deployment


def _meddle(deployment: Deployment, what: str, key_id: str, material_id: bytes = b"") -> str:
    label = f"strongroom/dev/{key_id}"
    return meddle(deployment.softhsm_conf, deployment.pin, what, label, material_id)


def _material_id(client: Client, key_id: str) -> bytes:
    return client.encrypt(key_id, b"x").ciphertext_blob[1:17]


def test_a_key_whose_object_is_destroyed_is_unavailable_and_others_are_not(
    deployment: Deployment, client: Client
) -> None:
    lost, well = client.create_key().key_id, client.create_key().key_id
    blob = client.encrypt(lost, b"x").ciphertext_blob
    _meddle(deployment, "destroy", lost)
    for call in (lambda: client.encrypt(lost, b"x"), lambda: client.decrypt(blob)):
        with pytest.raises(errors.InvalidState, match="is unavailable"):
            call()
    assert client.describe_key(lost).key_state == "Unavailable"
    assert client.decrypt(client.encrypt(well, b"y").ciphertext_blob).plaintext == b"y"
    assert lost in [entry.key_id for entry in client.all_keys()]


def test_a_destroyed_object_is_noticed_without_being_used(deployment: Deployment, client: Client) -> None:
    lost = client.create_key().key_id
    _meddle(deployment, "destroy", lost)
    wait_until(lambda: client.describe_key(lost).key_state == "Unavailable")


def test_another_object_under_the_same_name_is_refused(deployment: Deployment, client: Client) -> None:
    key_id = client.create_key().key_id
    blob = client.encrypt(key_id, b"x").ciphertext_blob
    _meddle(deployment, "replace", key_id)
    for call in (lambda: client.encrypt(key_id, b"x"), lambda: client.decrypt(blob)):
        with pytest.raises(errors.InvalidState, match="is unavailable"):
            call()
    time.sleep(1.2)  # a reconciliation or two must not take it for the lost one
    assert client.describe_key(key_id).key_state == "Unavailable"


def test_a_second_object_planted_under_the_same_name_is_never_used(own_deployment: Deployment) -> None:
    with own_deployment.served(), own_deployment.client() as client:
        key_id = client.create_key().key_id
        blob = client.encrypt(key_id, b"x").ciphertext_blob
        _meddle(own_deployment, "plant", key_id, _material_id(client, key_id))
        assert client.decrypt(blob).plaintext == b"x"
    with own_deployment.served(), own_deployment.client() as client:  # found anew: there are two now
        assert client.decrypt(blob).plaintext == b"x"
        again = client.encrypt(key_id, b"y").ciphertext_blob
        assert client.decrypt(again).plaintext == b"y"


@pytest.fixture
def health(service: Service) -> Iterator[Any]:
    endpoint = service.deployment.endpoint()
    with grpc.secure_channel(endpoint.address, endpoint.credentials()) as channel:
        yield health_pb2_grpc.HealthStub(channel)


def test_the_service_recovers_when_its_token_is_taken_away_and_given_back(
    deployment: Deployment, client: Client, health: Any
) -> None:
    key_id = client.create_key().key_id
    old = client.encrypt(key_id, b"old").ciphertext_blob
    tokens, away = deployment.directory / "tokens", deployment.directory / "tokens-away"
    request = health_pb2.HealthCheckRequest(service="strongroom.v1.CryptoService")
    status = health_pb2.HealthCheckResponse
    with Load(deployment, key_id) as load:
        for _ in range(3):
            time.sleep(0.5)
            tokens.rename(away)
            wait_until(lambda: health.Check(request).status == status.NOT_SERVING)
            time.sleep(0.5)
            away.rename(tokens)
            returned = time.monotonic()
            wait_until(lambda: any(t > returned for t in load.successes), RECOVERY_S)
            wait_until(lambda: health.Check(request).status == status.SERVING, RECOVERY_S + 2)
    assert not load.wrong
    assert load.failures
    for failure in load.failures:
        assert failure.code() is grpc.StatusCode.UNAVAILABLE, failure
        details = rpc_status.from_call(failure).details
        assert any(detail.Is(RetryInfo.DESCRIPTOR) for detail in details)
    assert client.describe_key(key_id).key_state == "Enabled"
    assert client.decrypt(old).plaintext == b"old"
