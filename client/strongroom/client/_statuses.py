"""From gRPC statuses to typed errors."""

from collections.abc import Mapping
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RequestInfo, RetryInfo
from grpc_status import rpc_status

from strongroom.client import errors
from strongroom.client.errors import StrongroomError

ERROR_DOMAIN = "strongroom"

_BY_REASON: Mapping[str, type[StrongroomError]] = {
    "ACCESS_DENIED": errors.AccessDenied,
    "ALGORITHM_MISMATCH": errors.AlgorithmMismatch,
    "ALIAS_ALREADY_EXISTS": errors.AlreadyExists,
    "ALIAS_NOT_FOUND": errors.NotFound,
    "ALIAS_RESERVED": errors.AccessDenied,
    "CHECKSUM_MISMATCH": errors.ChecksumMismatch,
    "CREDENTIALS_INVALID": errors.CredentialsInvalid,
    "CUSTOM_KEY_STORES_NOT_IMPLEMENTED": errors.NotImplementedByService,
    "DEADLINE_EXCEEDED": errors.DeadlineExceeded,
    "DEPENDENCY_TIMEOUT": errors.ServiceUnavailable,
    "DRY_RUN_SUCCEEDED": errors.DryRunOperation,
    "FEATURE_NOT_IMPLEMENTED": errors.NotImplementedByService,
    "GRANT_NOT_FOUND": errors.NotFound,
    "IMPORT_TOKEN_EXPIRED": errors.ImportTokenExpired,
    "INCORRECT_KEY": errors.IncorrectKey,
    "INCORRECT_KEY_MATERIAL": errors.IncorrectKeyMaterial,
    "INTERNAL_ERROR": errors.InternalError,
    "INVALID_ALIAS_NAME": errors.InvalidAliasName,
    "INVALID_ARN": errors.InvalidArn,
    "INVALID_CIPHERTEXT": errors.InvalidCiphertext,
    "INVALID_GRANT_TOKEN": errors.InvalidGrantToken,
    "INVALID_IMPORT_TOKEN": errors.InvalidImportToken,
    "INVALID_PAGE_TOKEN": errors.InvalidMarker,
    "INVALID_PARAMETER": errors.ValidationError,
    "INVALID_TAG": errors.TagError,
    "KEY_DISABLED": errors.Disabled,
    "KEY_NOT_FOUND": errors.NotFound,
    "KEY_STATE_INVALID": errors.InvalidState,
    "KEY_UNAVAILABLE": errors.KeyUnavailable,
    "KEY_USAGE_MISMATCH": errors.InvalidKeyUsage,
    "MAC_INVALID": errors.InvalidMac,
    "MALFORMED_POLICY": errors.MalformedPolicy,
    "MALFORMED_REQUEST": errors.ValidationError,
    "OPERATION_NOT_SUPPORTED_FOR_KEY": errors.UnsupportedOperation,
    "QUOTA_EXCEEDED": errors.LimitExceeded,
    "RATE_LIMIT_EXCEEDED": errors.Throttled,
    "POLICY_NOT_FOUND": errors.NotFound,
    "ROTATION_CONFLICT": errors.Conflict,
    "ROTATION_LIMIT_EXCEEDED": errors.LimitExceeded,
    "SIGNATURE_INVALID": errors.InvalidSignature,
}
_BY_CODE: Mapping[grpc.StatusCode, type[StrongroomError]] = {
    grpc.StatusCode.ALREADY_EXISTS: errors.AlreadyExists,
    grpc.StatusCode.CANCELLED: errors.ServiceUnavailable,  # a server that drains cancels what is late
    grpc.StatusCode.DEADLINE_EXCEEDED: errors.DeadlineExceeded,
    grpc.StatusCode.INTERNAL: errors.InternalError,
    grpc.StatusCode.INVALID_ARGUMENT: errors.ValidationError,
    grpc.StatusCode.NOT_FOUND: errors.NotFound,
    grpc.StatusCode.PERMISSION_DENIED: errors.AccessDenied,
    grpc.StatusCode.RESOURCE_EXHAUSTED: errors.Throttled,
    grpc.StatusCode.UNAUTHENTICATED: errors.CredentialsInvalid,
    grpc.StatusCode.UNAVAILABLE: errors.ServiceUnavailable,
    grpc.StatusCode.UNIMPLEMENTED: errors.NotImplementedByService,
}
_CODES: Mapping[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}
_BELONG = "Does it run, is this its address, and do CA and client certificate or token belong to it?"
# What gRPC says by itself tells nobody what to do.
_MESSAGES: Mapping[type[StrongroomError], str] = {
    errors.ServiceUnavailable: f"The service can't be reached. {_BELONG}",
    errors.DeadlineExceeded: (
        "No answer in time; it isn't known whether the service did it. Did it get the call at all? " + _BELONG
    ),
}

_TOO_LARGE = "message larger than max"  # as gRPC says it, under the code of throttling

_Detail = TypeVar("_Detail", bound=Message)


def error_of(call: Any) -> StrongroomError:  # noqa: ANN401 # sync and async calls share no type
    """The typed error of a failed call."""
    return _service_error(call.code(), call.details(), _details(call)) or _transport_error(call)


def error_of_status(status: Any) -> StrongroomError:  # noqa: ANN401 # google.rpc ships no types
    """The typed error of a google.rpc.Status: of one item of a batch."""
    code = _CODES.get(status.code, grpc.StatusCode.UNKNOWN)
    found = _service_error(code, status.message, list(status.details))
    return found or _BY_CODE.get(code, StrongroomError)(status.message)


def _service_error(code: grpc.StatusCode, message: str | None, details: list[Any]) -> StrongroomError | None:
    info = _find(details, ErrorInfo)
    if info is None or info.domain != ERROR_DOMAIN:
        return None
    kind = _BY_REASON.get(info.reason) or _BY_CODE.get(code, StrongroomError)
    retry, request = _find(details, RetryInfo), _find(details, RequestInfo)
    bad = _find(details, BadRequest)
    return kind(
        message or "",
        reason=info.reason,
        metadata=dict(info.metadata),
        request_id=request.request_id if request else "",
        retry_after_s=retry.retry_delay.ToMilliseconds() / 1000 if retry else None,
        fields={v.field: v.description for v in bad.field_violations} if bad else {},
    )


def _transport_error(call: Any) -> StrongroomError:  # noqa: ANN401 # sync and async calls share no type
    kind = _BY_CODE.get(call.code(), StrongroomError)
    if kind is errors.Throttled and _TOO_LARGE in (call.details() or ""):
        return errors.ValidationError(f"The request is too large; split the batch. {call.details()}")
    return kind(_MESSAGES.get(kind) or call.details() or "")


def _details(call: Any) -> list[Any]:  # noqa: ANN401 # sync and async calls share no type
    try:
        status = rpc_status.from_call(call)
    except ValueError:  # a status that contradicts its own trailer
        return []
    return list(status.details) if status is not None else []


def _find(details: list[Any], kind: type[_Detail]) -> Any:  # noqa: ANN401 # google.rpc ships no types
    for detail in details:
        if detail.Is(kind.DESCRIPTOR):
            found = kind()
            detail.Unpack(found)
            return found
    return None
