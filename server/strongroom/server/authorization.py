"""The one place that decides whether a caller may do something.

So far one rule: principals of the account that owns the deployment's keys may do everything, everybody
else nothing. Key policies, principal policies and grants will be evaluated here.
"""

from typing import Protocol

from strongroom.server.core.arns import Realm
from strongroom.server.core.callers import Caller
from strongroom.server.core.errors import AccessDenied, InvalidGrantToken


class Resource(Protocol):
    """What an action is about: a key."""

    @property
    def arn(self) -> str:
        """The resource's ARN."""

    @property
    def account_id(self) -> str:
        """The account that owns it."""


class Authorizer:
    """Decides; every operation asks it, for every key that it uses."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm

    def authorize(self, caller: Caller, action: str, resource: Resource | None) -> None:
        """Returns if the caller may perform `kms:<action>` on the resource, or on the service if None.

        Raises:
            AccessDenied: it may not.
        """
        owner = self._realm.account_id if resource is None else resource.account_id
        if caller.account_id == owner:
            return
        raise AccessDenied(
            f"User: {caller.arn} is not authorized to perform: kms:{action} on resource: "
            f"{'*' if resource is None else resource.arn} because no resource-based policy allows "
            f"the kms:{action} action",
            metadata={"operation": action},
        )

    def check_grant_tokens(self, tokens: object) -> None:
        """Refuses grant tokens: none has been issued.

        Raises:
            InvalidGrantToken: there is at least one.
        """
        if tokens:
            raise InvalidGrantToken("The grant token was not issued by this service.")
