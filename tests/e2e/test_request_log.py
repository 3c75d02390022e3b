"""One line in the log for each request."""

from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from strongroom.client import Client, errors
from strongroom.client.items import EncryptItem
from strongroom.server.request_log import FIELDS
from strongroom.v1 import crypto_service_pb2_grpc as crypto_grpc
from strongroom.v1 import encryption_pb2 as crypto
from tests.support.deployments import Deployment, Service, wait_until

TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE}-b7ad6b7169203331-01"
ROLE = "role/developer"
OF_THE_LOG = {"event", "level", "timestamp", "process"}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    deployment = Deployment.make(tmp_path_factory.mktemp("deployment") / "dev")
    deployment.add_config('[log]\nrequests = "all"')
    return deployment


@pytest.fixture
def crypto_stub(service: Service) -> Iterator[Any]:
    """With a user agent that is far too long."""
    endpoint = service.deployment.endpoint()
    options = [("grpc.primary_user_agent", "agent" * 200)]
    with grpc.secure_channel(endpoint.address, endpoint.credentials(), options) as channel:
        yield crypto_grpc.CryptoServiceStub(channel)


def _lines(service: Service, count: int, **fields: object) -> list[dict[str, Any]]:
    """The lines of requests with these fields, once there are so many."""
    found: list[dict[str, Any]] = []

    def are_there() -> bool:
        lines = [line for line in service.lines() if line["event"] == "request"]
        found[:] = [line for line in lines if fields.items() <= line.items()]
        return len(found) >= count

    wait_until(are_there, 20)
    return found


def test_a_line_says_who_did_what_and_how_long_it_took(
    service: Service, client: Client, crypto_stub: Any
) -> None:
    key_id = client.create_key().key_id
    request = crypto.EncryptRequest(key_id=key_id, plaintext=b"secret plaintext")
    request.encryption_context["purpose"] = "secret context"
    crypto_stub.Encrypt(request, metadata=[("traceparent", TRACEPARENT)])
    (line,) = _lines(service, 1, operation="Encrypt", keys=[key_id])
    assert line["outcome"] == "OK"
    assert line["trace_id"] == TRACE
    assert line["caller"].startswith("arn:aws:iam::111122223333:role/")
    assert line["account"] == "111122223333"
    assert 0 < line["token_ms"] < line["ms"]
    assert line["source"].startswith("ipv4:127.0.0.1:")
    assert line["user_agent"] == ("agent" * 200)[:256]
    assert not {"error", "batch_id"} & set(line)
    assert set(line) <= OF_THE_LOG | set(FIELDS)
    (record,) = [r for r in service.deployment.audit_records() if r["requestID"] == line["request_id"]]
    assert record["eventName"] == "Encrypt"


def test_a_refusal_says_its_reason_and_its_aws_name(service: Service, client: Client) -> None:
    key_id = client.create_key().key_id
    client.disable_key(key_id)
    with pytest.raises(errors.Disabled):
        client.encrypt(key_id, b"x")
    (line,) = _lines(service, 1, operation="Encrypt", keys=[key_id])
    assert (line["outcome"], line["error"]) == ("KEY_DISABLED", "DisabledException")
    assert "token_ms" not in line


def test_an_unknown_caller_has_a_line_without_an_account(service: Service) -> None:
    stranger = service.deployment.issue_client("spiffe://elsewhere.test/stranger")
    with Client(stranger) as nobody, pytest.raises(errors.CredentialsInvalid):
        nobody.generate_random(8)
    (line,) = _lines(service, 1, outcome="CREDENTIALS_INVALID")
    assert not {"caller", "account", "keys"} & set(line)


def test_items_of_a_batch_bear_its_id(service: Service, client: Client) -> None:
    key_id = client.create_key().key_id
    client.batch_encrypt([EncryptItem(key_id, b"x")] * 40)
    lines = _lines(service, 40, operation="Encrypt", keys=[key_id])
    assert len({line["batch_id"] for line in lines}) == 1
    assert len({line["request_id"] for line in lines}) == 40


def test_a_traceparent_that_is_none_is_no_reason_to_refuse(
    service: Service, client: Client, crypto_stub: Any
) -> None:
    key_id = client.create_key().key_id
    for wrong in ("", "00-x", "ä" * 300):
        metadata = [("traceparent", wrong.encode("ascii", "replace").decode())]
        crypto_stub.Encrypt(crypto.EncryptRequest(key_id=key_id, plaintext=b"x"), metadata=metadata)
    lines = _lines(service, 3, operation="Encrypt", keys=[key_id])
    assert [line.get("trace_id") for line in lines] == [None] * 3


def test_nothing_secret_is_in_the_log(service: Service, client: Client) -> None:
    key_id = client.create_key().key_id
    sealed = client.encrypt(key_id, b"secret plaintext", encryption_context={"purpose": "secret context"})
    with pytest.raises(errors.InvalidCiphertext):
        client.decrypt(sealed.ciphertext_blob, encryption_context={"purpose": "secret elsewhere"})
    _lines(service, 1, operation="Decrypt", outcome="INVALID_CIPHERTEXT", keys=[key_id])
    text = service.log.read_text()
    assert "secret" not in text
    assert sealed.ciphertext_blob.hex() not in text
