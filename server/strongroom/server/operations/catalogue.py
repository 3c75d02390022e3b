"""All operations of the service."""

from strongroom.server.operations import (
    data_keys,
    encryption,
    key_creation,
    key_listing,
    key_management,
    randomness,
)
from strongroom.server.operations.declaration import Operation

OPERATIONS: tuple[Operation, ...] = (
    *key_creation.OPERATIONS,
    *key_listing.OPERATIONS,
    *key_management.OPERATIONS,
    *encryption.OPERATIONS,
    *data_keys.OPERATIONS,
    *randomness.OPERATIONS,
)
