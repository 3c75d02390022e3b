"""What operations work with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from strongroom.hsm import KeyKind, KeyPurpose, Token
from strongroom.server.authorization import Authorizer
from strongroom.server.core.arns import Realm
from strongroom.server.core.callers import Caller
from strongroom.server.core.grant_tokens import IssuedGrantTokens
from strongroom.server.core.markers import Markers
from strongroom.server.keyring import KeyCache, KeyResolver
from strongroom.server.operations.asymmetric import AsymmetricKeys
from strongroom.server.operations.mac_keys import MacKeys
from strongroom.server.operations.material_importing import MaterialImporter
from strongroom.server.operations.material_making import MaterialMaker
from strongroom.server.operations.symmetric import SymmetricCipher
from strongroom.server.store import Store


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a worker that operations use.

    Args:
        quick: the kinds and purposes of keys that the token uses within microseconds.
        max_keys: how many keys an account may have.
        principal: gives what is known of a principal by its ARN.
        max_aliases: how many aliases a key may have.
        clock: gives the time in UTC.
        new_key_id: gives a fresh key id.
    """

    token: Token
    store: Store
    keys: KeyCache
    authorizer: Authorizer
    resolver: KeyResolver
    cipher: SymmetricCipher
    asymmetric: AsymmetricKeys
    macs: MacKeys
    maker: MaterialMaker
    importer: MaterialImporter
    grant_tokens: IssuedGrantTokens
    markers: Markers
    realm: Realm
    quick: frozenset[tuple[KeyKind, KeyPurpose]]
    max_keys: int
    max_aliases: int
    principal: Callable[[str], Caller]
    clock: Callable[[], datetime]
    new_key_id: Callable[[], str]
