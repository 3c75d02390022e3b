"""Public keys: from the token's attributes to SubjectPublicKeyInfo, and to `cryptography`'s objects."""

from collections.abc import Callable, Mapping
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, mlkem, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from pkcs11 import Attribute

from strongroom.hsm.errors import PublicKeyRejected
from strongroom.hsm.key_kinds import SHAPES, KeyKind

_OCTET_STRING = 0x04
_UNCOMPRESSED = 0x04

CURVES: Mapping[KeyKind, ec.EllipticCurve] = {
    KeyKind.P256: ec.SECP256R1(),
    KeyKind.P384: ec.SECP384R1(),
    KeyKind.P521: ec.SECP521R1(),
    KeyKind.SECP256K1: ec.SECP256K1(),
}
_FROM_RAW: Mapping[KeyKind, Callable[[bytes], Any]] = {
    KeyKind.ED25519: ed25519.Ed25519PublicKey.from_public_bytes,
    KeyKind.ML_DSA_44: mldsa.MLDSA44PublicKey.from_public_bytes,
    KeyKind.ML_DSA_65: mldsa.MLDSA65PublicKey.from_public_bytes,
    KeyKind.ML_DSA_87: mldsa.MLDSA87PublicKey.from_public_bytes,
    KeyKind.ML_KEM_768: mlkem.MLKEM768PublicKey.from_public_bytes,
    KeyKind.ML_KEM_1024: mlkem.MLKEM1024PublicKey.from_public_bytes,
}


def read(key: Any, kind: KeyKind) -> bytes:  # noqa: ANN401 # a pkcs11 public key
    """The SubjectPublicKeyInfo (RFC 5280 §4.1) of a public key object, in DER.

    Raises:
        PublicKeyRejected: the token gave something else than a public key of this kind.
    """
    try:
        found = _read(key, kind)
    except (ValueError, UnsupportedAlgorithm):
        raise PublicKeyRejected("The token gave no public key of the kind that was asked for.") from None
    return encode(found)


def encode(key: Any) -> bytes:  # noqa: ANN401 # one of `cryptography`'s public keys
    """The SubjectPublicKeyInfo (RFC 5280 §4.1), DER."""
    return bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def load(spki: bytes) -> Any:  # noqa: ANN401 # one of `cryptography`'s public keys
    """The public key of a SubjectPublicKeyInfo that `read` gave."""
    return load_der_public_key(spki)


def peer_point(spki: bytes, kind: KeyKind) -> bytes:
    """The uncompressed point of another party's public key on a curve.

    Raises:
        PublicKeyRejected: not a SubjectPublicKeyInfo, not on this curve, or the point at infinity.
    """
    try:
        key = load_der_public_key(spki)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise PublicKeyRejected from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != CURVES[kind].name:
        raise PublicKeyRejected
    return point_of(key)


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """The uncompressed point (SEC 1 §2.3.3)."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _read(key: Any, kind: KeyKind) -> Any:  # noqa: ANN401 # a pkcs11 public key; one of `cryptography`'s
    if kind in CURVES:
        point = _unwrapped(key[Attribute.EC_POINT], 1 + 2 * SHAPES[kind].bytes)
        return ec.EllipticCurvePublicKey.from_encoded_point(CURVES[kind], point)
    if kind is KeyKind.ED25519:
        return _FROM_RAW[kind](_unwrapped(key[Attribute.EC_POINT], SHAPES[kind].bytes))
    if kind in _FROM_RAW:
        return _FROM_RAW[kind](key[Attribute.VALUE])
    numbers = rsa.RSAPublicNumbers(
        int.from_bytes(key[Attribute.PUBLIC_EXPONENT]), int.from_bytes(key[Attribute.MODULUS])
    )
    if numbers.n.bit_length() != SHAPES[kind].bits:
        raise ValueError
    return numbers.public_key()


def _unwrapped(point: bytes, length: int) -> bytes:
    """CKA_EC_POINT is an OCTET STRING in DER (PKCS#11 v3.1 §6.3.3); some tokens leave the wrapping out."""
    if len(point) == length:
        return point
    if point[:1] != bytes([_OCTET_STRING]) or len(point) < length:
        raise ValueError
    return point[-length:]
