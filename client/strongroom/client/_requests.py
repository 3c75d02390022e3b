"""From Python arguments to request messages, for both clients."""

from collections.abc import Mapping

from strongroom.v1 import crypto_service_pb2 as crypto
from strongroom.v1 import key_service_pb2 as keys
from strongroom.v1 import resources_pb2 as v1

Context = Mapping[str, str]


def create_key(
    *,
    description: str,
    key_spec: str,
    key_usage: str | None,
    policy: str | None,
    tags: Mapping[str, str] | None,
    bypass_policy_lockout_safety_check: bool,
) -> keys.CreateKeyRequest:
    """The request of CreateKey; ValueError for a spec or usage that doesn't exist."""
    return keys.CreateKeyRequest(
        description=description,
        key_spec=v1.KeySpec.Value(f"KEY_SPEC_{key_spec}"),
        key_usage=v1.KeyUsage.Value(f"KEY_USAGE_{key_usage or 'UNSPECIFIED'}"),
        policy=policy,
        tags=[v1.Tag(tag_key=key, tag_value=value) for key, value in (tags or {}).items()],
        bypass_policy_lockout_safety_check=bypass_policy_lockout_safety_check,
    )


def decrypt(
    ciphertext_blob: bytes, *, key_id: str | None, encryption_context: Context | None, dry_run: bool
) -> crypto.DecryptRequest:
    """The request of Decrypt."""
    return crypto.DecryptRequest(
        ciphertext_blob=ciphertext_blob,
        key_id=key_id or "",
        encryption_context=encryption_context,
        dry_run=dry_run,
    )


def re_encrypt(
    ciphertext_blob: bytes,
    destination_key_id: str,
    *,
    source_key_id: str | None,
    source_encryption_context: Context | None,
    destination_encryption_context: Context | None,
    dry_run: bool,
) -> crypto.ReEncryptRequest:
    """The request of ReEncrypt."""
    return crypto.ReEncryptRequest(
        ciphertext_blob=ciphertext_blob,
        destination_key_id=destination_key_id,
        source_key_id=source_key_id or "",
        source_encryption_context=source_encryption_context,
        destination_encryption_context=destination_encryption_context,
        dry_run=dry_run,
    )


def generate_data_key(
    key_id: str,
    *,
    number_of_bytes: int | None,
    encryption_context: Context | None,
    dry_run: bool,
) -> crypto.GenerateDataKeyRequest:
    """The request of GenerateDataKey: AES_256 unless a length is given."""
    return crypto.GenerateDataKeyRequest(
        key_id=key_id,
        number_of_bytes=number_of_bytes,
        key_spec=_spec_unless(number_of_bytes),
        encryption_context=encryption_context,
        dry_run=dry_run,
    )


def generate_data_key_without_plaintext(
    key_id: str,
    *,
    number_of_bytes: int | None,
    encryption_context: Context | None,
    dry_run: bool,
) -> crypto.GenerateDataKeyWithoutPlaintextRequest:
    """The request of GenerateDataKeyWithoutPlaintext: AES_256 unless a length is given."""
    return crypto.GenerateDataKeyWithoutPlaintextRequest(
        key_id=key_id,
        number_of_bytes=number_of_bytes,
        key_spec=_spec_unless(number_of_bytes),
        encryption_context=encryption_context,
        dry_run=dry_run,
    )


def _spec_unless(number_of_bytes: int | None) -> "v1.DataKeySpec.ValueType":
    return v1.DATA_KEY_SPEC_AES_256 if number_of_bytes is None else v1.DATA_KEY_SPEC_UNSPECIFIED
