"""Principals are administered in their own account only."""

from strongroom.server.core.callers import account_of
from strongroom.server.core.errors import AccessDenied
from strongroom.server.operations.declaration import Call


def require_own(call: Call) -> None:
    """Returns if the principal that the request names is of the caller's account, whatever policies allow.

    Raises:
        AccessDenied: it isn't.
    """
    if account_of(call.request.principal) != call.caller.account_id:
        raise AccessDenied(
            f"User: {call.caller.arn} is not authorized to administer principals of another account"
        )
