"""The store: everything that isn't key material."""

from strongroom.server.store.errors import (
    EncryptionsExhausted,
    IntentLost,
    NoSuchKey,
    NotInState,
    SchemaOutdated,
    SchemaUnknown,
    StoreDamaged,
    StoreError,
    StoreExists,
    StoreForeign,
    StoreUnavailable,
)
from strongroom.server.store.feed import ChangeFeed
from strongroom.server.store.records import (
    Changes,
    Deployment,
    Intent,
    KeyPage,
    KeyRecord,
    MaterialRecord,
    NewKey,
    NewMaterial,
    Reservation,
    Tag,
)
from strongroom.server.store.store import Store, utc_now

__all__ = [
    "ChangeFeed",
    "Changes",
    "Deployment",
    "EncryptionsExhausted",
    "Intent",
    "IntentLost",
    "KeyPage",
    "KeyRecord",
    "MaterialRecord",
    "NewKey",
    "NewMaterial",
    "NoSuchKey",
    "NotInState",
    "Reservation",
    "SchemaOutdated",
    "SchemaUnknown",
    "Store",
    "StoreDamaged",
    "StoreError",
    "StoreExists",
    "StoreForeign",
    "StoreUnavailable",
    "Tag",
    "utc_now",
]
