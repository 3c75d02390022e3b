"""All operations of the service."""

from strongroom.server.operations import (
    access_explanation,
    alias_management,
    authentication_codes,
    batches,
    data_key_pairs,
    data_keys,
    encryption,
    grant_management,
    key_creation,
    key_deletion,
    key_import,
    key_listing,
    key_management,
    key_policy_management,
    key_rotation,
    key_usage,
    principal_management,
    public_keys,
    randomness,
    shared_secrets,
    signing,
    tagging,
    token_description,
)
from strongroom.server.operations.declaration import Operation

_OTHERS: tuple[Operation, ...] = (
    *key_creation.OPERATIONS,
    *key_listing.OPERATIONS,
    *key_management.OPERATIONS,
    *key_deletion.OPERATIONS,
    *key_rotation.OPERATIONS,
    *key_import.OPERATIONS,
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
    *key_policy_management.OPERATIONS,
    *grant_management.OPERATIONS,
    *principal_management.OPERATIONS,
)


def _actions_of(operation: Operation) -> set[str]:
    """The permissions that an operation needs."""
    return {use.action for use in operation.uses} | ({operation.action} - {""})


OPERATIONS: tuple[Operation, ...] = (
    *_OTHERS,
    *access_explanation.operations(action for one in _OTHERS for action in _actions_of(one)),
)
