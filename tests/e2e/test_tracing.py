"""Traces of requests, as a collector gets them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pytest

from strongroom.client import Client, errors
from strongroom.v1 import batches_pb2 as batches
from strongroom.v1 import crypto_service_pb2_grpc as crypto_grpc
from strongroom.v1 import encryption_pb2 as encryption
from tests.support.collectors import Collector, attributes, collecting
from tests.support.deployments import Deployment, free_port

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
SAMPLED = [("traceparent", f"00-{TRACE}-{SPAN}-01")]
UNSAMPLED = [("traceparent", f"00-{TRACE}-{SPAN}-00")]
SERVER = 2  # Span.SpanKind
ERROR = 2  # Status.StatusCode


def _configure(deployment: Deployment, endpoint: str, ratio: float) -> None:
    deployment.add_config(
        f'[tracing]\nendpoint = "{endpoint}"\nsample_ratio = {ratio}\n[log]\nrequests = "all"'
    )


@contextmanager
def _stub(deployment: Deployment) -> Iterator[Any]:
    endpoint = deployment.endpoint()
    with grpc.secure_channel(endpoint.address, endpoint.credentials()) as channel:
        yield crypto_grpc.CryptoServiceStub(channel)


def _encrypt_request(key_id: str) -> Any:
    request = encryption.EncryptRequest(key_id=key_id, plaintext=b"secret plaintext")
    request.encryption_context["purpose"] = "secret context"
    return request


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


def test_a_sampled_call_is_a_span_below_its_callers_with_one_for_the_token(
    own_deployment: Deployment, collector: Collector
) -> None:
    _configure(own_deployment, collector.endpoint, 0.0)
    with own_deployment.served() as service, own_deployment.client() as client:
        key_id = client.create_key().key_id  # belongs to no trace, and isn't sampled
        before = time.time_ns()
        with _stub(own_deployment) as stub:
            stub.Encrypt(_encrypt_request(key_id), metadata=UNSAMPLED)
            answer = stub.Encrypt(_encrypt_request(key_id), metadata=SAMPLED)
        collector.wait_for(2)
        (line,) = [line for line in service.lines() if line.get("operation") == "Encrypt"][1:]
    server, token = sorted(collector.spans, key=lambda span: -span.kind)
    assert server.name == "strongroom.v1.CryptoService/Encrypt"
    assert server.kind == SERVER
    assert (server.trace_id.hex(), server.parent_span_id.hex()) == (TRACE, SPAN)
    found = attributes(server)
    assert found.pop("client.address").startswith("ipv4:127.0.0.1:")
    assert found == {
        "rpc.system.name": "grpc",
        "rpc.method": "strongroom.v1.CryptoService/Encrypt",
        "rpc.response.status_code": "OK",
        "strongroom.request_id": line["request_id"],
        "strongroom.outcome": "OK",
        "strongroom.account": "111122223333",
        "strongroom.keys": [key_id],
    }
    assert (token.name, token.trace_id, token.parent_span_id) == ("token", server.trace_id, server.span_id)
    assert before < server.start_time_unix_nano <= token.start_time_unix_nano
    assert token.start_time_unix_nano < token.end_time_unix_nano <= server.end_time_unix_nano
    assert line["trace_id"] == TRACE
    (resource,) = collector.resources
    assert resource["service.name"] == "strongroom"
    assert resource["service.instance.id"] == "worker-0"
    sent = b"".join(request.SerializeToString() for request in collector.requests)
    assert b"secret" not in sent
    assert answer.ciphertext_blob not in sent


def test_a_failure_names_its_reason_and_only_the_services_is_an_error(
    own_deployment: Deployment, collector: Collector
) -> None:
    _configure(own_deployment, collector.endpoint, 1.0)
    with own_deployment.served() as service, own_deployment.client() as client:
        with pytest.raises(errors.NotFound):
            client.encrypt("alias/nobody", b"x")
        with _stub(own_deployment) as stub, pytest.raises(grpc.RpcError):
            stub.GenerateRandom(encryption.GenerateRandomRequest(custom_key_store_id="cks-1234567890abcdef0"))
        collector.wait_for(2)
        lines = [line for line in service.lines() if line["event"] == "request"]
    spans = sorted(collector.spans, key=lambda span: span.start_time_unix_nano)
    codes = [attributes(span)["rpc.response.status_code"] for span in spans]
    assert codes == ["NOT_FOUND", "UNIMPLEMENTED"]
    assert [attributes(span)["error.type"] for span in spans] == [line["outcome"] for line in lines]
    assert [span.status.code for span in spans] == [0, ERROR]
    assert [span.parent_span_id for span in spans] == [b"", b""]
    assert [span.trace_id.hex() for span in spans] == [line["trace_id"] for line in lines]


def test_a_batch_is_one_span_that_counts_its_items(own_deployment: Deployment, collector: Collector) -> None:
    _configure(own_deployment, collector.endpoint, 0.0)
    with own_deployment.served(), own_deployment.client() as client:
        key_id = client.create_key().key_id
        items = [_encrypt_request(key_id)] * 40 + [_encrypt_request("alias/nobody")]
        with _stub(own_deployment) as stub:
            stub.BatchEncrypt(batches.BatchEncryptRequest(items=items), metadata=SAMPLED)
        server, token = sorted(collector.wait_for(2), key=lambda span: -span.kind)
    found = attributes(server)
    assert found["rpc.method"] == "strongroom.v1.CryptoService/BatchEncrypt"
    assert (found["strongroom.batch.items"], found["strongroom.batch.failures"]) == (41, 1)
    assert (found["strongroom.keys"], found["strongroom.account"]) == ([key_id], "111122223333")
    assert token.parent_span_id == server.span_id


def test_spans_are_sent_when_the_service_stops(own_deployment: Deployment, collector: Collector) -> None:
    _configure(own_deployment, collector.endpoint, 1.0)
    with own_deployment.served(), own_deployment.client() as client:
        client.generate_random(8)
    assert "strongroom.v1.CryptoService/GenerateRandom" in {span.name for span in collector.spans}


def test_a_collector_that_is_away_is_nobodys_trouble(own_deployment: Deployment) -> None:
    _configure(own_deployment, f"http://127.0.0.1:{free_port()}", 1.0)
    with own_deployment.served() as service, own_deployment.client() as client:
        for _ in range(20):
            assert client.generate_random(8)
        assert service.stop() == 0


def test_a_stranger_is_traced_without_an_account(own_deployment: Deployment, collector: Collector) -> None:
    _configure(own_deployment, collector.endpoint, 1.0)
    stranger = own_deployment.issue_client("spiffe://elsewhere.test/stranger")
    with own_deployment.served(), Client(stranger) as nobody:
        with pytest.raises(errors.CredentialsInvalid):
            nobody.generate_random(8)
        (span,) = collector.wait_for(1)
    found = attributes(span)
    assert found["rpc.response.status_code"] == "UNAUTHENTICATED"
    assert "strongroom.account" not in found
