"""Checksums of bytes on the wire: all are sent, and what was altered is found."""

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor

from strongroom.client import Client, Endpoint, errors
from strongroom.client._checksums import add_checksums, check_answer
from strongroom.client.items import EncryptItem
from strongroom.v1 import batches_pb2, crypto_service_pb2, encryption_pb2, signing_pb2

CHECK_VALUE = 0xE3069283
"""The CRC32C of the digits 1 to 9 (RFC 3720's polynomial; the usual check value)."""

METHODS = [
    method
    for method in crypto_service_pb2.DESCRIPTOR.services_by_name["CryptoService"].methods
    if not method.name.startswith("Batch")
]


def test_the_checksum_is_the_published_one() -> None:
    request = encryption_pb2.EncryptRequest(plaintext=b"123456789")
    add_checksums(request)
    assert request.plaintext_crc32c == CHECK_VALUE


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_field_of_bytes_has_a_checksum_that_the_answer_confirms(method: MethodDescriptor) -> None:
    for message in (method.input_type, method.output_type):
        sent = [f.name for f in message.fields if f.type == FieldDescriptor.TYPE_BYTES]
        assert [f"{name}_crc32c" for name in sent if f"{name}_crc32c" not in message.fields_by_name] == []
    for field in method.input_type.fields:
        if field.name.endswith("_crc32c"):
            assert f"verified_{field.name}" in method.output_type.fields_by_name


def test_every_item_of_a_batch_gets_its_checksums() -> None:
    items = [signing_pb2.VerifyRequest(message=b"m", signature=b"123456789"), signing_pb2.VerifyRequest()]
    request = batches_pb2.BatchVerifyRequest(items=items)
    add_checksums(request)
    assert request.items[0].signature_crc32c == CHECK_VALUE
    assert all(item.HasField("message_crc32c") for item in request.items)


def _exchange() -> tuple[Any, Any]:
    request = signing_pb2.SignRequest(message=b"m")
    add_checksums(request)
    answer = signing_pb2.SignResponse(
        signature=b"123456789", signature_crc32c=CHECK_VALUE, verified_message_crc32c=True
    )
    return request, answer


def test_an_intact_answer_is_taken() -> None:
    check_answer(*_exchange())


@pytest.mark.parametrize("signature", [b"", b"12345678", b"123456788", b"1234567890"])
def test_an_altered_answer_is_found(signature: bytes) -> None:
    request, answer = _exchange()
    answer.signature = signature
    with pytest.raises(errors.ChecksumMismatch, match="signature"):
        check_answer(request, answer)


def test_a_request_whose_checksum_was_lost_is_found() -> None:
    request, answer = _exchange()
    answer.verified_message_crc32c = False
    with pytest.raises(errors.ChecksumMismatch, match="message"):
        check_answer(request, answer)


def test_an_answer_whose_checksum_was_lost_is_found() -> None:
    request, answer = _exchange()
    answer.ClearField("signature_crc32c")
    with pytest.raises(errors.ChecksumMismatch, match="signature"):
        check_answer(request, answer)


class _Stub:
    """Answers every call with one answer, and keeps the request."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.request: Any = None

    def __call__(self, request: Any, timeout: float) -> Any:
        self.request = request
        return self.answer


@pytest.fixture(params=[True, False], ids=["checked", "unchecked"])
def nowhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr(Endpoint, "credentials", lambda _self: grpc.ssl_channel_credentials())
    with Client(Endpoint("127.0.0.1:1", b"", b"c", b"k"), verify_checksums=request.param) as client:
        yield client


def test_the_client_checks_unless_it_is_told_not_to(nowhere: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = _Stub(signing_pb2.SignResponse(signature=b"x", signature_crc32c=1, verified_message_crc32c=True))
    monkeypatch.setattr(nowhere._crypto, "Sign", stub)
    if nowhere._verify_checksums:
        with pytest.raises(errors.ChecksumMismatch):
            nowhere.sign("k", b"m", signing_algorithm="ECDSA_SHA_256")
    else:
        assert nowhere.sign("k", b"m", signing_algorithm="ECDSA_SHA_256").signature == b"x"
    assert stub.request.HasField("message_crc32c") == nowhere._verify_checksums


def test_an_altered_item_is_the_error_of_that_item(nowhere: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    good = encryption_pb2.EncryptResponse(
        ciphertext_blob=b"123456789", ciphertext_blob_crc32c=CHECK_VALUE, verified_plaintext_crc32c=True
    )
    bad = encryption_pb2.EncryptResponse(
        ciphertext_blob=b"1", ciphertext_blob_crc32c=1, verified_plaintext_crc32c=True
    )
    results = [batches_pb2.BatchEncryptResult(response=answer) for answer in (good, bad)]
    monkeypatch.setattr(
        nowhere._crypto, "BatchEncrypt", _Stub(batches_pb2.BatchEncryptResponse(results=results))
    )
    first, second = nowhere.batch_encrypt([EncryptItem("k", b"a"), EncryptItem("k", b"b")])
    assert not isinstance(first, errors.StrongroomError)
    assert isinstance(second, errors.ChecksumMismatch) == nowhere._verify_checksums
