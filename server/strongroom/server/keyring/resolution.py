"""From what a request says to a key.

Source: AWS KMS developer guide, "Key identifiers (KeyId)"; the failures are those recorded live.
"""

from strongroom.server.core.arns import Realm, ResourceArn, is_alias_name, is_key_id, parse_arn
from strongroom.server.core.callers import Caller
from strongroom.server.core.errors import AccessDenied, AliasNotFound, NotFound
from strongroom.server.keyring.cache import KeyCache
from strongroom.server.keyring.snapshots import KeySnapshot


class KeyResolver:
    """Finds keys by key id, key ARN, alias name or alias ARN."""

    def __init__(self, cache: KeyCache, realm: Realm) -> None:
        self._cache = cache
        self._realm = realm
        self._alias_arn_prefix = realm.alias_arn("")

    def cached(self, identifier: str) -> KeySnapshot | None:
        """The key of this name if it is cached: to tell how long a request will take, not who may."""
        found = self._cache.cached(identifier.rpartition(":key/")[2])
        if found is not None:
            return found
        name = identifier.removeprefix(self._alias_arn_prefix)
        return self._cache.cached_by_alias(self._realm.account_id, name)

    def resolve(
        self, identifier: str, caller: Caller, *, accepts_alias: bool, across_accounts: bool = False
    ) -> KeySnapshot:
        """The key that an identifier names for this caller; with `across_accounts` also by another's ARN.

        Raises:
            NotFound: malformed, of another Region, or no such key in an account that the caller may know.
            InvalidArn: an ARN that can't be read.
            AccessDenied: a key of another account, whether it exists or not.
        """
        cached = self._cache.cached(identifier.rpartition("/")[2])
        if (
            cached is not None
            and cached.account_id == caller.account_id
            and identifier in {cached.key_id, cached.arn}  # the ARN may be one of another account
        ):
            self._cache.figures.hits += 1
            return cached
        if identifier.startswith("arn:"):
            return self._by_arn(
                identifier, caller, accepts_alias=accepts_alias, across_accounts=across_accounts
            )
        if is_key_id(identifier):
            return self._by_id(identifier, caller.account_id)
        if accepts_alias and is_alias_name(identifier):
            return self._by_alias(identifier, caller.account_id)
        raise NotFound(f"Invalid keyId '{identifier}'")

    def _by_arn(
        self, text: str, caller: Caller, *, accepts_alias: bool, across_accounts: bool
    ) -> KeySnapshot:
        arn = parse_arn(text)
        if arn.region != self._realm.region or arn.partition != self._realm.partition:
            raise NotFound(f"Invalid arn {arn.region}")
        if arn.kind == "alias" and not accepts_alias:
            raise NotFound(f"Invalid keyId '{text}'")
        if arn.account_id != caller.account_id:
            return self._of_another(arn, caller, may_use=across_accounts)
        if arn.kind == "alias":
            return self._by_alias(f"alias/{arn.name}", arn.account_id)
        if not is_key_id(arn.name):
            raise NotFound(f"Invalid keyId '{arn.name}'")
        return self._by_id(arn.name, arn.account_id)

    def _of_another(self, arn: ResourceArn, caller: Caller, *, may_use: bool) -> KeySnapshot:
        """A key of another account; whether there is one, is told only to whom it lets use it."""
        if not may_use:
            raise unknown_key(caller.arn)
        try:
            if arn.kind == "key":
                return self._by_id(arn.name, arn.account_id)
            return self._by_alias(f"alias/{arn.name}", arn.account_id)
        except NotFound:
            raise unknown_key(caller.arn) from None

    def _by_alias(self, name: str, account_id: str) -> KeySnapshot:
        snapshot = self._cache.by_alias(account_id, name)
        if snapshot is None:
            raise no_alias(self._realm.alias_arn(name, account_id))
        return snapshot

    def _by_id(self, key_id: str, account_id: str) -> KeySnapshot:
        snapshot = self._cache.get(key_id)
        if snapshot is None or snapshot.account_id != account_id:
            arn = self._realm.key_arn(key_id, account_id)
            raise NotFound(f"Key '{arn}' does not exist", metadata={"keyId": arn})
        return snapshot


def no_alias(arn: str) -> AliasNotFound:
    """What is answered where there is no alias."""
    return AliasNotFound(f"Alias {arn} is not found.", metadata={"alias": arn})


def unknown_key(arn: str) -> AccessDenied:
    """The same of a key of another account that isn't there and of one that the caller `arn` may not use."""
    return AccessDenied(
        f"User: {arn} is not authorized to perform this operation on this resource "
        "because the resource does not exist in this Region, no resource-based policies allow "
        "access, or a resource-based policy explicitly denies access"
    )


def unknown_owner() -> AccessDenied:
    """The same of a blob whose key was deleted and of one whose key the caller may not use."""
    return AccessDenied(
        "The ciphertext refers to a customer master key that does not exist, does not exist in "
        "this region, or you are not allowed to access."
    )
