"""EnableKeyRotation, DisableKeyRotation, GetKeyRotationStatus, RotateKeyOnDemand and ListKeyRotations."""

from dataclasses import replace
from datetime import timedelta

from strongroom.server.core import key_states, names
from strongroom.server.core.errors import (
    Conflict,
    KeyStateInvalid,
    NotFound,
    RotationLimitExceeded,
    UnsupportedOperation,
)
from strongroom.server.core.fields import Integer
from strongroom.server.keyring import KeySnapshot
from strongroom.server.operations import idempotency, key_checks, paging
from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, KeyUse, Lane, Operation
from strongroom.server.operations.key_uses import managed
from strongroom.server.operations.material_making import MOST_ON_DEMAND_ROTATIONS
from strongroom.server.operations.parts import Parts
from strongroom.server.operations.stored_states import as_stored
from strongroom.server.store import (
    KeyRecord,
    MaterialRecord,
    NoPendingMaterial,
    RequestId,
    RequestRepeated,
    RotationLimitReached,
    RotationUnderWay,
)
from strongroom.v1 import resources_pb2 as v1
from strongroom.v1 import rotation_pb2 as messages

DEFAULT_PERIOD_DAYS = 365
LEAST_PERIOD_DAYS = 90
MOST_PERIOD_DAYS = 2560

_SERVICE = "strongroom.v1.KeyService"
_DEFAULT_LIMIT = 100
_MAX_LIMIT = 1000
_TOO_CLOSE = timedelta(minutes=20)
# Stored states in which the schedule may change; Unavailable is stored as one of them.
_STORED = frozenset(names.KEY_STATES[s] for s in (v1.KEY_STATE_ENABLED, v1.KEY_STATE_UPDATING))


def _enable_key_rotation(parts: Parts, call: Call) -> messages.EnableKeyRotationResponse:
    request, key = call.request, call.targets[0].key
    is_given = request.HasField("rotation_period_in_days")
    days = request.rotation_period_in_days if is_given else DEFAULT_PERIOD_DAYS
    with as_stored(key):
        parts.store.set_rotation(key.key_id, days, allowed_from=_STORED)
    return messages.EnableKeyRotationResponse()


def _disable_key_rotation(parts: Parts, call: Call) -> messages.DisableKeyRotationResponse:
    key = call.targets[0].key
    with as_stored(key):
        parts.store.set_rotation(key.key_id, None, allowed_from=_STORED)
    return messages.DisableKeyRotationResponse()


def _get_key_rotation_status(parts: Parts, call: Call) -> messages.GetKeyRotationStatusResponse:  # noqa: ARG001
    key = call.targets[0].key
    response = messages.GetKeyRotationStatusResponse(key_id=key.arn)
    if key.rotation is not None and key.state not in key_states.CANCELLABLE:
        response.key_rotation_enabled = True
        response.rotation_period_in_days = key.rotation.period_days
        response.next_rotation_date.FromDatetime(key.rotation.next_at)
    return response


def _rotate_key_on_demand(parts: Parts, call: Call) -> messages.RotateKeyOnDemandResponse:
    key = call.targets[0].key
    request_id = idempotency.id_of(call)
    if idempotency.earlier(parts, request_id) is None:
        _check_no_rotation_is_due(parts, key)
        _rotate(parts, key, request_id)
    return messages.RotateKeyOnDemandResponse(key_id=key.arn)


def _rotate(parts: Parts, key: KeySnapshot, request_id: RequestId | None) -> None:
    with as_stored(key):
        try:
            if key.origin == v1.ORIGIN_EXTERNAL:
                parts.store.rotate_imported(
                    key.key_id, most_on_demand=MOST_ON_DEMAND_ROTATIONS, request=request_id
                )
            else:
                spec, usage = names.KEY_SPECS[key.spec], names.KEY_USAGES[key.usage]
                parts.maker.rotate(key.key_id, spec, usage, request_id)
        except RequestRepeated:
            raise idempotency.under_way() from None
        except NoPendingMaterial:
            raise KeyStateInvalid(
                f"No available key material pending rotation for the key: {key.arn}.",
                metadata={"keyId": key.arn, "keyState": names.KEY_STATES[key.state]},
            ) from None
        except RotationUnderWay:
            raise _conflict(key, "is being rotated") from None
        except RotationLimitReached:
            raise RotationLimitExceeded(
                "The on-demand rotations limit has been reached for the given keyId. No more on-demand "
                f"rotations can be performed for this key: {key.arn}",
                metadata={"keyId": key.arn, "quota": "on-demand rotations"},
            ) from None


def _check_no_rotation_is_due(parts: Parts, key: KeySnapshot) -> None:
    if key.rotation is not None and key.rotation.next_at - parts.clock() <= _TOO_CLOSE:
        raise _conflict(key, "rotates by itself within 20 minutes")


def _conflict(key: KeySnapshot, what: str) -> Conflict:
    return Conflict(f"{key.arn} {what}.", metadata={"keyId": key.arn})


def _list_key_rotations(parts: Parts, call: Call) -> messages.ListKeyRotationsResponse:
    request, key = call.request, call.targets[0].key
    wants_all = request.include_key_material == v1.INCLUDE_KEY_MATERIAL_ALL_KEY_MATERIAL
    if wants_all and key.spec != v1.KEY_SPEC_SYMMETRIC_DEFAULT:
        raise UnsupportedOperation("", metadata={"keyId": key.arn, "keySpec": names.KEY_SPECS[key.spec]})
    record = parts.store.load_key(key.key_id)
    if record is None:
        raise NotFound(f"Key '{key.arn}' does not exist", metadata={"keyId": key.arn})
    binding = ("ListKeyRotations", call.caller.account_id, key.key_id, str(wants_all))
    after = paging.after_of(parts, request, *binding)
    listed = [m for m in record.materials if wants_all or m.rotated_at is not None]
    rest = [material for material in listed if after is None or _place(material) > after]
    limit = paging.limit_of(request, _DEFAULT_LIMIT)
    shown = rest[:limit]
    return messages.ListKeyRotationsResponse(
        rotations=[_entry(key, record, material) for material in shown],
        **paging.end_of_page(parts, _place(shown[-1]) if len(rest) > limit else None, *binding),
    )


def _place(material: MaterialRecord) -> str:
    """Sorts as materials are listed: by the time of their making."""
    return f"{material.created_at.isoformat(timespec='microseconds')} {material.material_id.hex()}"


def _entry(key: KeySnapshot, record: KeyRecord, material: MaterialRecord) -> messages.RotationsListEntry:
    entry = messages.RotationsListEntry(
        key_id=key.arn,
        key_material_id=material.kms_material_id,
        key_material_state=_state_of(record, material),
        key_material_description=material.description,
    )
    if material.rotated_at is not None and material.rotation_type is not None:
        entry.rotation_date.FromDatetime(material.rotated_at)
        entry.rotation_type = v1.RotationType.Value(f"ROTATION_TYPE_{material.rotation_type}")
    if key.origin == v1.ORIGIN_EXTERNAL:
        _add_import(entry, material)
    return entry


def _state_of(record: KeyRecord, material: MaterialRecord) -> "v1.KeyMaterialState.ValueType":
    if material.associated_at is None:
        return v1.KEY_MATERIAL_STATE_PENDING_ROTATION
    is_current = material.material_id == record.current_material_id
    return v1.KEY_MATERIAL_STATE_CURRENT if is_current else v1.KEY_MATERIAL_STATE_NON_CURRENT


def _add_import(entry: messages.RotationsListEntry, material: MaterialRecord) -> None:
    if not material.is_present:
        entry.import_state = v1.IMPORT_STATE_PENDING_IMPORT
        return
    entry.import_state = v1.IMPORT_STATE_IMPORTED
    if material.expires_at is None:
        entry.expiration_model = v1.EXPIRATION_MODEL_KEY_MATERIAL_DOES_NOT_EXPIRE
    else:
        entry.expiration_model = v1.EXPIRATION_MODEL_KEY_MATERIAL_EXPIRES
        entry.valid_to.FromDatetime(material.expires_at)


def _rotating(action: str, states: frozenset[int]) -> KeyUse:
    return replace(managed(action, states), checks=(key_checks.rotates,))


ENABLE_KEY_ROTATION = Operation(
    name="EnableKeyRotation",
    service=_SERVICE,
    request=messages.EnableKeyRotationRequest,
    response=messages.EnableKeyRotationResponse,
    fields=(fields.KEY_ID, Integer("rotation_period_in_days", LEAST_PERIOD_DAYS, MOST_PERIOD_DAYS)),
    uses=(_rotating("EnableKeyRotation", key_states.ROTATABLE),),
    is_read_only=False,
    run=_enable_key_rotation,
)

DISABLE_KEY_ROTATION = Operation(
    name="DisableKeyRotation",
    service=_SERVICE,
    request=messages.DisableKeyRotationRequest,
    response=messages.DisableKeyRotationResponse,
    fields=(fields.KEY_ID,),
    uses=(_rotating("DisableKeyRotation", key_states.ROTATABLE),),
    is_read_only=False,
    run=_disable_key_rotation,
)

GET_KEY_ROTATION_STATUS = Operation(
    name="GetKeyRotationStatus",
    service=_SERVICE,
    request=messages.GetKeyRotationStatusRequest,
    response=messages.GetKeyRotationStatusResponse,
    fields=(fields.KEY_ID,),
    uses=(managed("GetKeyRotationStatus", key_states.ANY, across_accounts=True),),
    run=_get_key_rotation_status,
)

ROTATE_KEY_ON_DEMAND = Operation(
    name="RotateKeyOnDemand",
    service=_SERVICE,
    request=messages.RotateKeyOnDemandRequest,
    response=messages.RotateKeyOnDemandResponse,
    fields=(fields.KEY_ID, idempotency.REQUEST_ID),
    uses=(
        replace(managed("RotateKeyOnDemand", key_states.ROTATABLE_NOW), checks=(key_checks.is_symmetric,)),
    ),
    is_read_only=False,
    lane=lambda _request: Lane.KEYS,
    run=_rotate_key_on_demand,
)

LIST_KEY_ROTATIONS = Operation(
    name="ListKeyRotations",
    service=_SERVICE,
    request=messages.ListKeyRotationsRequest,
    response=messages.ListKeyRotationsResponse,
    fields=(
        fields.KEY_ID,
        fields.choice("include_key_material", "IncludeKeyMaterial", v1.INCLUDE_KEY_MATERIAL_ROTATIONS_ONLY),
        paging.limit_field(_MAX_LIMIT),
        paging.MARKER,
    ),
    uses=(managed("ListKeyRotations", key_states.ANY),),
    run=_list_key_rotations,
)

OPERATIONS = (
    ENABLE_KEY_ROTATION,
    DISABLE_KEY_ROTATION,
    GET_KEY_ROTATION_STATUS,
    ROTATE_KEY_ON_DEMAND,
    LIST_KEY_ROTATIONS,
)
