"""CreateKey."""

from collections.abc import Callable, Mapping

from google.protobuf.json_format import MessageToDict

from strongroom.hsm import KeyKind, KeyPurpose
from strongroom.server.core import key_policies, key_specs, names
from strongroom.server.core.condition_fields import Values
from strongroom.server.core.errors import (
    CustomKeyStoresNotImplemented,
    LimitExceeded,
    UnsupportedOperation,
)
from strongroom.server.core.fields import Flag, NotOffered, Request, Text
from strongroom.server.core.plural_fields import Tags
from strongroom.server.core.policies import parse_key_policy
from strongroom.server.core.tags import check_tags
from strongroom.server.keyring.snapshots import snapshot_of
from strongroom.server.operations import idempotency
from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, Lane, Operation, Response
from strongroom.server.operations.lockout import check_lockout
from strongroom.server.operations.metadata import metadata_of
from strongroom.server.operations.parts import Parts
from strongroom.server.store import EXTERNAL, KeyRecord, NewKey, RequestId, RequestRepeated, Tag
from strongroom.v1 import key_service_pb2 as keys
from strongroom.v1 import resources_pb2 as v1

MAX_DESCRIPTION_CHARACTERS = 8192

_ORIGINS = frozenset({v1.ORIGIN_UNSPECIFIED, v1.ORIGIN_AWS_KMS, v1.ORIGIN_EXTERNAL})


def _create_key(parts: Parts, call: Call) -> keys.CreateKeyResponse:
    request_id = idempotency.id_of(call)
    made = idempotency.earlier(parts, request_id)
    snapshot = parts.keys.get(made.key_id) if made else None
    if snapshot is None:
        snapshot = snapshot_of(_make_key(parts, call, request_id), parts.realm)
    return keys.CreateKeyResponse(key_metadata=metadata_of(snapshot, parts.token.capabilities, parts.clock()))


def _make_key(parts: Parts, call: Call, request_id: RequestId | None) -> KeyRecord:
    spec = call.request.key_spec or v1.KEY_SPEC_SYMMETRIC_DEFAULT
    key = _new_key(parts, call, spec)
    if call.request.policy:
        _check_policy(parts, call, key)
    _check_offered(parts, key)
    if parts.store.count_keys(key.account_id) >= parts.max_keys:
        raise LimitExceeded(
            f"The account has {parts.max_keys} keys, the most that it may have.",
            metadata={"quota": "keys", "limit": str(parts.max_keys)},
        )
    try:
        if key.origin == EXTERNAL:
            return _create_external(parts, key, request_id)
        return parts.maker.create(key, request_id)
    except RequestRepeated:
        raise idempotency.under_way() from None


def _check_policy(parts: Parts, call: Call, key: NewKey) -> None:
    policy = parse_key_policy(key.policy)
    if not call.request.bypass_policy_lockout_safety_check:
        check_lockout(parts, call, policy, parts.realm.key_arn(key.key_id, key.account_id))


def _create_external(parts: Parts, key: NewKey, request_id: RequestId | None) -> KeyRecord:
    parts.store.create_external_key(key, request_id)
    record = parts.store.load_key(key.key_id)
    assert record is not None  # noqa: S101 # nothing deletes a key within days
    return record


def _new_key(parts: Parts, call: Call, spec: names.KeySpecValue) -> NewKey:
    request, account_id = call.request, call.caller.account_id
    policy = request.policy or key_policies.default_policy(parts.realm, account_id)
    usage = key_specs.usage_for(spec, request.key_usage)
    return NewKey(
        key_id=parts.new_key_id(),
        account_id=account_id,
        description=request.description,
        key_spec=names.KEY_SPECS[spec],
        key_usage=names.KEY_USAGES[usage],
        origin=names.ORIGINS[request.origin or v1.ORIGIN_AWS_KMS],
        multi_region=False,
        created_at=parts.clock(),
        policy=policy,
        created_by=call.caller.arn,
        tags=tuple(Tag(tag.tag_key, tag.tag_value) for tag in request.tags),
    )


def _check_offered(parts: Parts, key: NewKey) -> None:
    """A key that the token can't make is refused here, never found out in use."""
    kind, purpose = KeyKind(key.key_spec), KeyPurpose(key.key_usage)
    missing = parts.token.capabilities.missing_for(kind, purpose)
    if not missing and key.origin == EXTERNAL:
        missing = parts.token.missing_for_import(kind)
    if missing:
        raise UnsupportedOperation(
            f"This deployment can't make keys of KeySpec {key.key_spec} for {key.key_usage} with origin "
            f"{key.origin}: {missing}.",
            metadata={"keySpec": key.key_spec, "keyUsage": key.key_usage},
        )


def _check_request(request: Request) -> None:
    if request.multi_region:
        raise UnsupportedOperation("Multi-Region keys are not offered; leave MultiRegion out.")
    if request.origin not in _ORIGINS:
        origin = names.ORIGINS[request.origin]
        raise UnsupportedOperation(f"Origin {origin} is not offered; use AWS_KMS or EXTERNAL.")
    check_tags([tag.tag_key for tag in request.tags])


def _response_elements(response: Response) -> Mapping[str, object]:
    return {"keyMetadata": MessageToDict(response.key_metadata)}


def _usage(request: Request) -> Values:
    spec = request.key_spec or v1.KEY_SPEC_SYMMETRIC_DEFAULT
    return (names.KEY_USAGES[key_specs.usage_for(spec, request.key_usage)],)


def _spec(request: Request) -> Values:
    return (names.KEY_SPECS[request.key_spec or v1.KEY_SPEC_SYMMETRIC_DEFAULT],)


_CONDITIONS: Mapping[str, Callable[[Request], Values]] = {
    "kms:customermasterkeyspec": _spec,
    "kms:customermasterkeyusage": _usage,
    "kms:keyorigin": lambda request: (names.ORIGINS[request.origin or v1.ORIGIN_AWS_KMS],),
    "kms:keyspec": _spec,
    "kms:keyusage": _usage,
    "kms:multiregion": lambda request: (str(request.multi_region).lower(),),
}

CREATE_KEY = Operation(
    name="CreateKey",
    service="strongroom.v1.KeyService",
    request=keys.CreateKeyRequest,
    response=keys.CreateKeyResponse,
    fields=(
        fields.policy(),
        Text("description", 0, MAX_DESCRIPTION_CHARACTERS),
        fields.choice("key_usage", "KeyUsage"),
        fields.choice("key_spec", "KeySpec", v1.KEY_SPEC_SYMMETRIC_DEFAULT),
        fields.choice("origin", "Origin", v1.ORIGIN_AWS_KMS),
        fields.CUSTOM_KEY_STORE_ID,
        NotOffered("xks_key_id", CustomKeyStoresNotImplemented, fields.CUSTOM_KEY_STORE_ID.message),
        fields.BYPASS_LOCKOUT_CHECK,
        Tags(),
        Flag("multi_region", always=True),
        idempotency.REQUEST_ID,
    ),
    rules=(_check_request,),
    action="CreateKey",
    actions_on_new_key=lambda request: ("TagResource",) if request.tags else (),
    conditions=_CONDITIONS,
    is_read_only=False,
    lane=lambda _request: Lane.KEYS,
    run=_create_key,
    response_elements=_response_elements,
)

OPERATIONS = (CREATE_KEY,)
