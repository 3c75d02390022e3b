"""Making a key inside the token."""

import logging
from typing import Any

import pkcs11
from pkcs11 import KeyType

from strongroom.hsm import key_checks, objects, templates
from strongroom.hsm.connection import Connection
from strongroom.hsm.errors import KeyNotProtected
from strongroom.hsm.identifiers import MaterialId, MaterialRef, TokenObject
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.token_profiles import TokenProfile

_log = logging.getLogger(__name__)

_AES_BITS = 256


def generate_aes(
    connection: Connection,
    session: PooledSession,
    profile: TokenProfile,
    *,
    material_id: MaterialId,
    label: str,
) -> MaterialRef:
    """Makes an AES-256 key and its check.

    Raises:
        KeyNotProtected: the token made a key that could leave it; the key is destroyed.
        PKCS11Error: the token didn't make it, or may have; what may be there is destroyed if possible.
    """
    try:
        key = generate_object(connection, session, profile, material_id=material_id, label=label)
        check = key_checks.make(session, key.handle, material_id)
    except pkcs11.PKCS11Error:
        _destroy_leftover(connection, session, material_id, label)
        raise
    connection.handles[material_id] = key.handle
    return MaterialRef(material_id, label, check)


def generate_object(
    connection: Connection,
    session: PooledSession,
    profile: TokenProfile,
    *,
    material_id: MaterialId,
    label: str,
) -> Any:  # noqa: ANN401 # a pkcs11 object
    """Makes an AES-256 token object; it is proved to be protected, or destroyed."""
    with connection.lock:
        key = session.raw.generate_key(
            KeyType.AES,
            _AES_BITS,
            id=material_id,
            label=label,
            store=True,
            capabilities=templates.AES_USAGE,
            template=templates.aes_template(profile),
        )
    try:
        templates.prove_protected(key)
    except KeyNotProtected:
        key.destroy()
        raise
    return key


def destroy_named(connection: Connection, session: PooledSession, material_id: bytes, label: str) -> bool:
    """Destroys what bears this id and this label, and nothing else; False if there is nothing."""
    wanted = TokenObject(material_id, label)
    connection.handles.pop(MaterialId(material_id), None)
    connection.candidates.pop(material_id, None)
    ours = [o for o in objects.search(connection, session, material_id) if objects.name_of(o) == wanted]
    with connection.lock:
        for found in ours:
            found.destroy()
    return bool(ours)


def _destroy_leftover(connection: Connection, session: PooledSession, material_id: bytes, label: str) -> None:
    """After an error nobody knows whether there is a key: it is never made again under the same id."""
    try:
        destroy_named(connection, session, material_id, label)
    except pkcs11.PKCS11Error:
        _log.warning("a failed key may be left on the token", extra={"label": label})
