"""The sentinel: a key of the deployment that is always on the token.

It tells "this key is gone" from "the token is gone": a token whose directory was moved away, or that was
initialised anew, finds nothing and may say no more than that.
"""

from pathlib import Path

import pkcs11

from strongroom.hsm import key_checks, objects
from strongroom.hsm.capabilities import CapabilityReport
from strongroom.hsm.connection import Connection, Sentinel
from strongroom.hsm.identifiers import MaterialId, MaterialRef
from strongroom.hsm.key_generation import NewKey, generate_object
from strongroom.hsm.key_kinds import KeyKind, KeyPurpose
from strongroom.hsm.login_guard import login_turn
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.token_profiles import TokenProfile

SENTINEL_ID = MaterialId(b"strongroom-alive")
_TURN_TIMEOUT_S = 30.0
_RANDOM_BITS = 64

# What it can be: a secret key, whose check needs nothing that was written down elsewhere.
_CHOICES = (
    (KeyKind.AES_256, KeyPurpose.ENCRYPT),
    (KeyKind.HMAC_256, KeyPurpose.AUTHENTICATE),
    (KeyKind.HMAC_512, KeyPurpose.AUTHENTICATE),
)


def place(
    connection: Connection,
    session: PooledSession,
    profile: TokenProfile,
    capabilities: CapabilityReport,
    *,
    prefix: str,
    directory: Path,
) -> None:
    """Takes the sentinel from the connection's candidates, or makes it, and lets it make its check."""
    there = connection.candidates.pop(SENTINEL_ID, [])
    chosen = next((choice for choice in _CHOICES if not capabilities.missing_for(*choice)), None)
    if chosen is not None:
        new = NewKey(SENTINEL_ID, f"{prefix}sentinel", *chosen)
        handle = there[0].handle if there else _make(connection, session, profile, new, directory)
        check = key_checks.make(session, handle, new.kind, SENTINEL_ID)
        connection.sentinel = Sentinel(handle, MaterialRef(*new, check), profile)


def answers(connection: Connection, session: PooledSession) -> bool:
    """True if the token is well: the sentinel confirms what it has made.

    A token that can't have a sentinel, because it can't protect or use such keys, only has to draw a number.
    """
    sentinel = connection.sentinel
    try:
        if sentinel is None:
            return bool(session.raw.generate_random(_RANDOM_BITS))
        return key_checks.matches(session, sentinel.handle, sentinel.ref, sentinel.profile)
    except pkcs11.PKCS11Error:
        return False


def _make(
    connection: Connection, session: PooledSession, profile: TokenProfile, new: NewKey, directory: Path
) -> int:
    with login_turn(directory, _TURN_TIMEOUT_S):  # several workers start at once: one makes it
        there = objects.search(connection, session, SENTINEL_ID)
        if there:
            return int(there[0].key.handle)
        key, _ = generate_object(connection, session, profile, new)
        return int(key.handle)
