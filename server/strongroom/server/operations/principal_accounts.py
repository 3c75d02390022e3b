"""Principals are administered in their own account only; those of another partition are nobody."""

from strongroom.server.core.callers import account_of, partition_of
from strongroom.server.core.errors import AccessDenied, InvalidArn, ValidationFailed
from strongroom.server.operations.declaration import Call


def require_own(call: Call) -> None:
    """Returns if the principal that the request names is of the caller's account, whatever policies allow.

    Raises:
        AccessDenied: it isn't; the error's metadata name it.
        ValidationFailed: it is of another partition, and so of nobody.
    """
    principal, caller = call.request.principal, call.caller
    if account_of(principal) != caller.account_id:
        raise AccessDenied(
            f"User: {caller.arn} is not authorized to administer or explain principals of another account",
            metadata={"principal": principal},
        )
    partition = partition_of(caller.arn)
    if partition_of(principal) != partition:
        raise ValidationFailed(_nobody(principal, partition))


def require_partition(arn: str, partition: str) -> None:
    """Returns if a principal or an account is of the deployment's partition.

    Raises:
        InvalidArn: it is of another, and so of nobody.
    """
    if partition_of(arn) != partition:
        raise InvalidArn(_nobody(arn, partition))


def _nobody(arn: str, partition: str) -> str:
    return f"Nobody is {arn}: ARNs begin with arn:{partition} here."
