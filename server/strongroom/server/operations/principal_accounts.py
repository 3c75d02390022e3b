"""Principals are administered in their own account only."""

from strongroom.server.core.callers import account_of, partition_of
from strongroom.server.core.errors import AccessDenied, ValidationFailed
from strongroom.server.operations.declaration import Call


def require_own(call: Call) -> None:
    """Returns if the principal that the request names is of the caller's account, whatever policies allow.

    Raises:
        AccessDenied: it isn't.
        ValidationFailed: it is of another partition, and so of nobody.
    """
    principal, caller = call.request.principal, call.caller
    if account_of(principal) != caller.account_id:
        raise AccessDenied(
            f"User: {caller.arn} is not authorized to administer or explain principals of another account"
        )
    partition = partition_of(caller.arn)
    if partition_of(principal) != partition:
        raise ValidationFailed(f"Nobody is {principal}: ARNs begin with arn:{partition} here.")
