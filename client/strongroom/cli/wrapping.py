"""Wrapping key material for its way to the service.

The one module of the client that needs `cryptography`; it is loaded by `strongroom key import` only.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_ssh_private_key,
)

_KEY_BYTES = 32
_OPENSSH = b"-----BEGIN OPENSSH PRIVATE KEY-----"
_HASHES: Mapping[str, hashes.SHA1 | hashes.SHA256] = {
    "SHA_1": hashes.SHA1(),  # noqa: S303 # RFC 8017 allows it here: OAEP needs no collision resistance
    "SHA_256": hashes.SHA256(),
}


class NotAKey(Exception):
    """What was given isn't a private key that can be read; the text says what to do."""


def is_encrypted(data: bytes) -> bool:
    """True for a private key that has a passphrase.

    Raises:
        NotAKey: it is OpenSSH's, whose passphrases need a package that isn't there otherwise.
    """
    try:
        _load(data, None)
    except TypeError:
        if _OPENSSH in data:
            raise NotAKey(
                "An OpenSSH key with a passphrase must be converted: ssh-keygen -p -m PKCS8 -f A_COPY_OF_IT"
            ) from None
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False
    return False


def private_key(data: bytes, passphrase: bytes | None) -> bytes:
    """A private key as the service wants it, PKCS #8 in DER (RFC 5958).

    Args:
        data: the key in PEM or DER, in PKCS #8 or in the older form of its own algorithm; or OpenSSH's.
        passphrase: that it is encrypted with, if it is.

    Raises:
        NotAKey: it can't be read.
    """
    try:
        key = _load(data, passphrase)
    except TypeError:
        raise NotAKey("The private key isn't encrypted: give no passphrase.") from None
    except (ValueError, UnsupportedAlgorithm):
        wrong = "The passphrase is wrong, or it" if passphrase else "It"
        raise NotAKey(f"{wrong} isn't a private key in PEM or DER.") from None
    return bytes(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


def _load(data: bytes, passphrase: bytes | None) -> Any:  # noqa: ANN401 # one of `cryptography`'s private keys
    if _OPENSSH in data:
        return load_ssh_private_key(data, passphrase)
    load = load_pem_private_key if b"-----BEGIN " in data else load_der_private_key
    return load(data, passphrase)


def wrap(material: bytes, public_key: bytes, algorithm: str) -> bytes:
    """Wraps key material as AWS KMS has it.

    Args:
        material: the bytes of a secret key, or a private key in PKCS #8.
        public_key: of the service for this import, SubjectPublicKeyInfo in DER.
        algorithm: RSAES_OAEP_SHA_1, RSAES_OAEP_SHA_256, RSA_AES_KEY_WRAP_SHA_1 or RSA_AES_KEY_WRAP_SHA_256.

    Raises:
        NotAKey: it is too long for the algorithm.
    """
    wrapper = load_der_public_key(public_key)
    assert isinstance(wrapper, rsa.RSAPublicKey)  # noqa: S101 # the service's word
    kind, _, hash_name = algorithm.rpartition("_SHA_")
    hash_ = _HASHES[f"SHA_{hash_name}"]
    oaep = padding.OAEP(padding.MGF1(hash_), hash_, None)
    if kind == "RSA_AES_KEY_WRAP":
        between = secrets.token_bytes(_KEY_BYTES)
        return wrapper.encrypt(between, oaep) + aes_key_wrap_with_padding(between, material)
    try:
        return wrapper.encrypt(material, oaep)
    except ValueError:
        raise NotAKey(f"It is too long for {algorithm}: use RSA_AES_KEY_WRAP_SHA_256.") from None
