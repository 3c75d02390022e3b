"""What requests about grants have in common: their lists, and how they name a grant."""

from typing import Any

from strongroom.server.core import names
from strongroom.server.core.condition_fields import Values
from strongroom.server.core.errors import ValidationFailed
from strongroom.server.core.fields import Request
from strongroom.server.operations import paging
from strongroom.server.operations.parts import Parts
from strongroom.server.store import GrantPage, GrantRecord
from strongroom.v1 import policy_service_pb2 as messages
from strongroom.v1 import resources_pb2 as v1


def page(parts: Parts, found: GrantPage, *binding: str) -> dict[str, Any]:
    """The fields of a list's answer."""
    last = found.grants[-1].grant_id if found.truncated else None
    entries = [_entry(parts, grant) for grant in found.grants]
    return {"grants": entries, **paging.end_of_page(parts, last, *binding)}


def for_no_service(request: Request) -> Values:  # noqa: ARG001 # gives the values of a condition key
    """`kms:GrantIsForAWSResource`."""
    return ("false",)


def names_one_grant(request: Request) -> None:
    """Returns if RetireGrant's request names a grant in one of two ways.

    Raises:
        ValidationFailed: it doesn't, or names two.
    """
    by_id = bool(request.key_id) + bool(request.grant_id)
    if (bool(request.grant_token), by_id) not in {(True, 0), (False, 2)}:
        raise ValidationFailed("Give either the grant token, or both the key id and the grant id.")


def _entry(parts: Parts, grant: GrantRecord) -> messages.GrantListEntry:
    entry = messages.GrantListEntry(
        key_id=parts.realm.key_arn(grant.key_id, grant.account_id),
        grant_id=grant.grant_id,
        name=grant.name,
        grantee_principal=grant.grantee,
        retiring_principal=grant.retiring_principal,
        issuing_account=parts.realm.root_arn(grant.issuing_account),
        operations=map(_number_of, grant.operations),
        constraints=_constraints(grant),
    )
    entry.creation_date.FromDatetime(grant.created_at)
    return entry


def _number_of(operation: str) -> v1.GrantOperation.ValueType:
    return v1.GrantOperation.ValueType(names.number_of(names.GRANT_OPERATIONS, operation))


def _constraints(grant: GrantRecord) -> v1.GrantConstraints | None:
    if not grant.equals and not grant.subset:
        return None
    return v1.GrantConstraints(encryption_context_equals=grant.equals, encryption_context_subset=grant.subset)
