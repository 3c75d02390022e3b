"""EnableKey, DisableKey and UpdateKeyDescription."""

from strongroom.server.core import key_states, names
from strongroom.server.core.fields import PresentText
from strongroom.server.keyring import KeySnapshot
from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, Operation
from strongroom.server.operations.key_creation import MAX_DESCRIPTION_CHARACTERS
from strongroom.server.operations.key_uses import managed
from strongroom.server.operations.parts import Parts
from strongroom.server.operations.stored_states import EDITABLE_STORED, as_stored
from strongroom.v1 import key_service_pb2 as keys

_SERVICE = "strongroom.v1.KeyService"

# The stored states that the switch may find; what callers see as Unavailable is stored as one of them.
_SWITCHED = frozenset(names.KEY_STATES[state] for state in (key_states.ENABLED, key_states.DISABLED))


def _enable_key(parts: Parts, call: Call) -> keys.EnableKeyResponse:
    _switch(parts, call.targets[0].key, key_states.ENABLED)
    return keys.EnableKeyResponse()


def _disable_key(parts: Parts, call: Call) -> keys.DisableKeyResponse:
    _switch(parts, call.targets[0].key, key_states.DISABLED)
    return keys.DisableKeyResponse()


def _switch(parts: Parts, key: KeySnapshot, to: int) -> None:
    with as_stored(key):
        parts.store.set_state(key.key_id, names.KEY_STATES[to], allowed_from=_SWITCHED)


def _update_key_description(parts: Parts, call: Call) -> keys.UpdateKeyDescriptionResponse:
    key = call.targets[0].key
    with as_stored(key):
        parts.store.set_description(key.key_id, call.request.description, allowed_in=EDITABLE_STORED)
    return keys.UpdateKeyDescriptionResponse()


ENABLE_KEY = Operation(
    name="EnableKey",
    service=_SERVICE,
    request=keys.EnableKeyRequest,
    response=keys.EnableKeyResponse,
    fields=(fields.KEY_ID,),
    uses=(managed("EnableKey", key_states.SWITCHABLE),),
    is_read_only=False,
    run=_enable_key,
)

DISABLE_KEY = Operation(
    name="DisableKey",
    service=_SERVICE,
    request=keys.DisableKeyRequest,
    response=keys.DisableKeyResponse,
    fields=(fields.KEY_ID,),
    uses=(managed("DisableKey", key_states.SWITCHABLE),),
    is_read_only=False,
    run=_disable_key,
)

UPDATE_KEY_DESCRIPTION = Operation(
    name="UpdateKeyDescription",
    service=_SERVICE,
    request=keys.UpdateKeyDescriptionRequest,
    response=keys.UpdateKeyDescriptionResponse,
    fields=(
        fields.KEY_ID,
        PresentText("description", 0, MAX_DESCRIPTION_CHARACTERS, required=True),
    ),
    uses=(managed("UpdateKeyDescription", key_states.EDITABLE),),
    is_read_only=False,
    run=_update_key_description,
)

OPERATIONS = (ENABLE_KEY, DISABLE_KEY, UPDATE_KEY_DESCRIPTION)
