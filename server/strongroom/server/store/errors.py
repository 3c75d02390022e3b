"""What can go wrong with the store.

StoreError
    AliasExists             the account has an alias of this name
    EncryptionsExhausted    a material has no encryptions left to reserve
    IntentLost              reconciliation has undone what was being created
    NoSuchAlias             the account has no such alias, or it was moved meanwhile
    NoSuchKey               no key has this id
    NotInState              the key's state doesn't allow the change
    RequestRepeated         a request with this id was begun before
    RotationLimitReached    the key was rotated on demand as often as it may be
    RotationUnderWay        another material is being made for the key
    SchemaUnknown           the database is newer than this program, or isn't ours
        SchemaOutdated      it is ours and older; `strongroomd serve` upgrades it
    StoreDamaged            the file isn't a database, or not a whole one
    StoreExists             there is a database already; nothing is overwritten
    StoreForeign            the database belongs to another deployment
    StoreUnavailable        the database can't be used now: locked too long, full, or not reachable
    TooManyAliases          the key would have more names than it may
    TooManyTags             the key would have more tags than it may
"""

from strongroom.server.store.records import Deployment


class StoreError(Exception):
    """Anything that the store raises. Never with values of rows."""


class AliasExists(StoreError):
    """The account has an alias of this name."""


class EncryptionsExhausted(StoreError):
    """A material has no encryptions left to reserve."""


class IntentLost(StoreError):
    """Reconciliation has undone what was being created."""


class NoSuchAlias(StoreError):
    """The account has no such alias, or it was moved meanwhile."""


class NoSuchKey(StoreError):
    """No key has this id."""


class NotInState(StoreError):
    """The key's state doesn't allow the change.

    Args:
        state: the state that it has.
    """

    def __init__(self, state: str) -> None:
        super().__init__(f"The key is {state}.")
        self.state = state


class RequestRepeated(StoreError):
    """A request with this id was begun before."""


class RotationLimitReached(StoreError):
    """The key was rotated on demand as often as it may be."""


class RotationUnderWay(StoreError):
    """Another material is being made for the key."""


class SchemaUnknown(StoreError):
    """The database is newer than this program, or isn't ours."""


class SchemaOutdated(SchemaUnknown):
    """The database is ours and older than this program.

    Args:
        deployment: what it belongs to.
    """

    def __init__(self, deployment: Deployment) -> None:
        super().__init__("The database was made by an older Strongroom. Start `strongroomd serve` once.")
        self.deployment = deployment


class StoreExists(StoreError):
    """There is a database already."""


class StoreDamaged(StoreError):
    """The file isn't a database, or not a whole one."""


class StoreForeign(StoreError):
    """The database belongs to another deployment."""


class StoreUnavailable(StoreError):
    """The database can't be used now."""


class TooManyAliases(StoreError):
    """The key would have more names than it may."""


class TooManyTags(StoreError):
    """The key would have more tags than it may."""
