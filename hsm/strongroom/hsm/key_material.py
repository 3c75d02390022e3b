"""Key material outside the token, on its way in: what it must look like, and what PKCS#11 calls its parts."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from asn1crypto.keys import PrivateKeyInfo
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from pkcs11 import Attribute, KeyType

from strongroom.hsm import public_keys
from strongroom.hsm.errors import KeyMaterialRejected
from strongroom.hsm.key_kinds import SHAPES, KeyKind

LONGEST_HMAC_KEY_BYTES = 128

MOST_EXPONENT_BITS = 64
"""Of a public exponent. FIPS 186-5 §A.1.1 allows 256, but OpenSSL refuses to use one that is longer than this
with a modulus of more than 3,072 bits (`OPENSSL_RSA_MAX_PUBEXP_BITS`), and many verifiers use OpenSSL."""


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
    except KeyMaterialRejected:
        raise
    except Exception:  # noqa: BLE001 # whatever the libraries raise of bytes that somebody sent
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


def longest_rsa_bytes(kind: KeyKind) -> int:
    """The most bytes that a two-prime RSA key of this kind has in PKCS #8 with a short public exponent.

    Modulus, private exponent, and five numbers of half the length, with the encodings around them.
    """
    return 9 * SHAPES[kind].bytes // 2 + 160


def rsa_public_key(kind: KeyKind, modulus: int, exponent: int) -> bytes:
    """The public key (SubjectPublicKeyInfo, DER) of numbers that somebody sent.

    Raises:
        KeyMaterialRejected: no public key of this kind has them, or none that can be used everywhere.
    """
    bits = SHAPES[kind].bits
    if modulus.bit_length() != bits:
        raise KeyMaterialRejected(f"The modulus has {modulus.bit_length()} bits; {kind.value} wants {bits}.")
    if modulus % 2 == 0 or exponent % 2 == 0 or not 1 < exponent < 1 << MOST_EXPONENT_BITS:
        raise KeyMaterialRejected(
            "Modulus and public exponent of an RSA key have to be odd, and the public exponent has at most "
            f"{MOST_EXPONENT_BITS} bits."
        )
    return public_keys.encode(rsa.RSAPublicNumbers(exponent, modulus).public_key())


def _read_rsa(kind: KeyKind, info: PrivateKeyInfo) -> Parts:
    """Sizes are looked at before anything is computed with the numbers: they are whatever somebody sent."""
    if info["private_key_algorithm"]["algorithm"].native != "rsa":
        raise ValueError
    numbers = info["private_key"].parsed.native
    modulus, p, q = numbers["modulus"], numbers["prime1"], numbers["prime2"]
    if numbers["version"] != "two-prime" or numbers["other_prime_infos"] is not None:
        raise ValueError
    public_key = rsa_public_key(kind, modulus, numbers["public_exponent"])
    if {p.bit_length(), q.bit_length()} != {SHAPES[kind].bits // 2} or p * q != modulus or p == q:
        raise ValueError
    _require_exponents(numbers)
    parts = {
        Attribute.MODULUS: modulus,
        Attribute.PUBLIC_EXPONENT: numbers["public_exponent"],
        Attribute.PRIVATE_EXPONENT: numbers["private_exponent"],
        Attribute.PRIME_1: p,
        Attribute.PRIME_2: q,
        Attribute.EXPONENT_1: numbers["exponent1"],
        Attribute.EXPONENT_2: numbers["exponent2"],
        Attribute.COEFFICIENT: numbers["coefficient"],
    }
    values = {name: value.to_bytes(-(-value.bit_length() // 8)) for name, value in parts.items()}
    return Parts(values, public_key)


def _require_exponents(numbers: Mapping[str, int]) -> None:
    """RFC 8017 §3.2: the exponents and the coefficient belong to the primes.

    Whether the primes are prime isn't tested: that would keep the whole process busy for as long as many
    signatures take. The token proves afterwards that the key does what its public key says; beyond that,
    whoever brings a weak key harms himself.
    """
    e, d = numbers["public_exponent"], numbers["private_exponent"]
    p, q = numbers["prime1"], numbers["prime2"]
    belongs = (
        0 < d < numbers["modulus"]
        and e * d % (p - 1) == 1
        and e * d % (q - 1) == 1
        and numbers["exponent1"] == d % (p - 1)
        and numbers["exponent2"] == d % (q - 1)
        and 0 < numbers["coefficient"] < p
        and numbers["coefficient"] * q % p == 1
    )
    if not belongs:
        raise ValueError


def _read_ec(kind: KeyKind, info: PrivateKeyInfo) -> Parts:
    algorithm = info["private_key_algorithm"]
    parameters = algorithm["parameters"]
    if algorithm["algorithm"].native != "ec" or parameters.name != "named":
        raise ValueError
    if parameters.chosen.contents != SHAPES[kind].curve[2:]:  # both are OIDs; one without tag and length
        raise ValueError
    scalar = info["private_key"].parsed["private_key"].native
    key = ec.derive_private_key(scalar, public_keys.CURVES[kind])
    values = {Attribute.EC_PARAMS: SHAPES[kind].curve, Attribute.VALUE: scalar.to_bytes(SHAPES[kind].bytes)}
    return Parts(values, public_keys.encode(key.public_key()))


def _read_ed25519(kind: KeyKind, info: PrivateKeyInfo) -> Parts:
    value = info["private_key"].parsed.native
    if info["private_key_algorithm"]["algorithm"].native != "ed25519" or len(value) != SHAPES[kind].bytes:
        raise ValueError
    public_key = ed25519.Ed25519PrivateKey.from_private_bytes(value).public_key()
    values = {Attribute.EC_PARAMS: SHAPES[kind].curve, Attribute.VALUE: value}
    return Parts(values, public_keys.encode(public_key))


_READERS: Mapping[KeyType, Callable[[KeyKind, PrivateKeyInfo], Parts]] = {
    KeyType.RSA: _read_rsa,
    KeyType.EC: _read_ec,
    KeyType.EC_EDWARDS: _read_ed25519,
}
