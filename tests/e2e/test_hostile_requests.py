"""Nothing a client sends causes INTERNAL, UNKNOWN, a hang, or the end of a worker."""

import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor

from strongroom.client import Client, errors
from strongroom.server.operations import OPERATIONS, Operation
from tests.support.deployments import Deployment, Service

ROUNDS = 150
FORBIDDEN = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DEADLINE_EXCEEDED}
EDGE_INTEGERS = [0, 1, -1, 1024, 1025, 2**31 - 1, -(2**31)]
EDGE_TEXTS = [
    "",
    "x",
    "alias/x",
    "alias/",
    "arn:aws:kms:::",
    "ä" * 3000,
    "\0",
    "a" * 70_000,
    "{}",
    "{" * 5000,
    "\u2028",
]
EDGE_BYTES = [b"", b"\x01", b"\x01" + bytes(60), b"\0" * 4096, b"\xff" * 4097, b"\x01" * 6144, bytes(7000)]


@pytest.fixture
def channel(service: Service) -> Iterator[grpc.Channel]:
    endpoint = service.deployment.endpoint()
    with grpc.secure_channel(endpoint.address, endpoint.credentials()) as channel:
        yield channel


@pytest.fixture(scope="module")
def other_keys(service: Service) -> list[str]:
    """Keys of other kinds: random requests get further with them."""
    kinds = {
        "RSA_2048": "ENCRYPT_DECRYPT",
        "ECC_NIST_P256": "SIGN_VERIFY",
        "ECC_NIST_EDWARDS25519": "SIGN_VERIFY",
        "HMAC_256": "GENERATE_VERIFY_MAC",
        "ECC_NIST_P384": "KEY_AGREEMENT",
    }
    with service.deployment.client() as client:
        return [client.create_key(key_spec=spec, key_usage=usage).key_id for spec, usage in kinds.items()]


def _fill(message: Any, chance: random.Random, known: dict[str, list[Any]]) -> None:
    for field in message.DESCRIPTOR.fields:
        if chance.random() < 0.35:
            continue
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            for _ in range(chance.choice([0, 1, 2, 70])):
                getattr(message, field.name)[chance.choice(EDGE_TEXTS)[:100]] = chance.choice(EDGE_TEXTS)
        elif field.is_repeated and field.message_type is not None:
            for _ in range(chance.choice([0, 1, 55])):
                _fill(getattr(message, field.name).add(), chance, known)
        elif field.is_repeated:
            getattr(message, field.name).extend(
                _value(field, chance, known) for _ in range(chance.choice([0, 1, 12]))
            )
        elif field.message_type is not None:
            _fill(getattr(message, field.name), chance, known)
        else:
            setattr(message, field.name, _value(field, chance, known))


def _value(field: FieldDescriptor, chance: random.Random, known: dict[str, list[Any]]) -> object:
    if field.name in known and chance.random() < 0.6:
        return chance.choice(known[field.name])
    edges: dict[int, list[Any]] = {
        FieldDescriptor.TYPE_STRING: list(EDGE_TEXTS),
        FieldDescriptor.TYPE_BYTES: list(EDGE_BYTES),
        FieldDescriptor.TYPE_BOOL: [True, False],
        FieldDescriptor.TYPE_ENUM: [0, 1, 2, 99, -1],
        FieldDescriptor.TYPE_INT32: list(EDGE_INTEGERS),
        FieldDescriptor.TYPE_INT64: [0, -1, 1, 2**63 - 1, -(2**63), 253402300800],
        FieldDescriptor.TYPE_FIXED32: [0, 1, 2**32 - 1],
    }
    return chance.choice(edges[field.type])


def _code(channel: grpc.Channel, path: str, body: bytes) -> grpc.StatusCode:
    call: Any = channel.unary_unary(path)
    try:
        call(body, timeout=30)
    except grpc.RpcError as error:
        return _code_of(error)
    return grpc.StatusCode.OK


def _code_of(error: Any) -> grpc.StatusCode:
    code: grpc.StatusCode = error.code()
    return code


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_random_messages_are_answered_properly(
    service: Service,
    client: Client,
    channel: grpc.Channel,
    other_keys: list[str],
    operation: Operation,
) -> None:
    before = service.children()
    key = client.create_key()
    blob = client.encrypt(key.key_id, b"x").ciphertext_blob
    ids: list[Any] = [key.key_id, key.arn, *other_keys]
    known: dict[str, list[Any]] = {
        "key_id": ids,
        "source_key_id": ids,
        "destination_key_id": ids,
        "ciphertext_blob": [blob],
    }
    chance = random.Random(f"seed {operation.name}")
    seen = set()
    for _ in range(ROUNDS if operation.name != "CreateKey" else ROUNDS // 3):
        message = operation.request()
        _fill(message, chance, known)
        seen.add(_code(channel, operation.path, message.SerializeToString()))
    assert not seen & FORBIDDEN
    assert service.children() == before


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_random_bytes_are_answered_properly(
    service: Service, channel: grpc.Channel, operation: Operation
) -> None:
    before = service.children()
    chance = random.Random(f"bytes {operation.name}")
    bodies = [b"", b"\xff", b"\x0a\x05abc", b"\x0a\x03\xff\xfe\xfd", b"\x08" * 1000, os.urandom(300)]
    bodies += [chance.randbytes(chance.randrange(200)) for _ in range(60)]
    seen = {_code(channel, operation.path, body) for body in bodies if operation.name != "CreateKey" or body}
    assert not seen & FORBIDDEN
    assert service.children() == before


def test_a_message_over_the_limit_is_refused(channel: grpc.Channel) -> None:
    code = _code(channel, "/strongroom.v1.CryptoService/Encrypt", bytes(9_000_000))
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize("path", ["/strongroom.v1.CryptoService/Nothing", "/a.b/C", "/x"])
def test_an_unknown_method_is_unimplemented(channel: grpc.Channel, path: str) -> None:
    assert _code(channel, path, b"") is grpc.StatusCode.UNIMPLEMENTED


def test_a_call_with_two_messages_hurts_nobody(channel: grpc.Channel, client: Client) -> None:
    call: Any = channel.stream_unary("/strongroom.v1.CryptoService/GenerateRandom")
    future = call.future(iter([b"\x08\x01", b"\x08\x01"]), timeout=5)
    future.exception()
    assert _code_of(future) not in FORBIDDEN
    assert len(client.generate_random(3)) == 3


def test_calls_without_a_message_wait_alone(channel: grpc.Channel, client: Client) -> None:
    """More of them than requests may be under way: they aren't requests, and nobody else is refused."""
    call: Any = channel.stream_unary("/strongroom.v1.CryptoService/GenerateRandom")
    pending = [call.future(iter([]), timeout=2) for _ in range(1200)]
    assert len(client.generate_random(3)) == 3
    for future in pending:
        assert _code_of(future.exception()) in {
            grpc.StatusCode.DEADLINE_EXCEEDED,
            grpc.StatusCode.UNAVAILABLE,  # more streams than a connection may have
        }
    assert len(client.generate_random(3)) == 3


def test_requests_beyond_the_limit_are_refused_with_a_time_to_try_again_and_recorded(
    own_deployment: Deployment,
) -> None:
    own_deployment.replace_config("[server]", "[server]\nmax_concurrent_requests = 1")
    with own_deployment.served(workers=1):
        # Clients of one identity would share a connection, and wait for each other.
        clients = [Client(own_deployment.appoint(f"spiffe://dev.strongroom/{n}")) for n in range(4)]
        with ThreadPoolExecutor(len(clients)) as pool:
            failures = [failure for found in pool.map(_failures_of_creations, clients) for failure in found]
        for client in clients:
            client.close()
        refused = [failure for failure in failures if failure is not None]
        assert refused
        assert {type(failure) for failure in refused} == {errors.Throttled}
        assert all(failure.retry_after_s and failure.request_id for failure in refused)
        records = [r for r in own_deployment.audit_records() if r["eventType"] == "AwsApiCall"]
        assert len(records) == len(failures)


def _failures_of_creations(client: Client) -> list[errors.StrongroomError | None]:
    found: list[errors.StrongroomError | None] = []
    for _ in range(15):
        try:
            client.create_key()
        except errors.StrongroomError as error:
            found.append(error)
        else:
            found.append(None)
    return found
