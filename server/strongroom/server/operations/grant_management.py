"""CreateGrant, ListGrants, ListRetirableGrants, RetireGrant and RevokeGrant."""

import secrets
from collections.abc import Callable

from strongroom.server.core import grant_fields, names
from strongroom.server.core.callers import is_grantee
from strongroom.server.core.errors import AccessDenied, GrantNotFound, InvalidArn, LimitExceeded
from strongroom.server.core.fields import Choices, Request, Text
from strongroom.server.core.grant_tokens import NamedGrant
from strongroom.server.core.grants import MAX_OF_A_KEY
from strongroom.server.core.key_states import ANY, GRANTABLE
from strongroom.server.operations import grant_answers, paging
from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, Operation
from strongroom.server.operations.grant_uses import granting, retiring, revoking
from strongroom.server.operations.key_uses import managed
from strongroom.server.operations.parts import Parts
from strongroom.server.operations.principal_accounts import require_partition
from strongroom.server.operations.stored_states import GRANTABLE_STORED, as_stored
from strongroom.server.store import GrantRecord, NoSuchGrant, TooManyGrants
from strongroom.v1 import policy_service_pb2 as messages
from strongroom.v1 import resources_pb2 as v1

_SERVICE = "strongroom.v1.PolicyService"
_DEFAULT_LIMIT = 50
_MAX_LIMIT = 100
_ID_BYTES = 32

_OPERATIONS = Choices("operations", v1.DESCRIPTOR.enum_types_by_name["GrantOperation"], is_required=True)
_NAME = Text("name", 0, 256, "[a-zA-Z0-9:/_-]+")
_GRANT_ID = Text("grant_id", 1, 128)
_OPTIONAL_GRANT_ID = Text("grant_id", 0, 128)
_GRANT_TOKEN = Text("grant_token", 0, 8192, is_recorded=False)


def _create_grant(parts: Parts, call: Call) -> messages.CreateGrantResponse:
    key = call.targets[0].key
    with as_stored(key):
        try:
            grant_id = parts.store.grants.add(
                _new_grant(parts, call), allowed_in=GRANTABLE_STORED, most=MAX_OF_A_KEY
            )
        except TooManyGrants:
            raise LimitExceeded(
                f"{key.arn} has {MAX_OF_A_KEY} grants, the most that a key may have.",
                metadata={"limit": str(MAX_OF_A_KEY)},
            ) from None
    token = parts.grant_tokens.make(NamedGrant(grant_id, key.key_id))
    return messages.CreateGrantResponse(grant_token=token, grant_id=grant_id)


def _new_grant(parts: Parts, call: Call) -> GrantRecord:
    request, key = call.request, call.targets[0].key
    terms = grant_fields.terms_of(request)
    return GrantRecord(
        grant_id=secrets.token_hex(_ID_BYTES),
        key_id=key.key_id,
        account_id=key.account_id,
        name=request.name,
        grantee=request.grantee_principal,
        retiring_principal=request.retiring_principal,
        issuing_account=call.caller.account_id,
        operations=tuple(sorted(terms.operations)),
        equals=terms.constraints.equals or {},
        subset=terms.constraints.subset or {},
        created_by=call.caller.arn,
        created_at=parts.clock(),
    )


def _list_grants(parts: Parts, call: Call) -> messages.ListGrantsResponse:
    request, key = call.request, call.targets[0].key
    binding = ("ListGrants", call.caller.account_id, key.key_id, request.grant_id, request.grantee_principal)
    page = parts.store.grants.page_of_key(
        key.key_id,
        grant_id=request.grant_id,
        grantee=request.grantee_principal,
        limit=paging.limit_of(request, _DEFAULT_LIMIT),
        after=paging.after_of(parts, request, *binding),
    )
    return messages.ListGrantsResponse(**grant_answers.page(parts, page, *binding))


def _list_retirable_grants(parts: Parts, call: Call) -> messages.ListRetirableGrantsResponse:
    request, account_id = call.request, call.caller.account_id
    principal = request.retiring_principal
    if principal.split(":")[4] != account_id:
        raise AccessDenied(
            f"User: {call.caller.arn} is not authorized to list grants for a principal of another account",
            metadata={"principal": principal},
        )
    require_partition(principal, parts.realm.partition)
    binding = ("ListRetirableGrants", account_id, principal)
    page = parts.store.grants.page_of_retiring(
        principal,
        limit=paging.limit_of(request, _DEFAULT_LIMIT),
        after=paging.after_of(parts, request, *binding),
    )
    return messages.ListRetirableGrantsResponse(**grant_answers.page(parts, page, *binding))


def _retire_grant(parts: Parts, call: Call) -> messages.RetireGrantResponse:
    grant = call.targets[0].grant
    assert grant is not None  # noqa: S101 # it was authorised
    _remove(parts, call, grant.grant_id)
    return messages.RetireGrantResponse()


def _revoke_grant(parts: Parts, call: Call) -> messages.RevokeGrantResponse:
    _remove(parts, call, call.request.grant_id)
    return messages.RevokeGrantResponse()


def _remove(parts: Parts, call: Call, grant_id: str) -> None:
    try:
        parts.store.grants.remove(call.targets[0].key.key_id, grant_id)
    except NoSuchGrant:
        raise GrantNotFound(f"Grant ID {grant_id} not found") from None


def _principals(*names_of_fields: str) -> Callable[[Request], None]:
    """What refuses a request whose principals aren't such as grants can have."""

    def check(request: Request) -> None:
        for name in names_of_fields:
            arn = getattr(request, name)
            if arn and not is_grantee(arn):
                raise InvalidArn(f"'{arn}' is not the ARN of a user, a role, a session or an account.")

    return check


CREATE_GRANT = Operation(
    name="CreateGrant",
    service=_SERVICE,
    request=messages.CreateGrantRequest,
    response=messages.CreateGrantResponse,
    fields=(
        fields.KEY_ID,
        grant_fields.principal("grantee_principal", required=True),
        grant_fields.principal("retiring_principal"),
        _OPERATIONS,
        grant_fields.ConstraintsField(),
        fields.GRANT_TOKENS,
        _NAME,
        fields.DRY_RUN,
        grant_fields.service_principal("grantee_service_principal"),
        grant_fields.service_principal("retiring_service_principal"),
    ),
    rules=(grant_fields.without_source_arn, _principals("grantee_principal", "retiring_principal")),
    uses=(granting("CreateGrant", GRANTABLE),),
    conditions={
        "kms:grantconstrainttype": lambda request: grant_fields.constraints_of(request).kinds or None,
        "kms:granteeprincipal": lambda request: (request.grantee_principal,),
        "kms:grantisforawsresource": grant_answers.for_no_service,
        "kms:grantoperations": lambda request: tuple(names.GRANT_OPERATIONS[n] for n in request.operations),
        "kms:retiringprincipal": lambda request: (
            (request.retiring_principal,) if request.retiring_principal else None
        ),
    },
    is_read_only=False,
    response_elements=lambda response: {"grantId": response.grant_id},
    run=_create_grant,
)

LIST_GRANTS = Operation(
    name="ListGrants",
    service=_SERVICE,
    request=messages.ListGrantsRequest,
    response=messages.ListGrantsResponse,
    fields=(
        fields.KEY_ID,
        _OPTIONAL_GRANT_ID,
        grant_fields.principal("grantee_principal"),
        paging.limit_field(_MAX_LIMIT),
        paging.MARKER,
        grant_fields.service_principal("grantee_service_principal"),
    ),
    uses=(managed("ListGrants", ANY, across_accounts=True),),
    conditions={"kms:grantisforawsresource": grant_answers.for_no_service},
    run=_list_grants,
)

LIST_RETIRABLE_GRANTS = Operation(
    name="ListRetirableGrants",
    service=_SERVICE,
    request=messages.ListRetirableGrantsRequest,
    response=messages.ListRetirableGrantsResponse,
    fields=(
        grant_fields.principal("retiring_principal", required=True),
        paging.limit_field(_MAX_LIMIT),
        paging.MARKER,
        grant_fields.service_principal("retiring_service_principal"),
    ),
    rules=(_principals("retiring_principal"),),
    action="ListRetirableGrants",
    resource=lambda request: str(request.retiring_principal),
    run=_list_retirable_grants,
)

RETIRE_GRANT = Operation(
    name="RetireGrant",
    service=_SERVICE,
    request=messages.RetireGrantRequest,
    response=messages.RetireGrantResponse,
    fields=(_GRANT_TOKEN, fields.optional_key_id("key_id"), _OPTIONAL_GRANT_ID, fields.DRY_RUN),
    rules=(grant_answers.names_one_grant,),
    uses=(retiring("RetireGrant", ANY),),
    is_read_only=False,
    run=_retire_grant,
)

REVOKE_GRANT = Operation(
    name="RevokeGrant",
    service=_SERVICE,
    request=messages.RevokeGrantRequest,
    response=messages.RevokeGrantResponse,
    fields=(fields.KEY_ID, _GRANT_ID, fields.DRY_RUN),
    uses=(revoking("RevokeGrant", ANY),),
    conditions={"kms:grantisforawsresource": grant_answers.for_no_service},
    is_read_only=False,
    run=_revoke_grant,
)

OPERATIONS = (CREATE_GRANT, LIST_GRANTS, LIST_RETIRABLE_GRANTS, RETIRE_GRANT, REVOKE_GRANT)
