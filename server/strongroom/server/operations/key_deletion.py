"""ScheduleKeyDeletion and CancelKeyDeletion; the deletion itself is housekeeping."""

from dataclasses import replace
from datetime import timedelta

from strongroom.server.core import key_states, names
from strongroom.server.core.fields import Integer
from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, Operation
from strongroom.server.operations.key_uses import managed
from strongroom.server.operations.parts import Parts
from strongroom.server.operations.stored_states import as_stored
from strongroom.v1 import deletion_pb2 as messages
from strongroom.v1 import resources_pb2 as v1

LEAST_DAYS = 7
MOST_DAYS = 30

_SERVICE = "strongroom.v1.KeyService"
_SCHEDULABLE = frozenset(names.KEY_STATES[state] for state in key_states.SCHEDULABLE)


def _schedule_key_deletion(parts: Parts, call: Call) -> messages.ScheduleKeyDeletionResponse:
    request, key = call.request, call.targets[0].key
    has_window = request.HasField("pending_window_in_days")
    days = request.pending_window_in_days if has_window else MOST_DAYS
    at = parts.clock() + timedelta(days=days)
    with as_stored(key):
        parts.store.schedule_deletion(key.key_id, at, allowed_from=_SCHEDULABLE)
    response = messages.ScheduleKeyDeletionResponse(
        key_id=key.arn, key_state=v1.KEY_STATE_PENDING_DELETION, pending_window_in_days=days
    )
    response.deletion_date.FromDatetime(at)
    return response


def _cancel_key_deletion(parts: Parts, call: Call) -> messages.CancelKeyDeletionResponse:
    key = call.targets[0].key
    with as_stored(key, key_states.not_pending_deletion):
        parts.store.cancel_deletion(key.key_id)
    return messages.CancelKeyDeletionResponse(key_id=key.arn)


SCHEDULE_KEY_DELETION = Operation(
    name="ScheduleKeyDeletion",
    service=_SERVICE,
    request=messages.ScheduleKeyDeletionRequest,
    response=messages.ScheduleKeyDeletionResponse,
    fields=(fields.KEY_ID, Integer("pending_window_in_days", LEAST_DAYS, MOST_DAYS)),
    uses=(managed("ScheduleKeyDeletion", key_states.SCHEDULABLE),),
    is_read_only=False,
    run=_schedule_key_deletion,
)

CANCEL_KEY_DELETION = Operation(
    name="CancelKeyDeletion",
    service=_SERVICE,
    request=messages.CancelKeyDeletionRequest,
    response=messages.CancelKeyDeletionResponse,
    fields=(fields.KEY_ID,),
    uses=(
        replace(
            managed("CancelKeyDeletion", key_states.CANCELLABLE), refusal=key_states.not_pending_deletion
        ),
    ),
    is_read_only=False,
    run=_cancel_key_deletion,
)

OPERATIONS = (SCHEDULE_KEY_DELETION, CANCEL_KEY_DELETION)
