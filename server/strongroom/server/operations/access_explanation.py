"""ExplainAccess: what would be decided, and by what. No operation of AWS KMS's."""

from collections.abc import Iterable
from difflib import get_close_matches

from strongroom.server.authorization import Supposed, tells_last_use
from strongroom.server.core.condition_fields import GivenKeys
from strongroom.server.core.errors import ValidationFailed, Violation
from strongroom.server.core.fields import Request, Text
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
_NAME = "ExplainAccess"


class _Actions:
    """The permissions that there are.

    Args:
        names: their names, without `kms:`.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {name.lower(): name for name in names}

    def named(self, text: str) -> str:
        """The permission of `kms:<name>`, as it is written where case matters, in grants.

        Raises:
            ValidationFailed: there is none.
        """
        name = text.partition(":")[2]
        found = self._names.get(name.lower())
        if found is None:
            (near,) = get_close_matches(name.lower(), self._names, n=1, cutoff=0)
            wrong = f"No operation needs the action '{text}'; the nearest is 'kms:{self._names[near]}'."
            raise ValidationFailed(wrong, violations=(Violation("action", wrong),))
        return found


def operations(actions: Iterable[str]) -> tuple[Operation, ...]:
    """ExplainAccess, of the permissions of the other operations, which are given, and of its own."""
    known = _Actions({_NAME, *actions})

    def run(parts: Parts, call: Call) -> messages.ExplainAccessResponse:
        return _explain_access(parts, call, known.named(call.request.action))

    def check(request: Request) -> None:
        known.named(request.action)

    return (
        Operation(
            name=_NAME,
            service="strongroom.v1.PolicyService",
            request=messages.ExplainAccessRequest,
            response=messages.ExplainAccessResponse,
            fields=(
                fields.KEY_ID,
                Text("principal", 1, MAX_PRINCIPAL_CHARACTERS, PRINCIPAL_PATTERN),
                Text("action", 1, 128, "[kK][mM][sS]:[A-Za-z]+"),
                StringMap("conditions", _MAX_CONDITIONS),
            ),
            uses=(managed(_NAME, ANY, accepts_alias=True),),
            rules=(check,),
            run=run,
        ),
    )


def _explain_access(parts: Parts, call: Call, action: str) -> messages.ExplainAccessResponse:
    request, key = call.request, call.targets[0].key
    require_own(call)
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
