"""KeyMetadata, as CreateKey and DescribeKey answer it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from strongroom.hsm import CapabilityReport
from strongroom.server.core import key_specs
from strongroom.server.keyring import KeySnapshot
from strongroom.server.operations.key_checks import SIGNING_NEEDS
from strongroom.v1 import resources_pb2 as v1

_SYMMETRIC_SPECS = frozenset({v1.KEY_SPEC_SYMMETRIC_DEFAULT})

# Which field names the algorithms of a key, by its usage.
_FIELDS: Mapping[int, str] = {
    v1.KEY_USAGE_ENCRYPT_DECRYPT: "encryption_algorithms",
    v1.KEY_USAGE_SIGN_VERIFY: "signing_algorithms",
    v1.KEY_USAGE_GENERATE_VERIFY_MAC: "mac_algorithms",
    v1.KEY_USAGE_KEY_AGREEMENT: "key_agreement_algorithms",
    v1.KEY_USAGE_ENCAPSULATE_DECAPSULATE: "encapsulation_algorithms",
}


def metadata_of(key: KeySnapshot, capabilities: CapabilityReport, now: datetime) -> v1.KeyMetadata:
    """Everything that is known of a key at this time but its policy, tags, aliases and grants."""
    state = key.state_at(now)
    metadata = v1.KeyMetadata(
        aws_account_id=key.account_id,
        key_id=key.key_id,
        arn=key.arn,
        enabled=state == v1.KEY_STATE_ENABLED,
        description=key.description,
        key_usage=key.usage,
        key_state=state,
        origin=key.origin,
        key_manager=v1.KEY_MANAGER_CUSTOMER,
        key_spec=key.spec,
        multi_region=key.is_multi_region,
        **algorithms_of(key, capabilities),
    )
    metadata.creation_date.FromDatetime(key.created_at)
    if key.deletion_date is not None:
        metadata.deletion_date.FromDatetime(key.deletion_date)
    if key.spec in _SYMMETRIC_SPECS and key.current_material is not None:
        metadata.current_key_material_id = key.current.kms_material_id
    _add_expiry(metadata, key, now)
    return metadata


def _add_expiry(metadata: v1.KeyMetadata, key: KeySnapshot, now: datetime) -> None:
    """When the first of the imported materials expires; those that wait for a rotation don't count."""
    if key.origin != v1.ORIGIN_EXTERNAL:
        return
    there = [
        one
        for one in key.materials
        if one.is_present and not one.is_pending and (one.expires_at is None or now < one.expires_at)
    ]
    expiries = [one.expires_at for one in there if one.expires_at is not None]
    if expiries:
        metadata.expiration_model = v1.EXPIRATION_MODEL_KEY_MATERIAL_EXPIRES
        metadata.valid_to.FromDatetime(min(expiries))
    elif there:
        metadata.expiration_model = v1.EXPIRATION_MODEL_KEY_MATERIAL_DOES_NOT_EXPIRE


def algorithms_of(key: KeySnapshot, capabilities: CapabilityReport) -> dict[str, Any]:
    """The algorithms that a key can do here, under the field's name that goes with its usage."""
    offered = key_specs.algorithms_of(key.spec, key.usage)
    if key.usage == v1.KEY_USAGE_SIGN_VERIFY:
        needs = ((algorithm, SIGNING_NEEDS.get(algorithm)) for algorithm in offered)
        offered = tuple(a for a, need in needs if need is None or capabilities.supports(need))
    return {_FIELDS[key.usage]: list(offered)}
