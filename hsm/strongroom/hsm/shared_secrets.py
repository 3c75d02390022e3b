"""Secrets that two parties share: ECDH and ML-KEM, on one session.

The secret is what the caller asked for, so it is made as a readable session object, read, and destroyed.
"""

from contextlib import suppress
from typing import Any

import pkcs11
from pkcs11 import KDF, Attribute, KeyType, Mechanism, MechanismFlag

from strongroom.hsm.key_kinds import SHAPES, KeyKind
from strongroom.hsm.sessions import PooledSession

KEM_SECRET_BYTES = 32  # FIPS 203 §3.2

_READABLE = {Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True, Attribute.PRIVATE: False}
_NO_USAGE = MechanismFlag(0)


def agree(session: PooledSession, handle: int, kind: KeyKind, point: bytes) -> bytes:
    """The x coordinate of the shared point, with its leading zeros (NIST SP 800-56A r3 §5.7.1.2).

    All curves offered have cofactor 1, so CKM_ECDH1_DERIVE is cofactor Diffie-Hellman.

    Args:
        session: whose.
        handle: of the private key.
        kind: its curve.
        point: the peer's, uncompressed, proved to be on the curve.
    """
    size = SHAPES[kind].bytes
    key = session.key
    key.handle = handle
    derived = key.derive_key(
        KeyType.GENERIC_SECRET,
        size * 8,
        capabilities=_NO_USAGE,
        mechanism=Mechanism.ECDH1_DERIVE,
        mechanism_param=(KDF.NULL, None, point),
        template=_READABLE,
    )
    return _take(derived).rjust(size, b"\0")


def decapsulate(session: PooledSession, handle: int, ciphertext: bytes) -> bytes:
    """The secret of an ML-KEM ciphertext; another one if it was tampered with (FIPS 203 §7.3)."""
    key = session.key
    key.handle = handle
    secret = key.decapsulate_key(
        ciphertext,
        KeyType.GENERIC_SECRET,
        KEM_SECRET_BYTES * 8,
        capabilities=_NO_USAGE,
        mechanism=Mechanism.ML_KEM,
        template=_READABLE,
    )
    return _take(secret)


def _take(secret: Any) -> bytes:  # noqa: ANN401 # a pkcs11 object
    try:
        return bytes(secret[Attribute.VALUE])
    finally:
        with suppress(pkcs11.PKCS11Error):  # it goes with its session
            secret.destroy()
