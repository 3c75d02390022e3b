"""The requests of encryption and data keys. ValueError for an algorithm that doesn't exist."""

from strongroom.client import names
from strongroom.client.items import Context, DecryptItem, EncryptItem, GenerateDataKeyItem
from strongroom.v1 import encryption_pb2 as messages
from strongroom.v1 import resources_pb2 as v1


def encrypt(item: EncryptItem) -> messages.EncryptRequest:
    """The request of Encrypt."""
    return messages.EncryptRequest(
        key_id=item.key_id,
        plaintext=item.plaintext,
        encryption_context=item.encryption_context,
        encryption_algorithm=names.ENCRYPTION_ALGORITHMS.number_if_given(item.encryption_algorithm),
        dry_run=item.dry_run,
    )


def decrypt(item: DecryptItem) -> messages.DecryptRequest:
    """The request of Decrypt."""
    return messages.DecryptRequest(
        ciphertext_blob=item.ciphertext_blob,
        key_id=item.key_id or "",
        encryption_context=item.encryption_context,
        encryption_algorithm=names.ENCRYPTION_ALGORITHMS.number_if_given(item.encryption_algorithm),
        dry_run=item.dry_run,
    )


def re_encrypt(
    ciphertext_blob: bytes,
    destination_key_id: str,
    *,
    source_key_id: str | None,
    source_encryption_context: Context | None,
    source_encryption_algorithm: str | None,
    destination_encryption_context: Context | None,
    destination_encryption_algorithm: str | None,
    dry_run: bool,
) -> messages.ReEncryptRequest:
    """The request of ReEncrypt."""
    algorithms = names.ENCRYPTION_ALGORITHMS
    return messages.ReEncryptRequest(
        ciphertext_blob=ciphertext_blob,
        destination_key_id=destination_key_id,
        source_key_id=source_key_id or "",
        source_encryption_context=source_encryption_context,
        source_encryption_algorithm=algorithms.number_if_given(source_encryption_algorithm),
        destination_encryption_context=destination_encryption_context,
        destination_encryption_algorithm=algorithms.number_if_given(destination_encryption_algorithm),
        dry_run=dry_run,
    )


def generate_data_key(item: GenerateDataKeyItem) -> messages.GenerateDataKeyRequest:
    """The request of GenerateDataKey: AES_256 unless a length is given."""
    return messages.GenerateDataKeyRequest(
        key_id=item.key_id,
        number_of_bytes=item.number_of_bytes,
        key_spec=_spec_unless(item.number_of_bytes),
        encryption_context=item.encryption_context,
        dry_run=item.dry_run,
    )


def generate_data_key_without_plaintext(
    item: GenerateDataKeyItem,
) -> messages.GenerateDataKeyWithoutPlaintextRequest:
    """The request of GenerateDataKeyWithoutPlaintext: AES_256 unless a length is given."""
    return messages.GenerateDataKeyWithoutPlaintextRequest(
        key_id=item.key_id,
        number_of_bytes=item.number_of_bytes,
        key_spec=_spec_unless(item.number_of_bytes),
        encryption_context=item.encryption_context,
        dry_run=item.dry_run,
    )


def _spec_unless(number_of_bytes: int | None) -> "v1.DataKeySpec.ValueType":
    return v1.DATA_KEY_SPEC_AES_256 if number_of_bytes is None else v1.DATA_KEY_SPEC_UNSPECIFIED
