"""What calls answer. Secrets are left out of every repr."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from strongroom.v1 import crypto_service_pb2 as crypto
from strongroom.v1 import key_service_pb2 as keys
from strongroom.v1 import resources_pb2 as v1

_ALGORITHM = "ENCRYPTION_ALGORITHM_"


@dataclass(frozen=True, slots=True)
class KeyMetadata:
    """What is known of a key; names are AWS KMS's."""

    key_id: str
    arn: str
    account_id: str
    creation_date: datetime
    enabled: bool
    key_state: str
    description: str
    key_spec: str
    key_usage: str
    origin: str
    multi_region: bool
    encryption_algorithms: tuple[str, ...]
    current_key_material_id: str


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """An entry of a list of keys."""

    key_id: str
    arn: str


@dataclass(frozen=True, slots=True)
class KeyPage:
    """A page of a list of keys; `next_marker` is empty on the last."""

    keys: tuple[KeyEntry, ...]
    next_marker: str


@dataclass(frozen=True, slots=True)
class Encrypted:
    """The answer of encrypt."""

    ciphertext_blob: bytes
    key_id: str
    encryption_algorithm: str


@dataclass(frozen=True, slots=True)
class Decrypted:
    """The answer of decrypt."""

    plaintext: bytes = field(repr=False)
    key_id: str
    encryption_algorithm: str
    key_material_id: str


@dataclass(frozen=True, slots=True)
class ReEncrypted:
    """The answer of re_encrypt."""

    ciphertext_blob: bytes
    source_key_id: str
    key_id: str
    source_key_material_id: str
    destination_key_material_id: str


@dataclass(frozen=True, slots=True)
class DataKey:
    """A data key: use the plaintext and forget it, keep the blob; empty where none was asked for."""

    plaintext: bytes = field(repr=False)
    ciphertext_blob: bytes
    key_id: str
    key_material_id: str


def key_metadata(message: v1.KeyMetadata) -> KeyMetadata:
    """From the wire."""
    return KeyMetadata(
        key_id=message.key_id,
        arn=message.arn,
        account_id=message.aws_account_id,
        creation_date=message.creation_date.ToDatetime(tzinfo=UTC),
        enabled=message.enabled,
        key_state=_STATES[message.key_state],
        description=message.description,
        key_spec=v1.KeySpec.Name(message.key_spec).removeprefix("KEY_SPEC_"),
        key_usage=v1.KeyUsage.Name(message.key_usage).removeprefix("KEY_USAGE_"),
        origin=v1.Origin.Name(message.origin).removeprefix("ORIGIN_"),
        multi_region=message.multi_region,
        encryption_algorithms=tuple(map(_algorithm, message.encryption_algorithms)),
        current_key_material_id=message.current_key_material_id,
    )


def key_page(message: keys.ListKeysResponse) -> KeyPage:
    """From the wire."""
    return KeyPage(tuple(KeyEntry(k.key_id, k.key_arn) for k in message.keys), message.next_marker)


def encrypted(message: crypto.EncryptResponse) -> Encrypted:
    """From the wire."""
    return Encrypted(message.ciphertext_blob, message.key_id, _algorithm(message.encryption_algorithm))


def decrypted(message: crypto.DecryptResponse) -> Decrypted:
    """From the wire."""
    return Decrypted(
        message.plaintext,
        message.key_id,
        _algorithm(message.encryption_algorithm),
        message.key_material_id,
    )


def re_encrypted(message: crypto.ReEncryptResponse) -> ReEncrypted:
    """From the wire."""
    return ReEncrypted(
        message.ciphertext_blob,
        message.source_key_id,
        message.key_id,
        message.source_key_material_id,
        message.destination_key_material_id,
    )


def data_key(message: crypto.GenerateDataKeyResponse) -> DataKey:
    """From the wire."""
    return DataKey(message.plaintext, message.ciphertext_blob, message.key_id, message.key_material_id)


def data_key_without_plaintext(message: crypto.GenerateDataKeyWithoutPlaintextResponse) -> DataKey:
    """From the wire."""
    return DataKey(b"", message.ciphertext_blob, message.key_id, message.key_material_id)


def _algorithm(number: "v1.EncryptionAlgorithm.ValueType") -> str:
    return v1.EncryptionAlgorithm.Name(number).removeprefix(_ALGORITHM)


_STATES: Mapping[int, str] = {
    number: name.removeprefix("KEY_STATE_").title().replace("_", "") for name, number in v1.KeyState.items()
}
