"""Data key pairs: made in the token as session objects, read once, destroyed.

The caller asked for the private key, so it may leave the token; nothing of it stays there.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pkcs11
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mlkem, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pkcs11 import Attribute

from strongroom.hsm import public_keys
from strongroom.hsm.errors import HsmFault
from strongroom.hsm.identifiers import KeyPair
from strongroom.hsm.key_generation import generate_pair
from strongroom.hsm.key_kinds import SHAPES, KeyKind
from strongroom.hsm.sessions import PooledSession

_READABLE = {Attribute.PRIVATE: True, Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True}
_RSA_PARTS = (
    Attribute.PRIME_1,
    Attribute.PRIME_2,
    Attribute.PRIVATE_EXPONENT,
    Attribute.EXPONENT_1,
    Attribute.EXPONENT_2,
    Attribute.COEFFICIENT,
    Attribute.PUBLIC_EXPONENT,
    Attribute.MODULUS,
)


def generate(session: PooledSession, kind: KeyKind) -> tuple[Any, bytes]:
    """Makes a pair that can be read: the private object, which goes with its session, and the public key."""
    return generate_pair(session, kind, dict(_READABLE), store=False)


def take(private: Any, kind: KeyKind, public_key: bytes) -> KeyPair:  # noqa: ANN401 # a pkcs11 object
    """Reads a pair's private key, and destroys it.

    Raises:
        HsmFault: what was read isn't the private key of this public key.
    """
    try:
        key = _read(private, kind)
    except (ValueError, TypeError):
        raise HsmFault("The token gave no private key of the kind that was asked for.") from None
    finally:
        with suppress(pkcs11.PKCS11Error):  # it goes with its session
            private.destroy()
    if public_keys.encode(key.public_key()) != public_key:
        raise HsmFault("The token gave a private key that doesn't belong to its public key.")
    return KeyPair(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), public_key)


def _read(private: Any, kind: KeyKind) -> Any:  # noqa: ANN401 # a pkcs11 object; one of `cryptography`'s
    if kind in public_keys.CURVES:
        return ec.derive_private_key(int.from_bytes(private[Attribute.VALUE]), public_keys.CURVES[kind])
    if kind in _FROM_ATTRIBUTE:
        attribute, load = _FROM_ATTRIBUTE[kind]
        return load(bytes(private[attribute]))
    p, q, d, dmp1, dmq1, iqmp, e, n = (int.from_bytes(private[part]) for part in _RSA_PARTS)
    if p * q != n or n.bit_length() != SHAPES[kind].bits:
        raise ValueError
    numbers = rsa.RSAPrivateNumbers(p, q, d, dmp1, dmq1, iqmp, rsa.RSAPublicNumbers(e, n))
    # The token has just made it: proving again that p and q are prime would cost more than making it.
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


_FROM_ATTRIBUTE: Mapping[KeyKind, tuple[Attribute, Callable[[bytes], Any]]] = {
    KeyKind.ED25519: (Attribute.VALUE, ed25519.Ed25519PrivateKey.from_private_bytes),
    KeyKind.ML_KEM_768: (Attribute.SEED, mlkem.MLKEM768PrivateKey.from_seed_bytes),
    KeyKind.ML_KEM_1024: (Attribute.SEED, mlkem.MLKEM1024PrivateKey.from_seed_bytes),
}
