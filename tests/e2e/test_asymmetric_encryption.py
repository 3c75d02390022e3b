"""Encrypt, Decrypt and ReEncrypt with RSA keys, and between RSA and symmetric keys."""

import os
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

from strongroom.client import Client, KeyMetadata, errors

SYMMETRIC = "SYMMETRIC_DEFAULT"
# kms-semantics §3.2
LONGEST = {
    ("RSA_2048", "RSAES_OAEP_SHA_1"): 214,
    ("RSA_3072", "RSAES_OAEP_SHA_1"): 342,
    ("RSA_4096", "RSAES_OAEP_SHA_1"): 470,
    ("RSA_2048", "RSAES_OAEP_SHA_256"): 190,
    ("RSA_3072", "RSAES_OAEP_SHA_256"): 318,
    ("RSA_4096", "RSAES_OAEP_SHA_256"): 446,
}
HASHES: dict[str, Any] = {"RSAES_OAEP_SHA_1": hashes.SHA1(), "RSAES_OAEP_SHA_256": hashes.SHA256()}  # noqa: S303
SHA_256 = "RSAES_OAEP_SHA_256"


@pytest.fixture(scope="module")
def rsa_keys(service: Any) -> dict[str, KeyMetadata]:
    with service.deployment.client() as client:
        return {spec: client.create_key(key_spec=spec, key_usage="ENCRYPT_DECRYPT") for spec, _ in LONGEST}


@pytest.mark.parametrize(("spec", "algorithm"), LONGEST, ids=" ".join)
def test_up_to_the_limit_is_encrypted_and_no_byte_more(
    client: Client, rsa_keys: dict[str, KeyMetadata], spec: str, algorithm: str
) -> None:
    key, longest = rsa_keys[spec], LONGEST[spec, algorithm]
    for length in (1, longest):
        plaintext = os.urandom(length)
        sealed = client.encrypt(key.key_id, plaintext, encryption_algorithm=algorithm)
        assert (sealed.key_id, sealed.encryption_algorithm) == (key.arn, algorithm)
        assert len(sealed.ciphertext_blob) == int(spec[-4:]) // 8
        opened = client.decrypt(sealed.ciphertext_blob, key_id=key.arn, encryption_algorithm=algorithm)
        assert (opened.plaintext, opened.key_material_id) == (plaintext, "")
    text = f"Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than {longest} bytes."
    for dry_run in (False, True):
        with pytest.raises(errors.ValidationError, match=text):
            client.encrypt(key.key_id, bytes(longest + 1), encryption_algorithm=algorithm, dry_run=dry_run)


@pytest.mark.parametrize(("spec", "algorithm"), LONGEST, ids=" ".join)
def test_what_was_encrypted_offline_is_decrypted(
    client: Client, rsa_keys: dict[str, KeyMetadata], spec: str, algorithm: str
) -> None:
    key_id, hash_ = rsa_keys[spec].key_id, HASHES[algorithm]
    public_key: Any = load_der_public_key(client.get_public_key(key_id).public_key)
    for length in (1, LONGEST[spec, algorithm]):
        plaintext = os.urandom(length)
        sealed = public_key.encrypt(plaintext, padding.OAEP(padding.MGF1(hash_), hash_, None))
        opened = client.decrypt(sealed, key_id=key_id, encryption_algorithm=algorithm)
        assert opened.plaintext == plaintext


@pytest.mark.parametrize("algorithm", HASHES)
def test_whatever_is_altered_is_one_invalid_ciphertext_without_text(
    client: Client, rsa_keys: dict[str, KeyMetadata], algorithm: str
) -> None:
    key_id = rsa_keys["RSA_2048"].key_id
    other = next(a for a in HASHES if a != algorithm)
    blob = client.encrypt(key_id, b"x", encryption_algorithm=algorithm).ciphertext_blob
    symmetric = client.create_key().key_id
    for wrong in (
        blob[:-1],
        blob + b"\0",
        bytes([blob[0] ^ 1]) + blob[1:],
        blob[:-1] + bytes([blob[-1] ^ 1]),
        bytes(256),
        b"\xff" * 256,
        b"x",
        bytes(6144),
        client.encrypt(key_id, b"x", encryption_algorithm=other).ciphertext_blob,
        client.encrypt(symmetric, b"x").ciphertext_blob,
    ):
        with pytest.raises(errors.InvalidCiphertext) as caught:
            client.decrypt(wrong, key_id=key_id, encryption_algorithm=algorithm)
        assert caught.value.reason == "INVALID_CIPHERTEXT"


def test_a_dry_run_tells_that_a_ciphertext_has_the_wrong_length(
    client: Client, rsa_keys: dict[str, KeyMetadata]
) -> None:
    key_id = rsa_keys["RSA_2048"].key_id
    with pytest.raises(errors.InvalidCiphertext):
        client.decrypt(b"x", key_id=key_id, encryption_algorithm=SHA_256, dry_run=True)


def test_a_ciphertext_of_nothing_is_invalid(client: Client, rsa_keys: dict[str, KeyMetadata]) -> None:
    key_id = rsa_keys["RSA_2048"].key_id
    public_key: Any = load_der_public_key(client.get_public_key(key_id).public_key)
    for algorithm, hash_ in HASHES.items():
        sealed = public_key.encrypt(b"", padding.OAEP(padding.MGF1(hash_), hash_, None))
        with pytest.raises(errors.InvalidCiphertext):
            client.decrypt(sealed, key_id=key_id, encryption_algorithm=algorithm)


def test_a_context_goes_with_symmetric_keys_alone(client: Client, rsa_keys: dict[str, KeyMetadata]) -> None:
    key_id, context = rsa_keys["RSA_2048"].key_id, {"a": "b"}
    blob = client.encrypt(key_id, b"x", encryption_algorithm=SHA_256).ciphertext_blob
    for call in (
        lambda: client.encrypt(key_id, b"x", encryption_algorithm=SHA_256, encryption_context=context),
        lambda: client.decrypt(blob, key_id=key_id, encryption_algorithm=SHA_256, encryption_context=context),
    ):
        with pytest.raises(errors.ValidationError, match="symmetric keys only"):
            call()


def test_algorithm_and_key_must_go_together(client: Client, rsa_keys: dict[str, KeyMetadata]) -> None:
    rsa, symmetric = rsa_keys["RSA_2048"].key_id, client.create_key().key_id
    blob = client.encrypt(symmetric, b"x").ciphertext_blob
    sealed = client.encrypt(rsa, b"x", encryption_algorithm=SHA_256).ciphertext_blob
    with pytest.raises(
        errors.AlgorithmMismatch, match="SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048"
    ):
        client.encrypt(rsa, b"x")
    with pytest.raises(
        errors.AlgorithmMismatch, match="SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048"
    ):
        client.decrypt(sealed, key_id=rsa)
    with pytest.raises(
        errors.AlgorithmMismatch, match=f"{SHA_256} is incompatible with key spec SYMMETRIC_DEFAULT"
    ):
        client.encrypt(symmetric, b"x", encryption_algorithm=SHA_256)
    with pytest.raises(errors.AlgorithmMismatch):
        client.decrypt(blob, key_id=symmetric, encryption_algorithm=SHA_256)
    with pytest.raises(errors.IncorrectKey):
        client.decrypt(blob, key_id=rsa)
    with pytest.raises(errors.ValidationError, match="A key must be named"):
        client.decrypt(sealed, encryption_algorithm=SHA_256)
    with pytest.raises(errors.ValidationError, match="A key must be named"):
        client.decrypt(sealed, encryption_algorithm="SM2PKE")


def test_a_signing_key_or_an_hmac_key_encrypts_nothing(client: Client) -> None:
    for spec, usage in (("RSA_2048", "SIGN_VERIFY"), ("HMAC_256", "GENERATE_VERIFY_MAC")):
        key_id = client.create_key(key_spec=spec, key_usage=usage).key_id
        blob = client.encrypt(client.create_key().key_id, b"x").ciphertext_blob
        for call in (
            lambda: client.encrypt(key_id, b"x", encryption_algorithm=SHA_256),
            lambda: client.decrypt(bytes(256), key_id=key_id, encryption_algorithm=SHA_256),
            lambda: client.generate_data_key(key_id),
        ):
            with pytest.raises(errors.InvalidKeyUsage):
                call()
        with pytest.raises(errors.IncorrectKey):  # before any complaint about its usage
            client.decrypt(blob, key_id=key_id)


def test_an_rsa_key_makes_no_data_keys(client: Client, rsa_keys: dict[str, KeyMetadata]) -> None:
    for call in (client.generate_data_key, client.generate_data_key_without_plaintext):
        with pytest.raises(errors.AlgorithmMismatch):
            call(rsa_keys["RSA_2048"].key_id)


def test_re_encryption_goes_between_all_kinds(client: Client, rsa_keys: dict[str, KeyMetadata]) -> None:
    symmetric, rsa = client.create_key(), rsa_keys["RSA_3072"]
    context = {"a": "b"}
    blob = client.encrypt(symmetric.key_id, b"plaintext", encryption_context=context).ciphertext_blob
    to_rsa = client.re_encrypt(
        blob,
        rsa.key_id,
        source_encryption_context=context,
        destination_encryption_algorithm=SHA_256,
    )
    assert (to_rsa.source_key_id, to_rsa.key_id) == (symmetric.arn, rsa.arn)
    assert to_rsa.source_key_material_id == symmetric.current_key_material_id
    assert to_rsa.destination_key_material_id == ""
    assert to_rsa.destination_encryption_algorithm == SHA_256
    other = client.re_encrypt(
        to_rsa.ciphertext_blob,
        rsa_keys["RSA_2048"].key_id,
        source_key_id=rsa.key_id,
        source_encryption_algorithm=SHA_256,
        destination_encryption_algorithm="RSAES_OAEP_SHA_1",
    )
    back = client.re_encrypt(
        other.ciphertext_blob,
        symmetric.key_id,
        source_key_id=rsa_keys["RSA_2048"].key_id,
        source_encryption_algorithm="RSAES_OAEP_SHA_1",
        destination_encryption_context={"c": "d"},
    )
    opened = client.decrypt(back.ciphertext_blob, encryption_context={"c": "d"})
    assert opened.plaintext == b"plaintext"


def test_what_is_too_long_for_the_destination_is_refused(
    client: Client, rsa_keys: dict[str, KeyMetadata]
) -> None:
    blob = client.encrypt(client.create_key().key_id, bytes(191)).ciphertext_blob
    with pytest.raises(errors.ValidationError, match="larger than 190 bytes"):
        client.re_encrypt(blob, rsa_keys["RSA_2048"].key_id, destination_encryption_algorithm=SHA_256)
