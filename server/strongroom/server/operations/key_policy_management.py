"""PutKeyPolicy, GetKeyPolicy and ListKeyPolicies."""

from strongroom.server.core.errors import NotFound, PolicyNotFound
from strongroom.server.core.fields import Request, Text
from strongroom.server.core.key_states import ANY
from strongroom.server.core.policies import parse_key_policy
from strongroom.server.operations import paging
from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, Operation
from strongroom.server.operations.key_uses import managed
from strongroom.server.operations.lockout import check_lockout
from strongroom.server.operations.parts import Parts
from strongroom.server.operations.stored_states import ANY_STORED, as_stored
from strongroom.v1 import policy_service_pb2 as messages

_SERVICE = "strongroom.v1.PolicyService"
_DEFAULT = "default"
_MAX_LIMIT = 1000

_POLICY_NAME = Text("policy_name", 0, 128, r"\w+")


def _put_key_policy(parts: Parts, call: Call) -> messages.PutKeyPolicyResponse:
    request, key = call.request, call.targets[0].key
    _require_default(request)
    policy = parse_key_policy(request.policy)
    if not request.bypass_policy_lockout_safety_check:
        check_lockout(parts, call, policy, key.arn)
    with as_stored(key):
        parts.store.set_policy(key.key_id, request.policy, allowed_in=ANY_STORED)
    return messages.PutKeyPolicyResponse()


def _get_key_policy(parts: Parts, call: Call) -> messages.GetKeyPolicyResponse:
    key = call.targets[0].key
    _require_default(call.request)
    record = parts.store.load_key(key.key_id)
    if record is None:
        raise NotFound(f"Key '{key.arn}' does not exist", metadata={"keyId": key.arn})
    return messages.GetKeyPolicyResponse(policy=record.policy, policy_name=_DEFAULT)


def _list_key_policies(parts: Parts, call: Call) -> messages.ListKeyPoliciesResponse:
    binding = ("ListKeyPolicies", call.caller.account_id, call.targets[0].key.key_id)
    after = paging.after_of(parts, call.request, *binding)
    return messages.ListKeyPoliciesResponse(policy_names=[] if after else [_DEFAULT])


def _require_default(request: Request) -> None:
    if request.policy_name not in {"", _DEFAULT}:
        raise PolicyNotFound("No such policy exists")


PUT_KEY_POLICY = Operation(
    name="PutKeyPolicy",
    service=_SERVICE,
    request=messages.PutKeyPolicyRequest,
    response=messages.PutKeyPolicyResponse,
    fields=(
        fields.KEY_ID,
        _POLICY_NAME,
        fields.policy(required=True),
        fields.BYPASS_LOCKOUT_CHECK,
    ),
    uses=(managed("PutKeyPolicy", ANY),),
    is_read_only=False,
    run=_put_key_policy,
)

GET_KEY_POLICY = Operation(
    name="GetKeyPolicy",
    service=_SERVICE,
    request=messages.GetKeyPolicyRequest,
    response=messages.GetKeyPolicyResponse,
    fields=(fields.KEY_ID, _POLICY_NAME),
    uses=(managed("GetKeyPolicy", ANY),),
    run=_get_key_policy,
)

LIST_KEY_POLICIES = Operation(
    name="ListKeyPolicies",
    service=_SERVICE,
    request=messages.ListKeyPoliciesRequest,
    response=messages.ListKeyPoliciesResponse,
    fields=(fields.KEY_ID, paging.limit_field(_MAX_LIMIT), paging.MARKER),
    uses=(managed("ListKeyPolicies", ANY),),
    run=_list_key_policies,
)

OPERATIONS = (PUT_KEY_POLICY, GET_KEY_POLICY, LIST_KEY_POLICIES)
