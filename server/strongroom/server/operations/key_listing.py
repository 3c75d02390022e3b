"""DescribeKey and ListKeys."""

from strongroom.server.core import key_states
from strongroom.server.operations import paging
from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, Operation
from strongroom.server.operations.key_uses import managed
from strongroom.server.operations.metadata import metadata_of
from strongroom.server.operations.parts import Parts
from strongroom.v1 import key_service_pb2 as keys
from strongroom.v1 import resources_pb2 as v1

_DEFAULT_LIMIT = 100
_MAX_LIMIT = 1000

_SERVICE = "strongroom.v1.KeyService"


def _describe_key(parts: Parts, call: Call) -> keys.DescribeKeyResponse:
    return keys.DescribeKeyResponse(
        key_metadata=metadata_of(call.targets[0].key, parts.token.capabilities, parts.clock())
    )


def _list_keys(parts: Parts, call: Call) -> keys.ListKeysResponse:
    request, account_id = call.request, call.caller.account_id
    binding = ("ListKeys", account_id)
    page = parts.store.list_key_ids(
        account_id,
        limit=paging.limit_of(request, _DEFAULT_LIMIT),
        after=paging.after_of(parts, request, *binding),
    )
    entry = v1.KeyListEntry
    return keys.ListKeysResponse(
        keys=[entry(key_id=i, key_arn=parts.realm.key_arn(i, account_id)) for i in page.key_ids],
        **paging.end_of_page(parts, page.key_ids[-1] if page.truncated else None, *binding),
    )


DESCRIBE_KEY = Operation(
    name="DescribeKey",
    service=_SERVICE,
    request=keys.DescribeKeyRequest,
    response=keys.DescribeKeyResponse,
    fields=(fields.KEY_ID, fields.GRANT_TOKENS),
    uses=(managed("DescribeKey", key_states.ANY, accepts_alias=True, across_accounts=True),),
    may_run_inline=True,
    run=_describe_key,
)

LIST_KEYS = Operation(
    name="ListKeys",
    service=_SERVICE,
    request=keys.ListKeysRequest,
    response=keys.ListKeysResponse,
    fields=(paging.limit_field(_MAX_LIMIT), paging.MARKER),
    action="ListKeys",
    run=_list_keys,
)

OPERATIONS = (DESCRIBE_KEY, LIST_KEYS)
