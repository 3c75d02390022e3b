"""Wrapping key material for import as its owner would, with `cryptography`."""

import os
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_public_key,
)

ALGORITHMS: Mapping[str, hashes.SHA1 | hashes.SHA256] = {
    "RSAES_OAEP_SHA_1": hashes.SHA1(),  # noqa: S303 # AWS KMS's choice
    "RSAES_OAEP_SHA_256": hashes.SHA256(),
    "RSA_AES_KEY_WRAP_SHA_1": hashes.SHA1(),  # noqa: S303 # likewise
    "RSA_AES_KEY_WRAP_SHA_256": hashes.SHA256(),
}


def wrap(spki: bytes, algorithm: str, material: bytes, *, kek: bytes | None = None) -> bytes:
    """Key material wrapped under a public key; `kek` is the AES key between them, if there is one."""
    public_key = load_der_public_key(spki)
    assert isinstance(public_key, rsa.RSAPublicKey)
    hash_ = ALGORITHMS[algorithm]
    oaep = padding.OAEP(padding.MGF1(hash_), hash_, None)
    if algorithm.startswith("RSAES"):
        return public_key.encrypt(material, oaep)
    kek = kek or os.urandom(32)
    return public_key.encrypt(kek, oaep) + aes_key_wrap_with_padding(kek, material)


def pkcs8(private_key: Any) -> bytes:
    """One of `cryptography`'s private keys in PKCS #8, DER."""
    return bytes(private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
