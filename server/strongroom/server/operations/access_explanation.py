"""ExplainAccess: what would be decided, and by what. No operation of AWS KMS's."""

from strongroom.server.authorization import Supposed, tells_last_use
from strongroom.server.core.condition_fields import GivenKeys
from strongroom.server.core.fields import Text
from strongroom.server.core.grants import GRANTABLE
from strongroom.server.core.key_states import ANY
from strongroom.server.core.plural_fields import StringMap
from strongroom.server.core.principal_policies import MAX_PRINCIPAL_CHARACTERS, PRINCIPAL_PATTERN
from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, Operation
from strongroom.server.operations.key_uses import managed
from strongroom.server.operations.parts import Parts
from strongroom.server.operations.principal_accounts import require_own
from strongroom.v1 import policy_service_pb2 as messages

_MAX_CONDITIONS = 50
_IN_GRANTS = {operation.lower(): operation for operation in GRANTABLE}  # where case matters


def _explain_access(parts: Parts, call: Call) -> messages.ExplainAccessResponse:
    request, key = call.request, call.targets[0].key
    require_own(call)
    action = request.action.partition(":")[2]
    action = _IN_GRANTS.get(action.lower(), action)
    supposed = Supposed._make(call.asked).changed(
        caller=parts.principal(request.principal),
        source="",
        keys=GivenKeys(request.conditions),
        named_by="",
        last_used=call.asked.last_used if tells_last_use(action) else None,
    )
    decision = parts.authorizer.decide(supposed, action, key)
    reason = decision.refusal.value.format(action=f"kms:{action}") if decision.refusal else ""
    return messages.ExplainAccessResponse(allowed=decision.is_allowed, reason=reason, decided_by=decision.by)


EXPLAIN_ACCESS = Operation(
    name="ExplainAccess",
    service="strongroom.v1.PolicyService",
    request=messages.ExplainAccessRequest,
    response=messages.ExplainAccessResponse,
    fields=(
        fields.KEY_ID,
        Text("principal", 1, MAX_PRINCIPAL_CHARACTERS, PRINCIPAL_PATTERN),
        Text("action", 1, 128, "[kK][mM][sS]:[A-Za-z]+"),
        StringMap("conditions", _MAX_CONDITIONS),
    ),
    uses=(managed("ExplainAccess", ANY, accepts_alias=True),),
    run=_explain_access,
)

OPERATIONS = (EXPLAIN_ACCESS,)
