"""Wrapping key material for import as its owner would, with `cryptography`."""

import os
from collections.abc import Mapping
from typing import Any

from asn1crypto import core, keys
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


def pkcs8_of_rsa(**numbers: int) -> bytes:
    """An RSA private key in PKCS #8, DER, with any numbers: `modulus`, `prime1`, … as RFC 8017 §A.1.2 has them."""
    inner = {"version": 0, "public_exponent": 65537, **numbers}
    algorithm = {"algorithm": "rsa", "parameters": core.Null()}
    key = keys.RSAPrivateKey(inner)
    info = {"version": 0, "private_key_algorithm": algorithm, "private_key": key}
    return bytes(keys.PrivateKeyInfo(info).dump())


def rsa_numbers(key: rsa.RSAPrivateKey) -> dict[str, int]:
    """What `pkcs8_of_rsa` makes the same key of."""
    found = key.private_numbers()
    return {
        "modulus": found.public_numbers.n,
        "public_exponent": found.public_numbers.e,
        "private_exponent": found.d,
        "prime1": found.p,
        "prime2": found.q,
        "exponent1": found.dmp1,
        "exponent2": found.dmq1,
        "coefficient": found.iqmp,
    }
