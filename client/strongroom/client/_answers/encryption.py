"""The answers of encryption and data keys."""

from strongroom.client import names
from strongroom.client.results import DataKey, Decrypted, Encrypted, ReEncrypted
from strongroom.v1 import encryption_pb2 as messages

_ALGORITHMS = names.ENCRYPTION_ALGORITHMS


def encrypted(message: messages.EncryptResponse) -> Encrypted:
    """The answer of Encrypt."""
    algorithm = _ALGORITHMS.name(message.encryption_algorithm)
    return Encrypted(message.ciphertext_blob, message.key_id, algorithm)


def decrypted(message: messages.DecryptResponse) -> Decrypted:
    """The answer of Decrypt."""
    algorithm = _ALGORITHMS.name(message.encryption_algorithm)
    return Decrypted(message.plaintext, message.key_id, algorithm, message.key_material_id)


def re_encrypted(message: messages.ReEncryptResponse) -> ReEncrypted:
    """The answer of ReEncrypt."""
    return ReEncrypted(
        ciphertext_blob=message.ciphertext_blob,
        source_key_id=message.source_key_id,
        key_id=message.key_id,
        source_key_material_id=message.source_key_material_id,
        destination_key_material_id=message.destination_key_material_id,
        source_encryption_algorithm=_ALGORITHMS.name(message.source_encryption_algorithm),
        destination_encryption_algorithm=_ALGORITHMS.name(message.destination_encryption_algorithm),
    )


def data_key(message: messages.GenerateDataKeyResponse) -> DataKey:
    """The answer of GenerateDataKey."""
    return DataKey(message.plaintext, message.ciphertext_blob, message.key_id, message.key_material_id)


def data_key_without_plaintext(message: messages.GenerateDataKeyWithoutPlaintextResponse) -> DataKey:
    """The answer of GenerateDataKeyWithoutPlaintext."""
    return DataKey(b"", message.ciphertext_blob, message.key_id, message.key_material_id)
