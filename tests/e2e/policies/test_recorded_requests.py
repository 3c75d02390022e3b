"""What the audit trail has of requests, however long they are."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import grpc
import pytest

from strongroom.client import Client, errors
from strongroom.v1 import crypto_service_pb2_grpc, encryption_pb2
from tests.e2e.policies.principals import ACCOUNT, DELEGATION, Principal, document
from tests.support.deployments import Service

SOMEBODY = f"arn:aws:iam::{ACCOUNT}:role/somebody"
LONG = "\x01" * 2000  # takes six times as much in JSON


def recorded(service: Service, request_id: str | None) -> dict[str, Any]:
    (record,) = [one for one in service.deployment.audit_records() if one.get("requestID") == request_id]
    return record


def refused(
    service: Service, call: Callable[[], object], error: type[errors.StrongroomError]
) -> dict[str, Any]:
    """The record of a call that is refused."""
    with pytest.raises(error) as caught:
        call()
    return recorded(service, caught.value.request_id)


def test_a_caller_who_is_denied_writes_little_to_the_trail(
    service: Service, worker: Principal, key_id: str
) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: worker.client.encrypt(key_id, b"x", encryption_context={"a": LONG, "b": LONG}),
        lambda: worker.client.put_key_policy(key_id, document(DELEGATION).ljust(100_000)),
        lambda: worker.client.explain_access(
            key_id, SOMEBODY, "kms:Encrypt", conditions={f"{LONG[:100]}{n}": LONG[:50] for n in range(40)}
        ),
    )
    for call in calls:
        record = refused(service, call, errors.AccessDenied)
        assert len(json.dumps(record["requestParameters"], ensure_ascii=False)) < 2500
        assert record["requestParameters"]["keyId"] == key_id


def test_so_does_one_whose_requests_are_invalid(service: Service, client: Client, key_id: str) -> None:
    pairs = {f"kms:EncryptionContext:{number}": "v" * 2000 for number in range(5)}
    record = refused(
        service,
        lambda: client.create_key(description="\x01" * 8192, tags={"": "x"}),
        errors.ValidationError,
    )
    assert len(json.dumps(record["requestParameters"])) < 2500
    assert record["requestParameters"]["description"].endswith("… (8192 characters)")
    record = refused(
        service,
        lambda: client.explain_access(key_id, SOMEBODY, "kms:Encrypt", conditions=pairs),
        errors.ValidationError,
    )
    assert "at 'conditions'" in record["errorMessage"]
    assert "conditions" not in record["requestParameters"]


def test_a_message_and_a_user_agent_have_a_kibibyte(service: Service) -> None:
    pki = service.deployment.directory / "pki"
    names = ("ca.pem", "client.key", "client.pem")
    credentials = grpc.ssl_channel_credentials(*((pki / name).read_bytes() for name in names))
    options = [("grpc.primary_user_agent", "a" * 5000)]
    address = f"127.0.0.1:{service.deployment.port}"
    with grpc.secure_channel(address, credentials, options) as channel:
        stub = crypto_service_pb2_grpc.CryptoServiceStub(channel)
        with pytest.raises(grpc.RpcError):
            stub.Encrypt(encryption_pb2.EncryptRequest(key_id="\x01" * 2048, plaintext=b"x"))
    (record,) = [
        one for one in service.deployment.audit_records() if str(one.get("userAgent")).startswith("aaaa")
    ]
    for name in ("userAgent", "errorMessage"):
        assert len(json.dumps(record[name], ensure_ascii=False).encode()) <= 1024
        assert record[name].endswith(" characters)")


def test_the_longest_names_are_recorded_whole(service: Service, partner: Principal) -> None:
    alias = f"alias/{'a' * 250}"
    context = {"x": "y" * 8000}
    for key_id in (alias, f"arn:aws:kms:eu-local-1:{ACCOUNT}:{alias}"):
        call = partial(partner.client.encrypt, key_id, b"x", encryption_context=context)
        parameters = refused(service, call, errors.StrongroomError)["requestParameters"]
        assert parameters["keyId"] == key_id
        assert parameters["encryptionContext"]["x"].endswith("… (8000 characters)")


def test_what_is_let_in_is_recorded_whole(service: Service, client: Client, key_id: str) -> None:
    context = {"x": LONG, "y": LONG}
    blob = client.encrypt(key_id, b"x", encryption_context=context).ciphertext_blob
    policy = document(DELEGATION).ljust(32_768)
    client.put_key_policy(key_id, policy)
    records = [
        one
        for one in service.deployment.audit_records()
        if (one.get("requestParameters") or {}).get("keyId") == key_id
    ]
    told = {one["eventName"]: one["requestParameters"] for one in records}
    assert told["Encrypt"]["encryptionContext"] == context
    assert told["PutKeyPolicy"]["policy"] == policy
    assert client.decrypt(blob, encryption_context=context).plaintext == b"x"


def test_conditions_to_explain_have_8192_characters_together(client: Client, key_id: str) -> None:
    fitting = {f"kms:EncryptionContext:{number}": "v" * (2048 - 23) for number in range(4)}
    assert not client.explain_access(key_id, SOMEBODY, "kms:Encrypt", conditions=fitting).allowed
    with pytest.raises(errors.ValidationError, match=r"at 'conditions'.*have at most 8192 characters"):
        client.explain_access(key_id, SOMEBODY, "kms:Encrypt", conditions={**fitting, "kms:x": ""})
