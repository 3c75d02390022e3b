"""KeyMetadata, as CreateKey and DescribeKey answer it."""

from strongroom.server.core import names
from strongroom.server.core.key_specs import RULES
from strongroom.server.keyring import KeySnapshot
from strongroom.v1 import resources_pb2 as v1

_SYMMETRIC_SPECS = frozenset({v1.KEY_SPEC_SYMMETRIC_DEFAULT})


def metadata_of(key: KeySnapshot) -> v1.KeyMetadata:
    """Everything that is known of a key but its policy, tags, aliases and grants."""
    metadata = v1.KeyMetadata(
        aws_account_id=key.account_id,
        key_id=key.key_id,
        arn=key.arn,
        enabled=key.state == v1.KEY_STATE_ENABLED,
        description=key.description,
        key_usage=key.usage,
        key_state=key.state,
        origin=key.origin,
        key_manager=v1.KEY_MANAGER_CUSTOMER,
        key_spec=key.spec,
        multi_region=key.is_multi_region,
        encryption_algorithms=_encryption_algorithms(key),
    )
    metadata.creation_date.FromDatetime(key.created_at)
    if key.spec in _SYMMETRIC_SPECS:
        metadata.current_key_material_id = key.current.kms_material_id
    return metadata


def _encryption_algorithms(key: KeySnapshot) -> tuple[names.EncryptionAlgorithmValue, ...]:
    """What the key encrypts with, if that is its usage."""
    encrypts = key.usage == v1.KEY_USAGE_ENCRYPT_DECRYPT
    return RULES[key.spec].encryption_algorithms if encrypts else ()
