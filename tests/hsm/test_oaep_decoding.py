"""Removing OAEP's encoding outside the token: what another implementation encodes, and nothing else."""

import os

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from strongroom.hsm import CiphertextRejected
from strongroom.hsm.rsa_oaep import decode

HASHES = (hashes.SHA1(), hashes.SHA256())  # noqa: S303 # OAEP's
SIZE = 256


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 8 * SIZE)


def _encoded(key: rsa.RSAPrivateKey, plaintext: bytes, hash_: hashes.SHA1 | hashes.SHA256) -> bytes:
    """What the raw private-key operation gives."""
    sealed = key.public_key().encrypt(plaintext, padding.OAEP(padding.MGF1(hash_), hash_, None))
    numbers = key.private_numbers()
    return pow(int.from_bytes(sealed), numbers.d, numbers.public_numbers.n).to_bytes(SIZE)


@pytest.mark.parametrize("hash_", HASHES, ids=lambda hash_: hash_.name)
def test_every_length_is_decoded(key: rsa.RSAPrivateKey, hash_: hashes.SHA1 | hashes.SHA256) -> None:
    longest = SIZE - 2 * hash_.digest_size - 2
    for length in (*range(5), 32, longest - 1, longest):
        plaintext = os.urandom(length)
        assert decode(_encoded(key, plaintext, hash_), hash_) == plaintext
    for plaintext in (b"\0", b"\1", b"\0\1\0", bytes(longest)):
        assert decode(_encoded(key, plaintext, hash_), hash_) == plaintext


@pytest.mark.parametrize("hash_", HASHES, ids=lambda hash_: hash_.name)
def test_every_altered_byte_is_refused(key: rsa.RSAPrivateKey, hash_: hashes.SHA1 | hashes.SHA256) -> None:
    encoded = _encoded(key, b"plaintext", hash_)
    for index in range(SIZE):
        altered = bytearray(encoded)
        altered[index] ^= 1 << (index % 8)
        try:
            assert decode(bytes(altered), hash_) != b"plaintext"  # a bit of the message itself
        except CiphertextRejected:
            continue
        assert index > SIZE - len(b"plaintext") - 1


@pytest.mark.parametrize("hash_", HASHES, ids=lambda hash_: hash_.name)
def test_what_was_never_encoded_is_refused(hash_: hashes.SHA1 | hashes.SHA256) -> None:
    for encoded in (bytes(SIZE), b"\0" + os.urandom(SIZE - 1), os.urandom(SIZE), b"\xff" * SIZE):
        with pytest.raises(CiphertextRejected):
            decode(encoded, hash_)
