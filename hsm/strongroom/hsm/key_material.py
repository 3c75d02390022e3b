"""Key material outside the token, on its way in: what it must look like, and what PKCS#11 calls its parts."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from asn1crypto.keys import PrivateKeyInfo
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from pkcs11 import Attribute, KeyType

from strongroom.hsm.errors import KeyMaterialRejected
from strongroom.hsm.key_kinds import SHAPES, KeyKind
from strongroom.hsm.public_keys import CURVES

LONGEST_HMAC_KEY_BYTES = 128

_MALFORMED = (ValueError, TypeError, KeyError, UnsupportedAlgorithm)


class Parts(NamedTuple):
    """A key taken apart.

    Args:
        values: the attributes that make it up.
        public_key: of a private key, SubjectPublicKeyInfo in DER; else empty.
    """

    values: Mapping[Attribute, bytes]
    public_key: bytes

    def __repr__(self) -> str:
        return f"Parts({', '.join(name.name for name in self.values)})"


def take_apart(kind: KeyKind, material: bytes) -> Parts:
    """The parts of key material.

    Args:
        kind: what it has to be.
        material: the bytes of a secret key, or a private key in PKCS#8 (RFC 5958), BER or DER; of an elliptic
            curve, the public key that may be in it is passed over and derived anew.

    Raises:
        KeyMaterialRejected: it is something else.
    """
    shape = SHAPES[kind]
    if shape.is_secret:
        require_length(kind, len(material))
        return Parts({Attribute.VALUE: material}, b"")
    try:
        return _READERS[shape.key_type](kind, PrivateKeyInfo.load(material, strict=True))
    except _MALFORMED:
        raise KeyMaterialRejected(
            f"The key material isn't a private key of {kind.value} in PKCS #8 (a named curve, two primes)."
        ) from None


def require_length(kind: KeyKind, length: int) -> None:
    """Returns if a secret key of this kind may have so many bytes.

    Raises:
        KeyMaterialRejected: it may not.
    """
    least = SHAPES[kind].bytes
    most = least if kind is KeyKind.AES_256 else LONGEST_HMAC_KEY_BYTES
    if not least <= length <= most:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        raise KeyMaterialRejected(f"The key material of {kind.value} has to have {wanted} bytes.")


def require_rsa(kind: KeyKind, public_key: rsa.RSAPublicKey) -> None:
    """Returns if an RSA key's modulus is exactly as long as the kind says.

    Raises:
        KeyMaterialRejected: it isn't.
    """
    if public_key.key_size != SHAPES[kind].bits:
        raise KeyMaterialRejected(
            f"The modulus has {public_key.key_size} bits, and {kind.value} wants others."
        )


def _read_rsa(kind: KeyKind, info: PrivateKeyInfo) -> Parts:
    key = load_der_private_key(info.dump(force=True), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError
    require_rsa(kind, key.public_key())
    numbers = key.private_numbers()
    parts = {
        Attribute.MODULUS: numbers.public_numbers.n,
        Attribute.PUBLIC_EXPONENT: numbers.public_numbers.e,
        Attribute.PRIVATE_EXPONENT: numbers.d,
        Attribute.PRIME_1: numbers.p,
        Attribute.PRIME_2: numbers.q,
        Attribute.EXPONENT_1: numbers.dmp1,
        Attribute.EXPONENT_2: numbers.dmq1,
        Attribute.COEFFICIENT: numbers.iqmp,
    }
    values = {name: value.to_bytes(-(-value.bit_length() // 8)) for name, value in parts.items()}
    return Parts(values, _spki(key))


def _read_ec(kind: KeyKind, info: PrivateKeyInfo) -> Parts:
    algorithm = info["private_key_algorithm"]
    parameters = algorithm["parameters"]
    if algorithm["algorithm"].native != "ec" or parameters.name != "named":
        raise ValueError
    if parameters.chosen.contents != SHAPES[kind].curve[2:]:  # both are OIDs; one without tag and length
        raise ValueError
    scalar = info["private_key"].parsed["private_key"].native
    key = ec.derive_private_key(scalar, CURVES[kind])
    values = {Attribute.EC_PARAMS: SHAPES[kind].curve, Attribute.VALUE: scalar.to_bytes(SHAPES[kind].bytes)}
    return Parts(values, _spki(key))


def _read_ed25519(kind: KeyKind, info: PrivateKeyInfo) -> Parts:
    key = load_der_private_key(info.dump(force=True), None)
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise TypeError
    value = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return Parts({Attribute.EC_PARAMS: SHAPES[kind].curve, Attribute.VALUE: value}, _spki(key))


def _spki(key: Any) -> bytes:  # noqa: ANN401 # one of `cryptography`'s private keys
    return bytes(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


_READERS: Mapping[KeyType, Callable[[KeyKind, PrivateKeyInfo], Parts]] = {
    KeyType.RSA: _read_rsa,
    KeyType.EC: _read_ec,
    KeyType.EC_EDWARDS: _read_ed25519,
}
