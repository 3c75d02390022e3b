"""Verifying Ed25519ph (RFC 8032 §5.1.7) in the token: `cryptography` knows the pure form alone."""

import pkcs11
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass

from strongroom.hsm import public_keys
from strongroom.hsm.errors import SignatureRejected
from strongroom.hsm.key_kinds import SHAPES, KeyKind
from strongroom.hsm.sessions import PooledSession

_SIGNATURE_BYTES = 64
_HASHED_WITHOUT_CONTEXT = (True, None)


def verify(session: PooledSession, public_key: bytes, message: bytes, signature: bytes) -> None:
    """Returns if a signature is valid.

    Raises:
        SignatureRejected: it isn't, or isn't one.
        PKCS11Error: the token can't do it.
    """
    if len(signature) != _SIGNATURE_BYTES:
        raise SignatureRejected
    point = public_keys.load(public_key).public_bytes(Encoding.Raw, PublicFormat.Raw)
    key = session.raw.create_object(
        {
            Attribute.CLASS: ObjectClass.PUBLIC_KEY,
            Attribute.KEY_TYPE: KeyType.EC_EDWARDS,
            Attribute.TOKEN: False,
            Attribute.EC_PARAMS: SHAPES[KeyKind.ED25519].curve,
            Attribute.EC_POINT: bytes([0x04, len(point)]) + point,  # OCTET STRING
            Attribute.VERIFY: True,
        }
    )
    try:
        is_valid = key.verify(
            message, signature, mechanism=Mechanism.EDDSA, mechanism_param=_HASHED_WITHOUT_CONTEXT
        )
    except (pkcs11.exceptions.SignatureInvalid, pkcs11.exceptions.SignatureLenRange):
        is_valid = False
    finally:
        key.destroy()
    if not is_valid:
        raise SignatureRejected
