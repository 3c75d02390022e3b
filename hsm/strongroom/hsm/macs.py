"""HMAC (RFC 2104) with the hash that goes with the key, on one session."""

from strongroom.hsm.key_kinds import SHAPES, KeyKind, KeyPurpose
from strongroom.hsm.sessions import PooledSession


def authenticate(session: PooledSession, handle: int, kind: KeyKind, message: bytes) -> bytes:
    """The HMAC of a message, as long as the hash: nothing is cut off."""
    shape = SHAPES[kind]
    (mechanism,) = shape.mechanisms[KeyPurpose.AUTHENTICATE]
    key = session.key
    key.handle = handle
    mac: bytes = key._sign(message, mechanism, None, None, shape.bytes)  # noqa: SLF001
    return mac
