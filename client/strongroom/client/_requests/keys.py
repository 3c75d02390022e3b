"""The requests of KeyService."""

import uuid
from collections.abc import Mapping

from strongroom.client import names
from strongroom.v1 import key_service_pb2 as messages
from strongroom.v1 import resources_pb2 as v1


def fresh_id() -> str:
    """An id for a request that may be repeated."""
    return str(uuid.uuid4())


def create_key(
    *,
    description: str,
    key_spec: str,
    key_usage: str | None,
    origin: str,
    policy: str | None,
    tags: Mapping[str, str] | None,
    bypass_policy_lockout_safety_check: bool,
    request_id: str | None,
) -> messages.CreateKeyRequest:
    """The request of CreateKey; ValueError for a spec or usage that doesn't exist."""
    return messages.CreateKeyRequest(
        description=description,
        key_spec=names.KEY_SPECS.number(key_spec),
        key_usage=names.KEY_USAGES.number_if_given(key_usage),
        origin=names.ORIGINS.number(origin),
        policy=policy,
        tags=[v1.Tag(tag_key=key, tag_value=value) for key, value in (tags or {}).items()],
        bypass_policy_lockout_safety_check=bypass_policy_lockout_safety_check,
        request_id=request_id or fresh_id(),
    )
