"""Signing in the token; verifying, which needs only public data, outside it.

Messages are hashed outside the token, so that a message and its digest take one way: the token signs digests
by CKM_RSA_PKCS, CKM_RSA_PKCS_PSS and CKM_ECDSA. Ed25519 and ML-DSA sign messages.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from pkcs11 import MGF, Mechanism

from strongroom.hsm.errors import MechanismUnsupported, SignatureRejected
from strongroom.hsm.sessions import PooledSession


class SigningAlgorithm(Enum):
    """AWS KMS's signing algorithms."""

    RSASSA_PSS_SHA_256 = "RSASSA_PSS_SHA_256"
    RSASSA_PSS_SHA_384 = "RSASSA_PSS_SHA_384"
    RSASSA_PSS_SHA_512 = "RSASSA_PSS_SHA_512"
    RSASSA_PKCS1_V1_5_SHA_256 = "RSASSA_PKCS1_V1_5_SHA_256"
    RSASSA_PKCS1_V1_5_SHA_384 = "RSASSA_PKCS1_V1_5_SHA_384"
    RSASSA_PKCS1_V1_5_SHA_512 = "RSASSA_PKCS1_V1_5_SHA_512"
    ECDSA_SHA_256 = "ECDSA_SHA_256"
    ECDSA_SHA_384 = "ECDSA_SHA_384"
    ECDSA_SHA_512 = "ECDSA_SHA_512"
    ED25519_SHA_512 = "ED25519_SHA_512"
    ED25519_PH_SHA_512 = "ED25519_PH_SHA_512"
    ML_DSA_SHAKE_256 = "ML_DSA_SHAKE_256"
    SM2DSA = "SM2DSA"


_Hash = hashes.SHA256 | hashes.SHA384 | hashes.SHA512
_LONGEST_BYTES = 4627  # ML-DSA-87

# DER of DigestInfo before the digest (RFC 8017 §9.2, note 1).
_DIGEST_INFO: Mapping[str, bytes] = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
_PSS: Mapping[str, tuple[Mechanism, MGF]] = {
    "sha256": (Mechanism.SHA256, MGF.SHA256),
    "sha384": (Mechanism.SHA384, MGF.SHA384),
    "sha512": (Mechanism.SHA512, MGF.SHA512),
}


@dataclass(frozen=True, slots=True)
class Scheme:
    """How an algorithm signs and verifies.

    Args:
        hash: of the message; None if the message itself is signed.
        sign: makes the token sign a digest or message.
        verify: raises InvalidSignature; takes the public key, the signature, and the digest or message.
    """

    hash: _Hash | None
    sign: Callable[[Any, bytes], bytes]
    verify: Callable[[Any, bytes, bytes], None]


def _pkcs1(hash_: _Hash) -> Scheme:
    prefix = _DIGEST_INFO[hash_.name]

    def sign(key: Any, digest: bytes) -> bytes:  # noqa: ANN401 # a bound key
        return bytes(key._sign(prefix + digest, Mechanism.RSA_PKCS, None, None, _LONGEST_BYTES))  # noqa: SLF001

    def verify(key: Any, signature: bytes, digest: bytes) -> None:  # noqa: ANN401 # an RSAPublicKey
        key.verify(signature, digest, padding.PKCS1v15(), Prehashed(hash_))

    return Scheme(hash_, sign, verify)


def _pss(hash_: _Hash) -> Scheme:
    parameters = (*_PSS[hash_.name], hash_.digest_size)
    encoding = padding.PSS(padding.MGF1(hash_), hash_.digest_size)

    def sign(key: Any, digest: bytes) -> bytes:  # noqa: ANN401 # a bound key
        return bytes(key._sign(digest, Mechanism.RSA_PKCS_PSS, parameters, None, _LONGEST_BYTES))  # noqa: SLF001

    def verify(key: Any, signature: bytes, digest: bytes) -> None:  # noqa: ANN401 # an RSAPublicKey
        key.verify(signature, digest, encoding, Prehashed(hash_))

    return Scheme(hash_, sign, verify)


def _ecdsa(hash_: _Hash) -> Scheme:
    encoding = ec.ECDSA(Prehashed(hash_))

    def sign(key: Any, digest: bytes) -> bytes:  # noqa: ANN401 # a bound key
        raw = key._sign(digest, Mechanism.ECDSA, None, None, _LONGEST_BYTES)  # noqa: SLF001
        half = len(raw) // 2  # r and s have the order's length (PKCS#11 v3.1 §6.3.1)
        return encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))

    def verify(key: Any, signature: bytes, digest: bytes) -> None:  # noqa: ANN401 # an EC public key
        key.verify(signature, digest, encoding)

    return Scheme(hash_, sign, verify)


def _of_messages(mechanism: Mechanism, parameter: Any = None) -> Scheme:  # noqa: ANN401 # python-pkcs11's
    def sign(key: Any, message: bytes) -> bytes:  # noqa: ANN401 # a bound key
        return bytes(key._sign(message, mechanism, parameter, None, _LONGEST_BYTES))  # noqa: SLF001

    def verify(key: Any, signature: bytes, message: bytes) -> None:  # noqa: ANN401 # a public key
        key.verify(signature, message)

    return Scheme(None, sign, verify)


def _ed25519ph() -> Scheme:
    """Ed25519ph (RFC 8032 §5.1) without context; the token hashes what it gets."""

    def verify(key: Any, signature: bytes, message: bytes) -> None:  # noqa: ANN401, ARG001
        raise MechanismUnsupported("Ed25519ph is verified by the token alone.")

    return Scheme(None, _of_messages(Mechanism.EDDSA, (True, None)).sign, verify)


SCHEMES: Mapping[SigningAlgorithm, Scheme] = {
    SigningAlgorithm.RSASSA_PSS_SHA_256: _pss(hashes.SHA256()),
    SigningAlgorithm.RSASSA_PSS_SHA_384: _pss(hashes.SHA384()),
    SigningAlgorithm.RSASSA_PSS_SHA_512: _pss(hashes.SHA512()),
    SigningAlgorithm.RSASSA_PKCS1_V1_5_SHA_256: _pkcs1(hashes.SHA256()),
    SigningAlgorithm.RSASSA_PKCS1_V1_5_SHA_384: _pkcs1(hashes.SHA384()),
    SigningAlgorithm.RSASSA_PKCS1_V1_5_SHA_512: _pkcs1(hashes.SHA512()),
    SigningAlgorithm.ECDSA_SHA_256: _ecdsa(hashes.SHA256()),
    SigningAlgorithm.ECDSA_SHA_384: _ecdsa(hashes.SHA384()),
    SigningAlgorithm.ECDSA_SHA_512: _ecdsa(hashes.SHA512()),
    SigningAlgorithm.ED25519_SHA_512: _of_messages(Mechanism.EDDSA),
    SigningAlgorithm.ED25519_PH_SHA_512: _ed25519ph(),
    SigningAlgorithm.ML_DSA_SHAKE_256: _of_messages(Mechanism.ML_DSA),
}


def prepared(algorithm: SigningAlgorithm, message: bytes) -> bytes:
    """What the token signs of a message: its digest, or the message itself."""
    hash_ = SCHEMES[algorithm].hash
    if hash_ is None:
        return message
    digest = hashes.Hash(hash_)
    digest.update(message)
    return digest.finalize()


def sign(session: PooledSession, handle: int, algorithm: SigningAlgorithm, prepared: bytes) -> bytes:
    """Signs a prepared message; ECDSA in DER (RFC 3279 §2.2.3), all others as their standards say."""
    key = session.key
    key.handle = handle
    return SCHEMES[algorithm].sign(key, prepared)


def verify(public_key: Any, algorithm: SigningAlgorithm, signature: bytes, prepared: bytes) -> None:  # noqa: ANN401
    """Returns if a signature is one of this key over a prepared message.

    Args:
        public_key: of `cryptography`.
        algorithm: how it was signed.
        signature: as `sign` gives it.
        prepared: as `prepared` gives it.

    Raises:
        SignatureRejected: it isn't, or isn't a signature at all.
    """
    try:
        SCHEMES[algorithm].verify(public_key, signature, prepared)
    except InvalidSignature:
        raise SignatureRejected from None


def verify_mu(public_key: Any, signature: bytes, mu: bytes) -> None:  # noqa: ANN401 # an ML-DSA public key
    """Likewise for ML-DSA and a message representative of 64 bytes (FIPS 204 §6.2).

    Raises:
        SignatureRejected: it isn't one.
    """
    try:
        public_key.verify_mu(signature, mu)
    except InvalidSignature:
        raise SignatureRejected from None
