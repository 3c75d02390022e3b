"""Anything wrong with a blob is one and the same InvalidCiphertext."""

import grpc
import pytest

from strongroom.client import Client, errors
from strongroom.v1 import crypto_service_pb2_grpc as crypto_grpc
from strongroom.v1 import encryption_pb2 as messages
from tests.support.deployments import Deployment


@pytest.fixture
def blob(client: Client) -> bytes:
    key = client.create_key()
    return client.encrypt(key.key_id, b"attack at dawn", encryption_context={"a": "b"}).ciphertext_blob


def _answers(client: Client, blobs: list[bytes]) -> set[tuple[str, str, str]]:
    answers = set()
    for wrong in blobs:
        with pytest.raises(errors.StrongroomError) as caught:
            client.decrypt(wrong, encryption_context={"a": "b"})
        answers.add((type(caught.value).__name__, caught.value.reason, str(dict(caught.value.metadata))))
    return answers


ONLY = {("InvalidCiphertext", "INVALID_CIPHERTEXT", "{'awsException': 'InvalidCiphertextException'}")}


def test_every_single_bit_flip_is_refused_alike(client: Client, blob: bytes) -> None:
    flips = []
    for position in range(len(blob) * 8):
        flipped = bytearray(blob)
        flipped[position // 8] ^= 1 << position % 8
        flips.append(bytes(flipped))
    assert _answers(client, flips) == ONLY


def test_every_truncation_and_extension_is_refused_alike(client: Client, blob: bytes) -> None:
    cut_behind = [blob[:length] for length in range(1, len(blob))]
    cut_before = [blob[start:] for start in range(1, len(blob))]
    longer = [blob + b"\0" * n for n in (1, 2, 16, 4096)] + [b"\x01" + blob, blob + blob]
    assert _answers(client, cut_behind + cut_before + longer) == ONLY


def test_parts_of_two_blobs_make_none(client: Client, blob: bytes) -> None:
    key = client.create_key()
    other = client.encrypt(key.key_id, b"attack at dusk", encryption_context={"a": "b"}).ciphertext_blob
    mixed = [blob[:at] + other[at:] for at in (17, 29, 40)]
    assert _answers(client, mixed) == ONLY


def test_the_status_has_no_text_and_only_the_same_details(deployment: Deployment, blob: bytes) -> None:
    endpoint = deployment.endpoint()
    with grpc.secure_channel(endpoint.address, endpoint.credentials()) as channel:
        stub = crypto_grpc.CryptoServiceStub(channel)
        for request in (
            messages.DecryptRequest(ciphertext_blob=blob),
            messages.DecryptRequest(ciphertext_blob=b"\x02" + blob[1:]),
            messages.DecryptRequest(ciphertext_blob=b"x"),
        ):
            with pytest.raises(grpc.RpcError) as caught:
                stub.Decrypt(request)
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert caught.value.details() == ""
