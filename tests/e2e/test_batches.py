"""Batches: each item is answered, authorised and recorded on its own."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from strongroom.client import Client, errors
from strongroom.client.items import (
    DecryptItem,
    EncryptItem,
    GenerateDataKeyItem,
    GenerateMacItem,
    SignItem,
    VerifyItem,
)
from strongroom.v1 import batches_pb2 as batches
from strongroom.v1 import crypto_service_pb2_grpc as crypto_grpc
from strongroom.v1 import encryption_pb2 as encryption
from tests.support.deployments import Service


def _records(service: Service) -> list[dict[str, Any]]:
    return service.deployment.audit_records()


def test_a_batch_of_a_thousand_is_answered_in_order_and_recorded_item_by_item(
    service: Service, client: Client
) -> None:
    keys = [client.create_key() for _ in range(3)]
    items = [
        EncryptItem(keys[n % 3].key_id, n.to_bytes(4), encryption_context={"row": str(n)})
        for n in range(1000)
    ]
    before = {record["eventID"] for record in _records(service)}
    sealed: list[Any] = client.batch_encrypt(items)
    records = [record for record in _records(service) if record["eventID"] not in before]
    assert [r["eventName"] for r in records] == ["Encrypt"] * 1000
    assert [r["requestParameters"]["encryptionContext"]["row"] for r in records] == [
        str(n) for n in range(1000)
    ]
    assert len({r["requestID"] for r in records}) == 1000
    opened: list[Any] = client.batch_decrypt(
        [DecryptItem(one.ciphertext_blob, encryption_context={"row": str(n)}) for n, one in enumerate(sealed)]
    )
    assert [one.plaintext for one in opened] == [n.to_bytes(4) for n in range(1000)]
    assert [one.key_id for one in opened] == [keys[n % 3].arn for n in range(1000)]


def test_a_failed_item_fails_alone(service: Service, client: Client) -> None:
    key, disabled = client.create_key().key_id, client.create_key().key_id
    client.disable_key(disabled)
    blob = client.encrypt(key, b"x").ciphertext_blob
    found = client.batch_decrypt(
        [
            DecryptItem(blob),
            DecryptItem(blob[:-1]),
            DecryptItem(blob, key_id=disabled),
            DecryptItem(b""),
            DecryptItem(blob, key_id="no-such-key"),
            DecryptItem(blob, dry_run=True),
            DecryptItem(blob),
        ]
    )
    kinds = [type(one).__name__ for one in found]
    assert kinds == [
        "Decrypted",
        "InvalidCiphertext",
        "Disabled",
        "ValidationError",
        "NotFound",
        "DryRunOperation",
        "Decrypted",
    ]
    failed = [one for one in found if isinstance(one, errors.StrongroomError)]
    recorded = {r.get("requestID"): r.get("errorCode") for r in _records(service)}
    assert all(recorded[one.request_id] for one in failed)


def test_every_batch_does_what_its_operation_does(client: Client) -> None:
    signing = client.create_key(key_spec="ECC_NIST_P256", key_usage="SIGN_VERIFY").key_id
    mac = client.create_key(key_spec="HMAC_256", key_usage="GENERATE_VERIFY_MAC").key_id
    symmetric = client.create_key().key_id
    algorithm, messages = "ECDSA_SHA_256", [bytes([n]) for n in range(20)]
    signed: list[Any] = client.batch_sign([SignItem(signing, m, algorithm) for m in messages])
    verified: list[Any] = client.batch_verify(
        [VerifyItem(signing, m, s.signature, algorithm) for m, s in zip(messages, signed, strict=True)]
    )
    assert all(one.signature_valid for one in verified)
    (wrong,) = client.batch_verify([VerifyItem(signing, b"other", signed[0].signature, algorithm)])
    assert isinstance(wrong, errors.InvalidSignature)
    macs: list[Any] = client.batch_generate_mac([GenerateMacItem(mac, m, "HMAC_SHA_256") for m in messages])
    assert [one.mac for one in macs] == [
        client.generate_mac(mac, m, mac_algorithm="HMAC_SHA_256").mac for m in messages
    ]
    made: list[Any] = client.batch_generate_data_key([GenerateDataKeyItem(symmetric) for _ in messages])
    assert len({one.plaintext for one in made}) == len(messages)
    assert client.decrypt(made[0].ciphertext_blob).plaintext == made[0].plaintext


@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_has_1_to_1000_items(client: Client, count: int) -> None:
    key = client.create_key().key_id
    with pytest.raises(errors.ValidationError) as caught:
        client.batch_encrypt([EncryptItem(key, b"x")] * count)
    assert "items" in caught.value.fields


def test_millions_of_empty_items_are_refused_unread(service: Service) -> None:
    endpoint = service.deployment.endpoint()
    with grpc.secure_channel(endpoint.address, endpoint.credentials()) as channel:
        call: Any = channel.unary_unary("/strongroom.v1.CryptoService/BatchEncrypt")
        with pytest.raises(grpc.RpcError) as caught:
            call(4_000_000 * b"\x0a\x00", timeout=5)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_an_item_with_a_context_of_many_entries_is_refused_unread_and_alone(
    service: Service, client: Client
) -> None:
    good = encryption.EncryptRequest(key_id=client.create_key().key_id, plaintext=b"x").SerializeToString()
    many = b"\x1a\x05\x0a\x03key" * 30_000
    endpoint = service.deployment.endpoint()
    with grpc.secure_channel(endpoint.address, endpoint.credentials()) as channel:
        call: Any = channel.unary_unary("/strongroom.v1.CryptoService/BatchEncrypt")
        body = b"".join(b"\x0a" + _length(item) + item for item in (good, many, b"\xff", good))
        results = batches.BatchEncryptResponse.FromString(call(body, timeout=20)).results
        assert [one.WhichOneof("outcome") for one in results] == ["response", "error", "error", "response"]
        assert {one.error.code for one in results[1:3]} == {grpc.StatusCode.INVALID_ARGUMENT.value[0]}
        alone: Any = channel.unary_unary("/strongroom.v1.CryptoService/Encrypt")
        with pytest.raises(grpc.RpcError) as caught:
            alone(many, timeout=20)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def _length(item: bytes) -> bytes:
    """A varint."""
    value, found = len(item), bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def test_slow_batches_do_not_keep_a_quick_one_waiting(client: Client) -> None:
    slow = client.create_key(key_spec="RSA_4096", key_usage="SIGN_VERIFY").key_id
    quick = client.create_key().key_id
    client.encrypt(quick, b"x")
    items = [SignItem(slow, b"m", "RSASSA_PSS_SHA_256")] * 30
    with ThreadPoolExecutor(12) as pool:
        running = [pool.submit(client.batch_sign, items) for _ in range(12)]
        answered: list[Any] = client.batch_encrypt([EncryptItem(quick, b"x")] * 10)
        assert not all(one.done() for one in running)
    assert all(one.ciphertext_blob for one in answered)


def test_a_batch_that_is_too_large_says_so(client: Client) -> None:
    key = client.create_key().key_id
    with pytest.raises(errors.ValidationError, match="split the batch"):
        client.batch_encrypt([EncryptItem(key, b"x" * 4096, {"a": "y" * 8000})] * 1000)


def test_a_batch_that_cannot_be_read_is_refused_as_a_whole(service: Service) -> None:
    endpoint = service.deployment.endpoint()
    with grpc.secure_channel(endpoint.address, endpoint.credentials()) as channel:
        call: Any = channel.unary_unary("/strongroom.v1.CryptoService/BatchEncrypt")
        with pytest.raises(grpc.RpcError) as caught:
            call(b"\xff\xff", timeout=5)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        stub: Any = crypto_grpc.CryptoServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.BatchEncrypt(batches.BatchEncryptRequest(), timeout=5)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    refused = [one for one in _records(service) if one["eventName"] == "BatchEncrypt"]
    assert {one["errorCode"] for one in refused} >= {"SerializationException", "ValidationException"}


def test_the_largest_batch_fits_into_a_message(client: Client) -> None:
    key = client.create_key().key_id
    sealed: list[Any] = client.batch_encrypt([EncryptItem(key, bytes(4096))] * 1000)
    assert {len(one.ciphertext_blob) for one in sealed} == {4141}


def test_a_slow_batch_obeys_what_happens_meanwhile(client: Client, service: Service) -> None:
    key_id = client.create_key(key_spec="RSA_4096", key_usage="SIGN_VERIFY").key_id
    items = [SignItem(key_id, bytes(32), "RSASSA_PSS_SHA_256", message_type="DIGEST")] * 400
    with ThreadPoolExecutor(1) as pool, Client(service.deployment.endpoint(), timeout_s=60) as other:
        answers = pool.submit(other.batch_sign, items)
        time.sleep(0.3)
        client.disable_key(key_id)
        kinds = [type(answer) for answer in answers.result()]
    assert kinds[-1] is errors.Disabled
    assert len({*kinds}) == 2
