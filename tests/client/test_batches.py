"""What the service says of the items of a batch becomes results and errors, in order."""

from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from google.rpc.status_pb2 import Status

from strongroom.client import Encrypted, Verified, errors
from strongroom.client._answers.batches import outcomes
from strongroom.client._answers.encryption import encrypted
from strongroom.client._answers.signing import verified
from strongroom.client._statuses import error_of_status
from strongroom.v1 import batches_pb2, encryption_pb2, resources_pb2, signing_pb2

INVALID_ARGUMENT = grpc.StatusCode.INVALID_ARGUMENT.value[0]
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE.value[0]


def _status(reason: str, domain: str = "strongroom", code: int = INVALID_ARGUMENT) -> Any:
    status = Status(code=code, message="what is wrong")
    retry = error_details_pb2.RetryInfo()
    retry.retry_delay.FromMilliseconds(1500)
    bad = error_details_pb2.BadRequest()
    bad.field_violations.add(field="plaintext", description="too long")
    details = (
        error_details_pb2.ErrorInfo(reason=reason, domain=domain, metadata={"keyId": "k"}),
        error_details_pb2.RequestInfo(request_id="r-1"),
        retry,
        bad,
    )
    for detail in details:
        status.details.add().Pack(detail)
    return status


def test_a_status_becomes_the_typed_error_with_all_its_details() -> None:
    error = error_of_status(_status("KEY_DISABLED"))
    assert type(error) is errors.Disabled
    assert str(error) == "what is wrong"
    assert (error.reason, error.request_id, error.retry_after_s) == ("KEY_DISABLED", "r-1", 1.5)
    assert (dict(error.metadata), dict(error.fields)) == ({"keyId": "k"}, {"plaintext": "too long"})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (_status("SIGNATURE_INVALID"), errors.InvalidSignature),
        (_status("MAC_INVALID"), errors.InvalidMac),
        (_status("CHECKSUM_MISMATCH"), errors.ChecksumMismatch),
        (_status("NEWER_THAN_THIS_CLIENT"), errors.ValidationError),
        (_status("NEWER_THAN_THIS_CLIENT", code=UNAVAILABLE), errors.ServiceUnavailable),
        (_status("KEY_DISABLED", domain="elsewhere"), errors.ValidationError),
        (Status(code=UNAVAILABLE, message="m"), errors.ServiceUnavailable),
        (Status(code=999), errors.StrongroomError),
    ],
)
def test_reason_then_code_decide_the_kind(status: Any, kind: type) -> None:
    assert type(error_of_status(status)) is kind


def test_an_error_without_text_says_what_its_kind_means() -> None:
    status = _status("SIGNATURE_INVALID")
    status.message = ""
    assert "signature" in str(error_of_status(status))


def test_each_item_has_its_result_or_its_error_in_order() -> None:
    request = batches_pb2.BatchEncryptRequest(items=[encryption_pb2.EncryptRequest()] * 3)
    good = encryption_pb2.EncryptResponse(
        ciphertext_blob=b"c",
        key_id="k",
        encryption_algorithm=resources_pb2.ENCRYPTION_ALGORITHM_RSAES_OAEP_SHA_1,
    )
    answer = batches_pb2.BatchEncryptResponse(
        results=[
            batches_pb2.BatchEncryptResult(response=good),
            batches_pb2.BatchEncryptResult(error=_status("KEY_DISABLED")),
            batches_pb2.BatchEncryptResult(),
        ]
    )
    first, second, third = outcomes(request, answer, encrypted, has_checksums=False)
    assert first == Encrypted(b"c", "k", "RSAES_OAEP_SHA_1")
    assert type(second) is errors.Disabled
    assert type(third) is errors.InternalError


def test_a_signature_that_is_not_said_to_be_valid_is_invalid() -> None:
    request = batches_pb2.BatchVerifyRequest(items=[signing_pb2.VerifyRequest()] * 2)
    answer = batches_pb2.BatchVerifyResponse(
        results=[
            batches_pb2.BatchVerifyResult(response=signing_pb2.VerifyResponse(signature_valid=valid))
            for valid in (True, False)
        ]
    )
    first, second = outcomes(request, answer, verified, has_checksums=False)
    assert isinstance(first, Verified)
    assert type(second) is errors.InvalidSignature


@pytest.mark.parametrize("count", [0, 1, 3])
def test_answers_that_do_not_match_the_items_are_an_error_of_the_call(count: int) -> None:
    request = batches_pb2.BatchEncryptRequest(items=[encryption_pb2.EncryptRequest()] * 2)
    answer = batches_pb2.BatchEncryptResponse(results=[batches_pb2.BatchEncryptResult()] * count)
    with pytest.raises(errors.InternalError):
        outcomes(request, answer, encrypted, has_checksums=False)
