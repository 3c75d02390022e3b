"""The requests of key agreement, encapsulation and data key pairs. ValueError for an unknown name."""

from strongroom.client import names
from strongroom.client.items import Context
from strongroom.v1 import key_pairs_pb2 as messages


def derive_shared_secret(
    key_id: str, public_key: bytes, *, key_agreement_algorithm: str, dry_run: bool
) -> messages.DeriveSharedSecretRequest:
    """The request of DeriveSharedSecret."""
    return messages.DeriveSharedSecretRequest(
        key_id=key_id,
        public_key=public_key,
        key_agreement_algorithm=names.KEY_AGREEMENT_ALGORITHMS.number(key_agreement_algorithm),
        dry_run=dry_run,
    )


def encapsulate(key_id: str, *, encapsulation_algorithm: str, dry_run: bool) -> messages.EncapsulateRequest:
    """The request of Encapsulate."""
    return messages.EncapsulateRequest(
        key_id=key_id,
        encapsulation_algorithm=names.ENCAPSULATION_ALGORITHMS.number(encapsulation_algorithm),
        dry_run=dry_run,
    )


def decapsulate(
    key_id: str, shared_secret_ciphertext_blob: bytes, *, encapsulation_algorithm: str, dry_run: bool
) -> messages.DecapsulateRequest:
    """The request of Decapsulate."""
    return messages.DecapsulateRequest(
        key_id=key_id,
        shared_secret_ciphertext_blob=shared_secret_ciphertext_blob,
        encapsulation_algorithm=names.ENCAPSULATION_ALGORITHMS.number(encapsulation_algorithm),
        dry_run=dry_run,
    )


def generate_data_key_pair(
    key_id: str, key_pair_spec: str, *, encryption_context: Context | None, dry_run: bool
) -> messages.GenerateDataKeyPairRequest:
    """The request of GenerateDataKeyPair."""
    return messages.GenerateDataKeyPairRequest(
        key_id=key_id,
        key_pair_spec=names.DATA_KEY_PAIR_SPECS.number(key_pair_spec),
        encryption_context=encryption_context,
        dry_run=dry_run,
    )


def generate_data_key_pair_without_plaintext(
    key_id: str, key_pair_spec: str, *, encryption_context: Context | None, dry_run: bool
) -> messages.GenerateDataKeyPairWithoutPlaintextRequest:
    """The request of GenerateDataKeyPairWithoutPlaintext."""
    return messages.GenerateDataKeyPairWithoutPlaintextRequest(
        key_id=key_id,
        key_pair_spec=names.DATA_KEY_PAIR_SPECS.number(key_pair_spec),
        encryption_context=encryption_context,
        dry_run=dry_run,
    )
