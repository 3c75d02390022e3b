"""GetKeyLastUsage."""

from strongroom.server.core.key_states import ANY
from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, Operation
from strongroom.server.operations.key_uses import managed
from strongroom.server.operations.parts import Parts
from strongroom.v1 import usage_pb2 as messages


def _get_key_last_usage(parts: Parts, call: Call) -> messages.GetKeyLastUsageResponse:
    key = call.targets[0].key
    use, known_since = parts.store.last_usage(key.key_id)
    response = messages.GetKeyLastUsageResponse(key_id=key.arn)
    response.key_creation_date.FromDatetime(key.created_at)
    response.tracking_start_date.FromDatetime(max(known_since, key.created_at))
    if use is not None:
        response.key_last_usage.operation = use.operation
        response.key_last_usage.timestamp.FromDatetime(use.at)
        response.key_last_usage.cloud_trail_event_id = use.event_id
        response.key_last_usage.kms_request_id = use.request_id
    return response


GET_KEY_LAST_USAGE = Operation(
    name="GetKeyLastUsage",
    service="strongroom.v1.KeyService",
    request=messages.GetKeyLastUsageRequest,
    response=messages.GetKeyLastUsageResponse,
    fields=(fields.KEY_ID,),
    uses=(managed("GetKeyLastUsage", ANY),),
    run=_get_key_last_usage,
)

OPERATIONS = (GET_KEY_LAST_USAGE,)
