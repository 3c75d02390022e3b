"""PutPrincipalPolicy, GetPrincipalPolicy, DeletePrincipalPolicy, ListPrincipals: no operations of AWS KMS's.

They are to a private service what AWS IAM's identity policies are to AWS KMS. The permissions are
`kms:PutPrincipalPolicy` and so on, on the principal's ARN.
"""

from strongroom.server.core.errors import LimitExceeded, PolicyNotFound
from strongroom.server.core.fields import Request, Text
from strongroom.server.core.policies import parse_principal_policy
from strongroom.server.core.principal_policies import (
    MAX_POLICIES,
    MAX_POLICY_NAME_CHARACTERS,
    MAX_PRINCIPAL_CHARACTERS,
    POLICY_NAME_PATTERN,
    PRINCIPAL_PATTERN,
)
from strongroom.server.operations import paging
from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, Operation
from strongroom.server.operations.parts import Parts
from strongroom.server.operations.principal_accounts import require_own
from strongroom.server.store import NoSuchPolicy, TooManyPolicies
from strongroom.v1 import policy_service_pb2 as messages

_SERVICE = "strongroom.v1.PolicyService"
_DEFAULT_LIMIT = 100
_MAX_LIMIT = 1000

_PRINCIPAL = Text("principal", 1, MAX_PRINCIPAL_CHARACTERS, PRINCIPAL_PATTERN)
_POLICY_NAME = Text("policy_name", 1, MAX_POLICY_NAME_CHARACTERS, POLICY_NAME_PATTERN)


def _put_principal_policy(parts: Parts, call: Call) -> messages.PutPrincipalPolicyResponse:
    request = call.request
    require_own(call)
    parse_principal_policy(request.policy)
    try:
        parts.store.principals.put(
            request.principal,
            request.policy_name,
            call.caller.account_id,
            request.policy,
            most=MAX_POLICIES,
        )
    except TooManyPolicies:
        raise LimitExceeded(
            f"A principal may have at most {MAX_POLICIES} policies.",
            metadata={"quota": "principal policies", "limit": str(MAX_POLICIES)},
        ) from None
    return messages.PutPrincipalPolicyResponse()


def _get_principal_policy(parts: Parts, call: Call) -> messages.GetPrincipalPolicyResponse:
    request = call.request
    require_own(call)
    for one in parts.store.principals.find([request.principal]):
        if one.policy_name == request.policy_name:
            return messages.GetPrincipalPolicyResponse(
                principal=one.principal, policy_name=one.policy_name, policy=one.policy
            )
    raise _no_policy(request)


def _delete_principal_policy(parts: Parts, call: Call) -> messages.DeletePrincipalPolicyResponse:
    require_own(call)
    try:
        parts.store.principals.remove(call.request.principal, call.request.policy_name)
    except NoSuchPolicy:
        raise _no_policy(call.request) from None
    return messages.DeletePrincipalPolicyResponse()


def _list_principals(parts: Parts, call: Call) -> messages.ListPrincipalsResponse:
    request, account_id = call.request, call.caller.account_id
    binding = ("ListPrincipals", account_id)
    page = parts.store.principals.page(
        account_id,
        limit=paging.limit_of(request, _DEFAULT_LIMIT),
        after=paging.after_of(parts, request, *binding),
    )
    last = page.principals[-1][0] if page.truncated else None
    return messages.ListPrincipalsResponse(
        principals=[
            messages.PrincipalListEntry(principal=principal, policy_names=policy_names)
            for principal, policy_names in page.principals
        ],
        **paging.end_of_page(parts, last, *binding),
    )


def _no_policy(request: Request) -> PolicyNotFound:
    return PolicyNotFound(f"{request.principal} has no policy {request.policy_name}.")


PUT_PRINCIPAL_POLICY = Operation(
    name="PutPrincipalPolicy",
    service=_SERVICE,
    request=messages.PutPrincipalPolicyRequest,
    response=messages.PutPrincipalPolicyResponse,
    fields=(_PRINCIPAL, _POLICY_NAME, fields.policy(required=True)),
    action="PutPrincipalPolicy",
    resource=lambda request: str(request.principal),
    is_read_only=False,
    run=_put_principal_policy,
)

GET_PRINCIPAL_POLICY = Operation(
    name="GetPrincipalPolicy",
    service=_SERVICE,
    request=messages.GetPrincipalPolicyRequest,
    response=messages.GetPrincipalPolicyResponse,
    fields=(_PRINCIPAL, _POLICY_NAME),
    action="GetPrincipalPolicy",
    resource=lambda request: str(request.principal),
    run=_get_principal_policy,
)

DELETE_PRINCIPAL_POLICY = Operation(
    name="DeletePrincipalPolicy",
    service=_SERVICE,
    request=messages.DeletePrincipalPolicyRequest,
    response=messages.DeletePrincipalPolicyResponse,
    fields=(_PRINCIPAL, _POLICY_NAME),
    action="DeletePrincipalPolicy",
    resource=lambda request: str(request.principal),
    is_read_only=False,
    run=_delete_principal_policy,
)

LIST_PRINCIPALS = Operation(
    name="ListPrincipals",
    service=_SERVICE,
    request=messages.ListPrincipalsRequest,
    response=messages.ListPrincipalsResponse,
    fields=(paging.limit_field(_MAX_LIMIT), paging.MARKER),
    action="ListPrincipals",
    run=_list_principals,
)

OPERATIONS = (PUT_PRINCIPAL_POLICY, GET_PRINCIPAL_POLICY, DELETE_PRINCIPAL_POLICY, LIST_PRINCIPALS)
