"""The answers of key agreement, encapsulation and data key pairs."""

from strongroom.client import names
from strongroom.client.results import DataKeyPair, Decapsulated, Encapsulated, SharedSecret
from strongroom.v1 import key_pairs_pb2 as messages


def shared_secret(message: messages.DeriveSharedSecretResponse) -> SharedSecret:
    """The answer of DeriveSharedSecret."""
    algorithm = names.KEY_AGREEMENT_ALGORITHMS.name(message.key_agreement_algorithm)
    origin = names.ORIGINS.name(message.key_origin)
    return SharedSecret(message.shared_secret, message.key_id, algorithm, origin)


def encapsulated(message: messages.EncapsulateResponse) -> Encapsulated:
    """The answer of Encapsulate."""
    algorithm = names.ENCAPSULATION_ALGORITHMS.name(message.encapsulation_algorithm)
    return Encapsulated(
        message.shared_secret, message.shared_secret_ciphertext_blob, message.key_id, algorithm
    )


def decapsulated(message: messages.DecapsulateResponse) -> Decapsulated:
    """The answer of Decapsulate."""
    algorithm = names.ENCAPSULATION_ALGORITHMS.name(message.encapsulation_algorithm)
    return Decapsulated(message.shared_secret, message.key_id, algorithm)


def data_key_pair(message: messages.GenerateDataKeyPairResponse) -> DataKeyPair:
    """The answer of GenerateDataKeyPair."""
    return _data_key_pair(message, message.private_key_plaintext)


def data_key_pair_without_plaintext(
    message: messages.GenerateDataKeyPairWithoutPlaintextResponse,
) -> DataKeyPair:
    """The answer of GenerateDataKeyPairWithoutPlaintext."""
    return _data_key_pair(message, b"")


def _data_key_pair(
    message: messages.GenerateDataKeyPairResponse | messages.GenerateDataKeyPairWithoutPlaintextResponse,
    private_key: bytes,
) -> DataKeyPair:
    return DataKeyPair(
        private_key_plaintext=private_key,
        private_key_ciphertext_blob=message.private_key_ciphertext_blob,
        public_key=message.public_key,
        key_id=message.key_id,
        key_pair_spec=names.DATA_KEY_PAIR_SPECS.name(message.key_pair_spec),
        key_material_id=message.key_material_id,
    )
