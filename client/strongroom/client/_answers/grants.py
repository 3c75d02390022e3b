"""The answers about grants."""

from strongroom.client import names
from strongroom.client._answers.times import time_of
from strongroom.client.results import GrantCreated, GrantEntry, GrantPage
from strongroom.v1 import policy_service_pb2 as messages


def grant_created(message: messages.CreateGrantResponse) -> GrantCreated:
    """A new grant."""
    return GrantCreated(message.grant_id, message.grant_token)


def grant_page(message: messages.ListGrantsResponse | messages.ListRetirableGrantsResponse) -> GrantPage:
    """A page of grants."""
    return GrantPage(tuple(map(_entry, message.grants)), message.next_marker)


def _entry(message: messages.GrantListEntry) -> GrantEntry:
    constraints = message.constraints
    return GrantEntry(
        key_id=message.key_id,
        grant_id=message.grant_id,
        name=message.name,
        creation_date=time_of(message.creation_date),
        grantee_principal=message.grantee_principal,
        retiring_principal=message.retiring_principal or None,
        issuing_account=message.issuing_account,
        operations=names.GRANT_OPERATIONS.names(message.operations),
        encryption_context_equals=dict(constraints.encryption_context_equals) or None,
        encryption_context_subset=dict(constraints.encryption_context_subset) or None,
    )
