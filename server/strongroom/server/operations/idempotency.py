"""Requests that make something and may be repeated, because the caller has given them an id (AIP-155)."""

import hashlib

from strongroom.server.core.errors import DependencyUnavailable, KmsError, ValidationFailed
from strongroom.server.core.fields import Text
from strongroom.server.operations.declaration import Call
from strongroom.server.operations.parts import Parts
from strongroom.server.store import EarlierRequest, RequestId

REQUEST_ID = Text("request_id", 0, 36, "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

_RETRY_AFTER_S = 0.5


def id_of(call: Call) -> RequestId | None:
    """By what this request is known again; None if the caller gave it no id."""
    request = call.request
    if not request.request_id:
        return None
    plain = type(request)()
    plain.CopyFrom(request)
    plain.ClearField("request_id")
    named = request.DESCRIPTOR.full_name.encode() + b"\x00" + plain.SerializeToString(deterministic=True)
    return RequestId(call.caller.arn, request.request_id.lower(), hashlib.sha256(named).digest())


def earlier(parts: Parts, request_id: RequestId | None) -> EarlierRequest | None:
    """The same request, if it was done before.

    Raises:
        ValidationFailed: another request had the id.
        DependencyUnavailable: the same request is under way.
    """
    if request_id is None:
        return None
    found = parts.store.find_request(request_id.caller, request_id.request_id)
    if found is None:
        return None
    if found.fingerprint != request_id.fingerprint:
        raise ValidationFailed("The requestId was given to another request before; make up another one.")
    if not found.is_done:
        raise under_way()
    return found


def under_way() -> KmsError:
    """What is answered while the same request is carried out."""
    return DependencyUnavailable(
        "A request with this requestId is under way; its outcome can be asked for with the same request.",
        retry_after_s=_RETRY_AFTER_S,
    )
