"""Published keys: as the service's kinds, as PKCS#11's attributes, and as SubjectPublicKeyInfo."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import Attribute

from strongroom.hsm import KeyKind
from strongroom.v1 import resources_pb2 as v1
from tests.vectors.parsing import Vector

Hash = hashes.SHA1 | hashes.SHA224 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512

HASHES: Mapping[str, Hash] = {
    "SHA1": hashes.SHA1(),  # noqa: S303 # old vectors
    "SHA224": hashes.SHA224(),
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}
RSA_KINDS: Mapping[int, KeyKind] = {2048: KeyKind.RSA_2048, 3072: KeyKind.RSA_3072, 4096: KeyKind.RSA_4096}


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve that the service offers for signatures.

    Args:
        algorithm: the only one that its keys sign with.
        hash: the algorithm's.
    """

    kind: KeyKind
    curve: ec.EllipticCurve
    algorithm: "v1.SigningAlgorithm.ValueType"
    hash: Hash

    @property
    def coordinate_bytes(self) -> int:
        return (self.curve.key_size + 7) // 8

    def public_key(self, x: str, y: str) -> ec.EllipticCurvePublicKey:
        """The key of two coordinates in hex; ValueError if that is no point of the curve."""
        return ec.EllipticCurvePublicNumbers(int(x, 16), int(y, 16), self.curve).public_key()

    def value(self, d: int) -> Mapping[Attribute, bytes]:
        """CKA_VALUE of a private key (PKCS#11 v3.1 §6.3.4)."""
        return {Attribute.VALUE: d.to_bytes(self.coordinate_bytes)}


CURVES: Mapping[str, Curve] = {
    "P-256": Curve(KeyKind.P256, ec.SECP256R1(), v1.SIGNING_ALGORITHM_ECDSA_SHA_256, hashes.SHA256()),
    "P-384": Curve(KeyKind.P384, ec.SECP384R1(), v1.SIGNING_ALGORITHM_ECDSA_SHA_384, hashes.SHA384()),
    "P-521": Curve(KeyKind.P521, ec.SECP521R1(), v1.SIGNING_ALGORITHM_ECDSA_SHA_512, hashes.SHA512()),
    "K-256": Curve(KeyKind.SECP256K1, ec.SECP256K1(), v1.SIGNING_ALGORITHM_ECDSA_SHA_256, hashes.SHA256()),
}


def digest_of(hash_: Hash, message: bytes) -> bytes:
    """The digest of a message."""
    digest = hashes.Hash(hash_)
    digest.update(message)
    return digest.finalize()


def spki_of(public_key: Any) -> bytes:
    """SubjectPublicKeyInfo in DER: the check of a pair."""
    return bytes(public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def cavs_rsa_public(vector: Vector) -> rsa.RSAPublicKey:
    """The public key of a vector of NIST's CAVS."""
    return rsa.RSAPublicNumbers(int(vector["e"], 16), int(vector["n"], 16)).public_key()


def cavs_rsa_private(vector: Vector) -> rsa.RSAPrivateNumbers:
    """The private key of a vector that gives n, e and d."""
    n, e, d = (int(vector[name], 16) for name in ("n", "e", "d"))
    p, q = rsa.rsa_recover_prime_factors(n, e, d)
    return _rsa_private(n, e, d, p, q)


def headed_rsa_private(vector: Vector) -> rsa.RSAPrivateNumbers:
    """The private key of a vector of RSA Laboratories."""
    names = ("modulus", "public exponent", "exponent", "prime 1", "prime 2")
    return _rsa_private(*(int(vector[name], 16) for name in names))


def rsa_value(numbers: rsa.RSAPrivateNumbers) -> Mapping[Attribute, bytes]:
    """The attributes of a private key (PKCS#11 v3.1 §6.1.3)."""
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
    return {name: value.to_bytes(-(-value.bit_length() // 8)) for name, value in parts.items()}


def _rsa_private(n: int, e: int, d: int, p: int, q: int) -> rsa.RSAPrivateNumbers:
    public = rsa.RSAPublicNumbers(e, n)
    return rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public
    )


def private_key(kind: KeyKind, value: Mapping[Attribute, bytes]) -> Any:
    """`cryptography`'s private key of PKCS#11's attributes; None if there is no such key."""
    try:
        return _private_key(kind, value)
    except ValueError:
        return None


def _private_key(kind: KeyKind, value: Mapping[Attribute, bytes]) -> Any:
    if kind is KeyKind.ED25519:
        return ed25519.Ed25519PrivateKey.from_private_bytes(value[Attribute.VALUE])
    for curve in CURVES.values():
        if curve.kind is kind:
            return ec.derive_private_key(int.from_bytes(value[Attribute.VALUE]), curve.curve)
    n, e, d = (
        int.from_bytes(value[name])
        for name in (Attribute.MODULUS, Attribute.PUBLIC_EXPONENT, Attribute.PRIVATE_EXPONENT)
    )
    p, q = rsa.rsa_recover_prime_factors(n, e, d)
    numbers = rsa.RSAPrivateNumbers(
        p,
        q,
        d,
        rsa.rsa_crt_dmp1(d, p),
        rsa.rsa_crt_dmq1(d, q),
        rsa.rsa_crt_iqmp(p, q),
        rsa.RSAPublicNumbers(e, n),
    )
    return numbers.private_key()
