"""All operations of the service."""

from strongroom.server.operations import (
    alias_management,
    authentication_codes,
    batches,
    data_key_pairs,
    data_keys,
    encryption,
    key_creation,
    key_deletion,
    key_listing,
    key_management,
    key_rotation,
    key_usage,
    public_keys,
    randomness,
    shared_secrets,
    signing,
    tagging,
    token_description,
)
from strongroom.server.operations.declaration import Operation

OPERATIONS: tuple[Operation, ...] = (
    *key_creation.OPERATIONS,
    *key_listing.OPERATIONS,
    *key_management.OPERATIONS,
    *key_deletion.OPERATIONS,
    *key_rotation.OPERATIONS,
    *key_usage.OPERATIONS,
    *alias_management.OPERATIONS,
    *tagging.OPERATIONS,
    *token_description.OPERATIONS,
    *encryption.OPERATIONS,
    *data_keys.OPERATIONS,
    *data_key_pairs.OPERATIONS,
    *randomness.OPERATIONS,
    *signing.OPERATIONS,
    *authentication_codes.OPERATIONS,
    *public_keys.OPERATIONS,
    *shared_secrets.OPERATIONS,
    *batches.OPERATIONS,
)
