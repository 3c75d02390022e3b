"""DescribeKey and ListKeys."""

from strongroom.server.core import key_states, markers
from strongroom.server.core.fields import Integer, PresentText
from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, Operation
from strongroom.server.operations.key_uses import managed
from strongroom.server.operations.metadata import metadata_of
from strongroom.server.operations.parts import Parts
from strongroom.v1 import key_service_pb2 as keys
from strongroom.v1 import resources_pb2 as v1

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
MARKER = PresentText("marker", 1, 1024, "[\u0020-\u00ff]+")

_SERVICE = "strongroom.v1.KeyService"


def _describe_key(parts: Parts, call: Call) -> keys.DescribeKeyResponse:
    return keys.DescribeKeyResponse(key_metadata=metadata_of(call.targets[0].key, parts.token.capabilities))


def _list_keys(parts: Parts, call: Call) -> keys.ListKeysResponse:
    request, account_id = call.request, call.caller.account_id
    binding = ("ListKeys", account_id)
    after = markers.read(request.marker, *binding) if request.HasField("marker") else None
    limit = request.limit if request.HasField("limit") else DEFAULT_LIMIT
    page = parts.store.list_key_ids(account_id, limit=limit, after=after)
    entry = v1.KeyListEntry
    return keys.ListKeysResponse(
        keys=[entry(key_id=i, key_arn=parts.realm.key_arn(i, account_id)) for i in page.key_ids],
        truncated=page.truncated,
        next_marker=markers.make(page.key_ids[-1], *binding) if page.truncated else "",
    )


DESCRIBE_KEY = Operation(
    name="DescribeKey",
    service=_SERVICE,
    request=keys.DescribeKeyRequest,
    response=keys.DescribeKeyResponse,
    fields=(fields.KEY_ID, fields.GRANT_TOKENS),
    uses=(managed("DescribeKey", key_states.ANY, accepts_alias=True),),
    may_run_inline=True,
    run=_describe_key,
)

LIST_KEYS = Operation(
    name="ListKeys",
    service=_SERVICE,
    request=keys.ListKeysRequest,
    response=keys.ListKeysResponse,
    fields=(Integer("limit", 1, MAX_LIMIT), MARKER),
    action="ListKeys",
    run=_list_keys,
)

OPERATIONS = (DESCRIBE_KEY, LIST_KEYS)
