"""Reads a SubjectPublicKeyInfo (RFC 5280 §4.1) of RSA, of an elliptic curve, or of Ed25519."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from strongroom.cli import der
from strongroom.cli.der import DerError, Reader

_UNCOMPRESSED = b"\x04"
_ED25519_BYTES = 32


@dataclass(frozen=True, slots=True)
class RsaKey:
    """An RSA public key (RFC 8017 §3.1)."""

    modulus: int
    exponent: int


@dataclass(frozen=True, slots=True)
class Curve:
    """A named curve: its object identifier's contents, and its names in JWK and SSH, empty if it has none."""

    oid: bytes
    coordinate_bytes: int
    jwk: str
    ssh: str


@dataclass(frozen=True, slots=True)
class CurveKey:
    """A point on a curve; the coordinates have the field's length, with leading zeros."""

    curve: Curve
    x: bytes
    y: bytes

    @property
    def point(self) -> bytes:
        """The uncompressed point (SEC 1 §2.3.3)."""
        return _UNCOMPRESSED + self.x + self.y


@dataclass(frozen=True, slots=True)
class Ed25519Key:
    """An Ed25519 public key, 32 bytes (RFC 8032 §5.1.5)."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class OtherKey:
    """A key of an algorithm that isn't read here."""


Key = RsaKey | CurveKey | Ed25519Key | OtherKey

_CURVES = {
    curve.oid: curve
    for curve in (
        Curve(bytes.fromhex("2a8648ce3d030107"), 32, "P-256", "nistp256"),  # RFC 5480 §2.1.1.1
        Curve(bytes.fromhex("2b81040022"), 48, "P-384", "nistp384"),
        Curve(bytes.fromhex("2b81040023"), 66, "P-521", "nistp521"),
        Curve(bytes.fromhex("2b8104000a"), 32, "secp256k1", ""),  # SEC 2 §A.2.1; JWK: RFC 8812 §3.1
    )
}


def read(spki: bytes) -> Key:
    """The key in a SubjectPublicKeyInfo.

    Raises:
        DerError: it isn't one.
    """
    outer = Reader(spki)
    info = outer.sequence()
    outer.end()
    algorithm = info.sequence()
    kind = _READERS.get(algorithm.take(der.OBJECT_IDENTIFIER))
    key = info.bit_string()
    info.end()
    return kind(algorithm, key) if kind else OtherKey()


def _rsa(algorithm: Reader, key: bytes) -> RsaKey:
    if algorithm.take(der.NULL):  # RFC 3279 §2.3.1: the parameters are NULL
        raise DerError("NULL has contents.")
    algorithm.end()
    outer = Reader(key)
    numbers = outer.sequence()
    outer.end()
    modulus, exponent = numbers.natural(), numbers.natural()
    numbers.end()
    return RsaKey(modulus, exponent)


def _elliptic_curve(algorithm: Reader, key: bytes) -> CurveKey | OtherKey:
    curve = _CURVES.get(algorithm.take(der.OBJECT_IDENTIFIER))  # RFC 5480 §2.1.1: a named curve
    algorithm.end()
    if curve is None:
        return OtherKey()
    size = curve.coordinate_bytes
    if key[:1] != _UNCOMPRESSED or len(key) != 1 + 2 * size:
        raise DerError("An uncompressed point of the curve was expected.")
    return CurveKey(curve, key[1 : 1 + size], key[1 + size :])


def _ed25519(algorithm: Reader, key: bytes) -> Ed25519Key:
    algorithm.end()  # RFC 8410 §3: the parameters are absent
    if len(key) != _ED25519_BYTES:
        raise DerError(f"{_ED25519_BYTES} bytes were expected.")
    return Ed25519Key(key)


_READERS: Mapping[bytes, Callable[[Reader, bytes], Key]] = {
    bytes.fromhex("2a864886f70d010101"): _rsa,  # rsaEncryption, RFC 3279 §2.3.1
    bytes.fromhex("2a8648ce3d0201"): _elliptic_curve,  # id-ecPublicKey, RFC 5480 §2.1.1
    bytes.fromhex("2b6570"): _ed25519,  # id-Ed25519, RFC 8410 §3
}
