"""The sentinel: a key of the deployment that is always on the token.

It tells "this key is gone" from "the token is gone": a token whose directory was moved away, or that was
initialised anew, finds nothing and may say no more than that.
"""

from pathlib import Path
from typing import Any

import pkcs11

from strongroom.hsm import key_checks
from strongroom.hsm.connection import Connection, Sentinel
from strongroom.hsm.identifiers import MaterialId, TokenObject
from strongroom.hsm.key_generation import generate_object
from strongroom.hsm.login_guard import login_turn
from strongroom.hsm.objects import enumerate_named
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.token_profiles import TokenProfile

SENTINEL_ID = MaterialId(b"strongroom-alive")
_TURN_TIMEOUT_S = 30.0
_RANDOM_BITS = 64


def place(
    connection: Connection,
    session: PooledSession,
    profile: TokenProfile,
    *,
    prefix: str,
    directory: Path,
) -> list[tuple[TokenObject, Any]]:
    """Finds the deployment's keys, makes the sentinel if there is none, and lets it seal a message.

    Returns:
        The deployment's keys, without the sentinel.
    """
    found = enumerate_named(connection, session, prefix)
    key = _sentinel_of(found) or _make(connection, session, profile, prefix, directory)
    check = key_checks.make(session, key.handle, SENTINEL_ID)
    connection.sentinel = Sentinel(key.handle, check)
    return [(name, key) for name, key in found if name.material_id != SENTINEL_ID]


def answers(connection: Connection, session: PooledSession) -> bool:
    """True if the token is well: the sentinel opens what it sealed.

    A token that can't have a sentinel, because it can't protect or use keys, only has to draw a number.
    """
    sentinel = connection.sentinel
    try:
        if sentinel is None:
            return bool(session.raw.generate_random(_RANDOM_BITS))
        return key_checks.matches(session, sentinel.handle, SENTINEL_ID, sentinel.check)
    except pkcs11.PKCS11Error:
        return False


def _sentinel_of(found: list[tuple[TokenObject, Any]]) -> Any:  # noqa: ANN401 # a pkcs11 object
    return next((key for name, key in found if name.material_id == SENTINEL_ID), None)


def _make(
    connection: Connection,
    session: PooledSession,
    profile: TokenProfile,
    prefix: str,
    directory: Path,
) -> Any:  # noqa: ANN401 # a pkcs11 object
    with login_turn(directory, _TURN_TIMEOUT_S):  # several workers start at once: one makes it
        found = _sentinel_of(enumerate_named(connection, session, prefix))
        return found or generate_object(
            connection, session, profile, material_id=SENTINEL_ID, label=f"{prefix}sentinel"
        )
