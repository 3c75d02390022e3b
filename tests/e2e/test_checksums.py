"""CRC32C beside every byte field: what was altered on its way is found out before the token sees it."""

from collections.abc import Iterator
from typing import Any

import google_crc32c
import grpc
import pytest

from strongroom.client import Client
from strongroom.server.core.checksums import is_checksum
from strongroom.server.operations import OPERATIONS
from strongroom.v1 import crypto_service_pb2_grpc as crypto_grpc
from strongroom.v1 import encryption_pb2 as encryption
from tests.support.deployments import Service

# Of a recipient, which is refused; of imports, whose bytes are authenticated by themselves, or wrap in vain.
BYTES_WITHOUT = {"attestation_document", "import_token", "encrypted_key_material"}
PUBLIC_KEY_WITHOUT = "GetParametersForImport"


@pytest.fixture
def stub(service: Service) -> Iterator[Any]:
    endpoint = service.deployment.endpoint()
    with grpc.secure_channel(endpoint.address, endpoint.credentials()) as channel:
        yield crypto_grpc.CryptoServiceStub(channel)


def test_every_byte_field_of_the_data_plane_has_a_checksum() -> None:
    for operation in OPERATIONS:
        for message in (operation.request.DESCRIPTOR, operation.response.DESCRIPTOR):
            for field in message.fields:
                if operation.name == PUBLIC_KEY_WITHOUT and field.name == "public_key":
                    continue
                if field.type == field.TYPE_BYTES and field.name not in BYTES_WITHOUT:
                    assert f"{field.name}_crc32c" in message.fields_by_name, (operation.name, field.name)
        given = [n for n in operation.request.DESCRIPTOR.fields_by_name if is_checksum(n)]
        assert {f"verified_{name}" for name in given} <= set(operation.response.DESCRIPTOR.fields_by_name)


def test_a_right_checksum_is_confirmed_and_the_answer_has_one(stub: Any, client: Client) -> None:
    key_id = client.create_key().key_id
    request = encryption.EncryptRequest(
        key_id=key_id, plaintext=b"x", plaintext_crc32c=google_crc32c.value(b"x")
    )
    sealed = stub.Encrypt(request, timeout=5)
    assert sealed.verified_plaintext_crc32c
    assert sealed.ciphertext_blob_crc32c == google_crc32c.value(sealed.ciphertext_blob)


def test_without_a_checksum_nothing_is_confirmed(stub: Any, client: Client) -> None:
    request = encryption.EncryptRequest(key_id=client.create_key().key_id, plaintext=b"x")
    assert not stub.Encrypt(request, timeout=5).verified_plaintext_crc32c


@pytest.mark.parametrize("checksum", [0, 1, 2**32 - 1])
def test_a_wrong_checksum_is_refused(stub: Any, client: Client, checksum: int) -> None:
    request = encryption.EncryptRequest(
        key_id=client.create_key().key_id, plaintext=b"x", plaintext_crc32c=checksum
    )
    with pytest.raises(grpc.RpcError) as caught:
        stub.Encrypt(request, timeout=5)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "altered on their way" in str(caught.value.details())


def test_the_record_of_a_refused_request_is_short(stub: Any, service: Service) -> None:
    request = encryption.EncryptRequest(key_id="k" * 900_000, plaintext=b"x", plaintext_crc32c=0)
    with pytest.raises(grpc.RpcError):
        stub.Encrypt(request, timeout=5)
    refused = [r for r in service.deployment.audit_records() if "altered on" in str(r.get("errorMessage"))]
    assert len(str(refused[-1])) < 2000
