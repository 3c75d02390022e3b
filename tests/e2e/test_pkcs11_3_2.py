"""ML-DSA, ML-KEM and Ed25519ph end to end, on a token with PKCS#11 v3.2."""

import hashlib
import os
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from strongroom.client import Client, errors
from tests.hsm.backends import KRYOPTIC_MODULE, kryoptic
from tests.support.deployments import Deployment

pytestmark = pytest.mark.skipif(
    KRYOPTIC_MODULE not in os.environ, reason=f"{KRYOPTIC_MODULE} doesn't say where Kryoptic's module is"
)

MESSAGE = b"the message"
ML_DSA = "ML_DSA_SHAKE_256"
PH = "ED25519_PH_SHA_512"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    directory = tmp_path_factory.mktemp("kryoptic")
    backend = kryoptic(directory)
    profile = directory / "kryoptic.toml"
    conf = backend.profile.environment["KRYOPTIC_CONF"]
    profile.write_text(
        f'modules = ["{os.environ[KRYOPTIC_MODULE]}"]\nenvironment = {{ KRYOPTIC_CONF = "{conf}" }}\n'
        'error_meanings = { 0x30 = "ambiguous", 0x31 = "ambiguous" }\n'
    )
    deployment = Deployment.make(
        directory / "dev",
        *("--token-profile", str(profile), "--token-label", "test", "--pin", f"file:{directory / 'pin'}"),
    )
    with deployment.served(workers=1), deployment.client() as client:
        yield client


def _mu(spki: Any, message: bytes) -> bytes:
    """FIPS 204 §6.2: the message representative of pure ML-DSA with an empty context."""
    raw = spki.public_bytes(Encoding.Raw, PublicFormat.Raw)
    tr = hashlib.shake_256(raw).digest(64)
    return hashlib.shake_256(tr + bytes(2) + message).digest(64)


@pytest.mark.parametrize(("spec", "size"), [("ML_DSA_44", 2420), ("ML_DSA_65", 3309), ("ML_DSA_87", 4627)])
def test_ml_dsa_signs_messages_and_verifies_their_representatives(
    client: Client, spec: str, size: int
) -> None:
    key = client.create_key(key_spec=spec, key_usage="SIGN_VERIFY")
    assert key.signing_algorithms == (ML_DSA,)
    public: Any = load_der_public_key(client.get_public_key(key.key_id).public_key)
    signature = client.sign(key.key_id, MESSAGE, signing_algorithm=ML_DSA).signature
    assert len(signature) == size
    public.verify(signature, MESSAGE)
    client.verify(key.key_id, MESSAGE, signature, signing_algorithm=ML_DSA)
    mu = _mu(public, MESSAGE)
    client.verify(key.key_id, mu, signature, signing_algorithm=ML_DSA, message_type="EXTERNAL_MU")
    with pytest.raises(errors.InvalidSignature):
        client.verify(key.key_id, mu, signature, signing_algorithm=ML_DSA)
    with pytest.raises(errors.UnsupportedOperation, match="EXTERNAL_MU"):
        client.sign(key.key_id, mu, signing_algorithm=ML_DSA, message_type="EXTERNAL_MU")
    for length in (63, 65):
        with pytest.raises(errors.ValidationError, match="invalid length for EXTERNAL_MU"):
            client.verify(
                key.key_id, bytes(length), signature, signing_algorithm=ML_DSA, message_type="EXTERNAL_MU"
            )
    with pytest.raises(errors.ValidationError, match="DIGEST is not valid"):
        client.sign(key.key_id, bytes(64), signing_algorithm=ML_DSA, message_type="DIGEST")


@pytest.mark.parametrize(("spec", "size"), [("ML_KEM_768", 1088), ("ML_KEM_1024", 1568)])
def test_ml_kem_encapsulates_and_decapsulates(client: Client, spec: str, size: int) -> None:
    key = client.create_key(key_spec=spec, key_usage="ENCAPSULATE_DECAPSULATE")
    made = client.encapsulate(key.key_id)
    assert (len(made.shared_secret), len(made.shared_secret_ciphertext_blob)) == (32, size)
    opened = client.decapsulate(key.key_id, made.shared_secret_ciphertext_blob)
    assert (opened.shared_secret, opened.key_id) == (made.shared_secret, key.arn)
    public: Any = load_der_public_key(client.get_public_key(key.key_id).public_key)
    secret, ciphertext = public.encapsulate()
    assert client.decapsulate(key.key_id, ciphertext).shared_secret == secret
    altered = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
    rejected = client.decapsulate(key.key_id, altered).shared_secret
    assert len(rejected) == 32
    assert rejected != secret
    for wrong in (ciphertext[:-1], ciphertext + b"\0", b"x"):
        with pytest.raises(errors.InvalidCiphertext):
            client.decapsulate(key.key_id, wrong)
        with pytest.raises(errors.InvalidCiphertext):
            client.decapsulate(key.key_id, wrong, dry_run=True)


@pytest.mark.parametrize("spec", ["ML_KEM_768", "ML_KEM_1024"])
def test_an_ml_kem_data_key_pair_is_one(client: Client, spec: str) -> None:
    pair = client.generate_data_key_pair(client.create_key().key_id, spec)
    private: Any = load_der_private_key(pair.private_key_plaintext, None)
    assert (
        private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == pair.public_key
    )


def test_ed25519_has_exactly_two_of_four_combinations(client: Client) -> None:
    key = client.create_key(key_spec="ECC_NIST_EDWARDS25519", key_usage="SIGN_VERIFY")
    assert key.signing_algorithms == ("ED25519_SHA_512", PH)
    digest = hashlib.sha512(MESSAGE).digest()
    signature = client.sign(key.key_id, digest, signing_algorithm=PH, message_type="DIGEST").signature
    client.verify(key.key_id, digest, signature, signing_algorithm=PH, message_type="DIGEST")
    for wrong in (signature[:-1], bytes(64), signature[:-1] + bytes([signature[-1] ^ 1])):
        with pytest.raises(errors.InvalidSignature):
            client.verify(key.key_id, digest, wrong, signing_algorithm=PH, message_type="DIGEST")
    with pytest.raises(errors.InvalidSignature):
        client.verify(key.key_id, digest, signature, signing_algorithm="ED25519_SHA_512")
    pure = client.sign(key.key_id, MESSAGE, signing_algorithm="ED25519_SHA_512").signature
    client.verify(key.key_id, MESSAGE, pure, signing_algorithm="ED25519_SHA_512")
    for algorithm, message_type in ((PH, "RAW"), ("ED25519_SHA_512", "DIGEST")):
        with pytest.raises(errors.ValidationError):
            client.sign(key.key_id, digest, signing_algorithm=algorithm, message_type=message_type)


def test_a_forged_rsa_ciphertext_disturbs_nobody(client: Client) -> None:
    """This token answers it with CKR_DEVICE_ERROR, which otherwise means that it is gone."""
    key = client.create_key(key_spec="RSA_2048", key_usage="ENCRYPT_DECRYPT").key_id
    for algorithm in ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"):
        for _ in range(3):
            with pytest.raises(errors.InvalidCiphertext):
                client.decrypt(os.urandom(256), key_id=key, encryption_algorithm=algorithm)
        blob = client.encrypt(key, b"x", encryption_algorithm=algorithm).ciphertext_blob
        assert client.decrypt(blob, key_id=key, encryption_algorithm=algorithm).plaintext == b"x"
