"""From errors to google.rpc.Status: the one place where this face translates them.

Conventions: AIP-193; types of google/rpc/error_details.proto. Exactly one ErrorInfo in every status.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import (
    BadRequest,
    ErrorInfo,
    PreconditionFailure,
    QuotaFailure,
    RequestInfo,
    ResourceInfo,
    RetryInfo,
)
from google.rpc.status_pb2 import Status

from strongroom.server.core.errors import (
    AliasExists,
    AliasNotFound,
    KeyDisabled,
    KeyStateInvalid,
    KmsError,
    LimitExceeded,
    NotFound,
    Throttled,
    Unavailable,
    ValidationFailed,
)

ERROR_DOMAIN = "strongroom"

# Clients limit trailers to 8 KiB. The message is in them twice, once with 3 characters for a byte.
_MAX_MESSAGE_BYTES = 1000
_MAX_DETAIL_BYTES = 250
_MAX_VIOLATIONS = 5


def status_of(error: KmsError, request_id: str) -> Status:
    """The status of an error, with its details."""
    details: list[Message] = [
        ErrorInfo(
            reason=error.reason,
            domain=ERROR_DOMAIN,
            metadata={
                "awsException": error.aws_name,
                **{name: _shortened(value, _MAX_DETAIL_BYTES) for name, value in error.metadata.items()},
            },
        ),
        RequestInfo(request_id=request_id),
    ]
    more = [make(error) for kind, make in _DETAILS.items() if isinstance(error, kind)]
    details += [detail for detail in more if detail is not None]
    return Status(
        code=error.code,
        message=_shortened(error.message, _MAX_MESSAGE_BYTES),
        details=[_packed(detail) for detail in details],
    )


def _shortened(text: str, most_bytes: int) -> str:
    """At most so many bytes, as gRPC percent-encodes what isn't printable ASCII."""
    if len(text) * 12 <= most_bytes:
        return text
    left = most_bytes
    for index, character in enumerate(text):
        left -= 1 if " " <= character <= "~" and character != "%" else 3 * len(character.encode())
        if left < 0:
            return f"{text[:index]}…"
    return text


def _packed(message: Message) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(message)
    return packed


def _violations(error: Any) -> Message | None:  # noqa: ANN401 # a ValidationFailed
    if not error.violations:
        return None  # it is no single field's fault
    found = error.violations[:_MAX_VIOLATIONS]
    violation = BadRequest.FieldViolation
    violations = [violation(field=v.field, description=_shortened(v.text, _MAX_DETAIL_BYTES)) for v in found]
    detail: Message = BadRequest(field_violations=violations)
    return detail


def _retry(error: Any) -> Message:  # noqa: ANN401 # an Unavailable
    info: Any = RetryInfo()
    info.retry_delay.FromMilliseconds(math.ceil(error.retry_after_s * 1000))
    detail: Message = info
    return detail


def _key_state(error: KmsError) -> Message:
    subject = error.metadata.get("keyId", "")
    violation = PreconditionFailure.Violation(
        type="KEY_STATE", subject=subject, description=_shortened(error.message, _MAX_DETAIL_BYTES)
    )
    detail: Message = PreconditionFailure(violations=[violation])
    return detail


def _quota(error: KmsError) -> Message:
    violation = QuotaFailure.Violation(
        subject=error.metadata.get("quota", "account"),
        description=_shortened(error.message, _MAX_DETAIL_BYTES),
    )
    detail: Message = QuotaFailure(violations=[violation])
    return detail


def _rate(error: KmsError) -> Message | None:
    """Of a request beyond a rate; one that finds the service overloaded breaks no quota."""
    return _quota(error) if "quota" in error.metadata else None


def _resource(error: KmsError) -> Message:
    is_alias = isinstance(error, AliasExists | AliasNotFound)
    detail: Message = ResourceInfo(
        resource_type="AWS::KMS::Alias" if is_alias else "AWS::KMS::Key",
        resource_name=_shortened(error.metadata.get("alias" if is_alias else "keyId", ""), _MAX_DETAIL_BYTES),
    )
    return detail


_DETAILS: Mapping[type[KmsError], Callable[[Any], Message | None]] = {
    ValidationFailed: _violations,
    Unavailable: _retry,
    Throttled: _rate,
    KeyDisabled: _key_state,
    KeyStateInvalid: _key_state,
    LimitExceeded: _quota,
    AliasExists: _resource,
    NotFound: _resource,
}
