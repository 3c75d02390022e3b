"""No credential, no answer; and only the account's principals get one."""

import ssl

import grpc
import pytest

from strongroom.client import Client, errors
from strongroom.v1 import crypto_service_pb2_grpc as crypto_grpc
from strongroom.v1 import encryption_pb2 as messages
from tests.support.deployments import Deployment, Service


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    deployment = Deployment.make(tmp_path_factory.mktemp("deployment") / "dev")
    deployment.add_config(
        '[[authentication.trust_domains]]\nname = "partner.example"\naccount_id = "999988887777"'
    )
    return deployment


def test_a_client_without_certificate_gets_no_connection(service: Service) -> None:
    endpoint = service.deployment.endpoint()
    credentials = grpc.ssl_channel_credentials(endpoint.ca)
    with (
        grpc.secure_channel(endpoint.address, credentials) as channel,
        pytest.raises(grpc.RpcError) as caught,
    ):
        crypto_grpc.CryptoServiceStub(channel).GenerateRandom(
            messages.GenerateRandomRequest(number_of_bytes=1), timeout=5
        )
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    "spiffe_id",
    [
        "spiffe://unknown.example/client/admin",
        "spiffe://dev.strongroom",
        "spiffe://dev.strongroom/x:root",
        "spiffe://dev.strongroom/a%2fb",
    ],
)
def test_a_certificate_that_stands_for_nobody_is_refused(service: Service, spiffe_id: str) -> None:
    deployment = service.deployment
    with Client(deployment.issue_client(spiffe_id)) as client, pytest.raises(errors.CredentialsInvalid):
        client.generate_random(1)
    denied = [r for r in deployment.audit_records() if r.get("errorCode") == "UnrecognizedClientException"]
    assert denied[-1]["userIdentity"] == {"type": "Unknown"}


def test_a_servers_certificate_is_no_clients(service: Service) -> None:
    endpoint = service.deployment.endpoint("server")
    with Client(endpoint, timeout_s=20) as client, pytest.raises(errors.ServiceUnavailable):
        client.generate_random(1)


def test_another_accounts_principal_may_do_nothing(service: Service, client: Client) -> None:
    key = client.create_key()
    blob = client.encrypt(key.key_id, b"x").ciphertext_blob
    absent = key.arn.replace(key.key_id, "00000000-0000-4000-8000-000000000000")
    with Client(service.deployment.issue_client("spiffe://partner.example/spy")) as spy:
        for call in (
            spy.create_key,
            spy.list_keys,
            lambda: spy.generate_random(1),
            lambda: spy.encrypt(key.arn, b"x"),
            lambda: spy.encrypt(absent, b"x"),
            lambda: spy.decrypt(blob),
            lambda: spy.describe_key(key.arn),
            lambda: spy.disable_key(key.arn),
        ):
            with pytest.raises(errors.AccessDenied):
                call()
        with pytest.raises(errors.NotFound):
            spy.encrypt(key.key_id, b"x")  # a bare id is one of the caller's own account
    assert client.describe_key(key.key_id).enabled


def test_old_tls_is_refused(service: Service) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    import socket

    with socket.create_connection(("127.0.0.1", service.deployment.port)) as raw, pytest.raises(ssl.SSLError):
        context.wrap_socket(raw)
