"""The answers of KeyService."""

from strongroom.client import names
from strongroom.client._answers.times import time_if_given, time_of
from strongroom.client.results import (
    DataKeyPairSupport,
    KeyEntry,
    KeyLastUsage,
    KeyMetadata,
    KeyPage,
    KeySpecSupport,
    ScheduledDeletion,
    Token,
    TokenCapability,
)
from strongroom.v1 import deletion_pb2, usage_pb2
from strongroom.v1 import key_service_pb2 as messages
from strongroom.v1 import resources_pb2 as v1


def key_metadata(message: v1.KeyMetadata) -> KeyMetadata:
    """A key; its state is written as AWS KMS does, `PendingDeletion`."""
    return KeyMetadata(
        key_id=message.key_id,
        arn=message.arn,
        account_id=message.aws_account_id,
        creation_date=time_of(message.creation_date),
        enabled=message.enabled,
        key_state=names.KEY_STATES.name(message.key_state).title().replace("_", ""),
        description=message.description,
        key_spec=names.KEY_SPECS.name(message.key_spec),
        key_usage=names.KEY_USAGES.name(message.key_usage),
        origin=names.ORIGINS.name(message.origin),
        multi_region=message.multi_region,
        encryption_algorithms=names.ENCRYPTION_ALGORITHMS.names(message.encryption_algorithms),
        signing_algorithms=names.SIGNING_ALGORITHMS.names(message.signing_algorithms),
        mac_algorithms=names.MAC_ALGORITHMS.names(message.mac_algorithms),
        key_agreement_algorithms=names.KEY_AGREEMENT_ALGORITHMS.names(message.key_agreement_algorithms),
        encapsulation_algorithms=names.ENCAPSULATION_ALGORITHMS.names(message.encapsulation_algorithms),
        current_key_material_id=message.current_key_material_id,
        deletion_date=time_if_given(message, "deletion_date"),
        expiration_model=names.EXPIRATION_MODELS.name_if_given(message.expiration_model),
        valid_to=time_if_given(message, "valid_to"),
    )


def scheduled_deletion(message: deletion_pb2.ScheduleKeyDeletionResponse) -> ScheduledDeletion:
    """When a key will be deleted."""
    return ScheduledDeletion(message.key_id, time_of(message.deletion_date), message.pending_window_in_days)


def key_last_usage(message: usage_pb2.GetKeyLastUsageResponse) -> KeyLastUsage:
    """When a key was last used."""
    use = message.key_last_usage
    is_used = message.HasField("key_last_usage")
    return KeyLastUsage(
        key_id=message.key_id,
        operation=use.operation if is_used else None,
        timestamp=time_of(use.timestamp) if is_used else None,
        cloud_trail_event_id=use.cloud_trail_event_id if is_used else None,
        kms_request_id=use.kms_request_id if is_used else None,
        tracking_start_date=time_of(message.tracking_start_date),
        key_creation_date=time_of(message.key_creation_date),
    )


def key_page(message: messages.ListKeysResponse) -> KeyPage:
    """A page of keys."""
    return KeyPage(tuple(KeyEntry(k.key_id, k.key_arn) for k in message.keys), message.next_marker)


def token(message: messages.DescribeTokenResponse) -> Token:
    """The token."""
    return Token(
        label=message.label,
        serial=message.serial,
        manufacturer=message.manufacturer,
        model=message.model,
        capabilities=tuple(map(_capability, message.capabilities)),
        key_specs=tuple(map(_key_spec, message.key_specs)),
        data_key_pairs=tuple(map(_data_key_pair, message.data_key_pairs)),
    )


def _capability(message: messages.TokenCapability) -> TokenCapability:
    return TokenCapability(
        message.name, message.mechanism, message.is_supported, message.finding, message.detail
    )


def _key_spec(message: messages.KeySpecSupport) -> KeySpecSupport:
    spec, usage = names.KEY_SPECS.name(message.key_spec), names.KEY_USAGES.name(message.key_usage)
    return KeySpecSupport(spec, usage, message.is_supported, message.missing)


def _data_key_pair(message: messages.DataKeyPairSupport) -> DataKeyPairSupport:
    return DataKeyPairSupport(
        key_pair_spec=names.DATA_KEY_PAIR_SPECS.name(message.key_pair_spec),
        is_supported=message.is_supported,
        missing=message.missing,
        pooled=message.pooled,
        pool_size=message.pool_size,
        pool_hits=message.pool_hits,
        pool_misses=message.pool_misses,
    )
