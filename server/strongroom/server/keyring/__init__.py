"""What a worker knows of keys: snapshots from the store, kept until the change feed drops them."""

from strongroom.server.keyring.cache import KeyCache
from strongroom.server.keyring.cache_figures import CacheFigures
from strongroom.server.keyring.counting import EncryptionCounter
from strongroom.server.keyring.grants import KeyGrants
from strongroom.server.keyring.grants_of_key import NO_CANDIDATES, grant_of
from strongroom.server.keyring.principals import PrincipalPolicies
from strongroom.server.keyring.resolution import KeyResolver, no_alias, unknown_key, unknown_owner
from strongroom.server.keyring.snapshots import KeySnapshot, Material, ref_of

__all__ = [
    "NO_CANDIDATES",
    "CacheFigures",
    "EncryptionCounter",
    "KeyCache",
    "KeyGrants",
    "KeyResolver",
    "KeySnapshot",
    "Material",
    "PrincipalPolicies",
    "grant_of",
    "no_alias",
    "ref_of",
    "unknown_key",
    "unknown_owner",
]
