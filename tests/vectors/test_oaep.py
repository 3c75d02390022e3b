"""RSAES-OAEP: RSA Laboratories' vectors, pyca's with other hashes, BoringSSL's with a label."""

from collections import Counter
from collections.abc import Mapping

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key

from strongroom.hsm import KeyPurpose
from strongroom.server.core.errors import InvalidCiphertext
from strongroom.v1 import encryption_pb2 as messages
from strongroom.v1 import resources_pb2 as v1
from tests.vectors.keys import RSA_KINDS, headed_rsa_private, rsa_value, spki_of
from tests.vectors.parsing import assignments, headed
from tests.vectors.service import Service

RSA = "asymmetric/RSA"
SMALL = "the modulus is shorter than 2048 bits"
NAMES = ("sha1", "sha224", "sha256", "sha384", "sha512")
MIXED = [
    f"oaep-custom/oaep-{mgf}-{hash_}.txt"
    for mgf in NAMES
    for hash_ in NAMES
    if (mgf, hash_) not in {("sha1", "sha1"), ("sha256", "sha256")}
]
SHA_1 = v1.ENCRYPTION_ALGORITHM_RSAES_OAEP_SHA_1
SHA_256 = v1.ENCRYPTION_ALGORITHM_RSAES_OAEP_SHA_256
ALGORITHMS: Mapping["v1.EncryptionAlgorithm.ValueType", hashes.SHA1 | hashes.SHA256] = {
    SHA_1: hashes.SHA1(),  # noqa: S303 # OAEP's
    SHA_256: hashes.SHA256(),
}


class _Keys:
    """Planted keys, each planted once: a key has several vectors."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._ids: dict[int, str] = {}

    def planted(self, numbers: rsa.RSAPrivateNumbers) -> str:
        public = numbers.public_numbers
        if public.n not in self._ids:
            kind, spki = RSA_KINDS[public.n.bit_length()], spki_of(public.public_key())
            value = rsa_value(numbers)
            self._ids[public.n] = self._service.plant_private(kind, KeyPurpose.ENCRYPT, value, spki)
        return self._ids[public.n]


def _decryption(
    key_id: str, algorithm: "v1.EncryptionAlgorithm.ValueType", ciphertext: bytes
) -> messages.DecryptRequest:
    return messages.DecryptRequest(key_id=key_id, encryption_algorithm=algorithm, ciphertext_blob=ciphertext)


def _require_refusal(service: Service, key_id: str, ciphertext: bytes, where: str) -> None:
    for algorithm in ALGORITHMS:
        service.refused(_decryption(key_id, algorithm, ciphertext), InvalidCiphertext, where)


@pytest.mark.parametrize(
    ("path", "algorithm", "counts"),
    [
        ("pkcs-1v2-1d2-vec/oaep-vect.txt", SHA_1, {"decrypted": 6, SMALL: 54}),
        ("oaep-custom/oaep-sha256-sha256.txt", SHA_256, {"decrypted": 60}),
    ],
)
def test_published_ciphertexts_are_decrypted(
    service: Service, path: str, algorithm: "v1.EncryptionAlgorithm.ValueType", counts: dict[str, int]
) -> None:
    """And with the other hash, cut or altered refused; what Encrypt gives, another implementation decrypts."""
    keys, seen, hash_ = _Keys(service), Counter[str](), ALGORITHMS[algorithm]
    (other,) = ALGORITHMS.keys() - {algorithm}
    for number, vector in enumerate(headed(f"{RSA}/{path}", "encryption"), 1):
        where, numbers = f"{path} #{number}", headed_rsa_private(vector)
        if numbers.public_numbers.n.bit_length() not in RSA_KINDS:
            seen[SMALL] += 1
            continue
        key_id, ciphertext = keys.planted(numbers), bytes.fromhex(vector["encryption"])
        plaintext = bytes.fromhex(vector["message"])
        assert service.answered(_decryption(key_id, algorithm, ciphertext), where).plaintext == plaintext, (
            where
        )
        service.refused(_decryption(key_id, other, ciphertext), InvalidCiphertext, where)
        for altered in (ciphertext[:-1], ciphertext + b"\0", ciphertext[:-1] + bytes([ciphertext[-1] ^ 1])):
            service.refused(_decryption(key_id, algorithm, altered), InvalidCiphertext, where)
        encryption = messages.EncryptRequest(
            key_id=key_id, encryption_algorithm=algorithm, plaintext=plaintext
        )
        encrypted = service.answered(encryption, where).ciphertext_blob
        encoding = padding.OAEP(padding.MGF1(hash_), hash_, None)
        assert numbers.private_key().decrypt(encrypted, encoding) == plaintext, where
        seen["decrypted"] += 1
    assert seen == counts


@pytest.mark.parametrize("path", MIXED)
def test_ciphertexts_of_other_hashes_are_refused(service: Service, path: str) -> None:
    keys, seen = _Keys(service), Counter[str]()
    for number, vector in enumerate(headed(f"{RSA}/{path}", "encryption"), 1):
        key_id = keys.planted(headed_rsa_private(vector))
        _require_refusal(service, key_id, bytes.fromhex(vector["encryption"]), f"{path} #{number}")
        seen["refused"] += 1
    service.remove_planted()
    assert seen == {"refused": 60}


def test_pkcs1_ciphertexts_are_refused(service: Service) -> None:
    keys, seen = _Keys(service), Counter[str]()
    path = "pkcs1v15crypt-vectors.txt"
    for number, vector in enumerate(headed(f"{RSA}/{path}", "encryption"), 1):
        numbers = headed_rsa_private(vector)
        if numbers.public_numbers.n.bit_length() not in RSA_KINDS:
            seen[SMALL] += 1
            continue
        ciphertext = bytes.fromhex(vector["encryption"])
        _require_refusal(service, keys.planted(numbers), ciphertext, f"{path} #{number}")
        seen["refused"] += 1
    assert seen == {"refused": 20, SMALL: 280}


def test_a_ciphertext_with_a_label_is_refused(service: Service) -> None:
    keys, seen = _Keys(service), Counter[str]()
    path = "oaep-label.txt"
    for number, vector in enumerate(assignments(f"{RSA}/{path}", "Output"), 1):
        key = load_der_private_key(bytes.fromhex(vector["KEY"]), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        key_id = keys.planted(key.private_numbers())
        _require_refusal(service, key_id, bytes.fromhex(vector["Input"]), f"{path} #{number}")
        seen["refused"] += 1
    assert seen == {"refused": 1}
