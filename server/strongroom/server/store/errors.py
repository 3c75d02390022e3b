"""What can go wrong with the store.

StoreError
    AliasExists             the account has an alias of this name
    EncryptionsExhausted    a material has no encryptions left to reserve
    ImportUnderWay          the same material is coming or going
    IntentLost              reconciliation has undone what was being created
    NoPendingMaterial       no imported material waits for a rotation
    NoSuchAlias             the account has no such alias, or it was moved meanwhile
    NoSuchGrant             the key has no grant with this id
    NoSuchKey               no key has this id
    NoSuchMaterial          the key has no material of this name
    NoSuchPolicy            the principal has no policy of this name
    NotInState              the key's state doesn't allow the change
    OtherMaterialPending    another imported material waits for a rotation
    ParametersUsed          the wrapping pair of an import did its work for another
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
    TooManyGrants           the key has as many grants as it may
    TooManyParameters       the key has as many import tokens as it may
    TooManyPolicies         the principal would have more policies than it may
    TooManyTags             the key would have more tags than it may
    WrongMaterial           not the imported material that it should be
"""

from strongroom.server.store.records import Deployment


class StoreError(Exception):
    """Anything that the store raises. Never with values of rows."""


class AliasExists(StoreError):
    """The account has an alias of this name."""


class EncryptionsExhausted(StoreError):
    """A material has no encryptions left to reserve."""


class ImportUnderWay(StoreError):
    """The same material is being imported or deleted."""


class IntentLost(StoreError):
    """Reconciliation has undone what was being created."""


class NoPendingMaterial(StoreError):
    """No imported material waits for a rotation."""


class NoSuchAlias(StoreError):
    """The account has no such alias, or it was moved meanwhile."""


class NoSuchGrant(StoreError):
    """The key has no grant with this id."""


class NoSuchKey(StoreError):
    """No key has this id."""


class NoSuchMaterial(StoreError):
    """The key has no material of this name."""


class NoSuchPolicy(StoreError):
    """The principal has no policy of this name."""


class NotInState(StoreError):
    """The key's state doesn't allow the change.

    Args:
        state: the state that it has.
    """

    def __init__(self, state: str) -> None:
        super().__init__(f"The key is {state}.")
        self.state = state


class OtherMaterialPending(StoreError):
    """Another imported material waits for a rotation.

    Args:
        new: the name of the one that was to be imported.
        pending: the other's.
    """

    def __init__(self, new: str, pending: str) -> None:
        super().__init__("Another material is pending rotation.")
        self.new = new
        self.pending = pending


class ParametersUsed(StoreError):
    """The wrapping pair of an import did its work for another, or is being destroyed."""


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


class TooManyGrants(StoreError):
    """The key has as many grants as it may."""


class TooManyParameters(StoreError):
    """The key has as many import tokens as it may."""


class TooManyPolicies(StoreError):
    """The principal would have more policies than it may."""


class TooManyTags(StoreError):
    """The key would have more tags than it may."""


class WrongMaterial(StoreError):
    """Not the imported material that it should be; the text says why."""
