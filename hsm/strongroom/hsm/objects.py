"""Finding our objects on a token, and proving that they are ours."""

import logging
from typing import Any

import pkcs11
from pkcs11 import Attribute

from strongroom.hsm import key_checks, templates
from strongroom.hsm.connection import Connection
from strongroom.hsm.errors import IdentityMismatch, KeyNotProtected, MaterialMissing
from strongroom.hsm.identifiers import MaterialRef, TokenObject
from strongroom.hsm.meanings import Meaning, describe, meaning_of
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.token_profiles import TokenProfile

_log = logging.getLogger(__name__)

_BATCH = 100
_REFUSALS = frozenset({Meaning.DATA, Meaning.AMBIGUOUS, Meaning.PROTECTED, Meaning.USAGE})


def search(connection: Connection, session: PooledSession, material_id: bytes | None = None) -> list[Any]:
    """The AES keys on the token with this id, or all of them, as pkcs11 objects."""
    with connection.lock:
        return list(session.raw.get_objects(templates.aes_search(material_id), batch_size=_BATCH))


def name_of(found: Any) -> TokenObject | None:  # noqa: ANN401 # a pkcs11 object
    """Id and label of an object; None if it has none, as one half written before a crash."""
    try:
        return TokenObject(bytes(found[Attribute.ID]), str(found[Attribute.LABEL]))
    except (pkcs11.PKCS11Error, UnicodeDecodeError):
        return None


def enumerate_named(
    connection: Connection, session: PooledSession, prefix: str
) -> list[tuple[TokenObject, Any]]:
    """Every AES key whose label begins with the prefix."""
    named = ((name_of(found), found) for found in search(connection, session))
    return [(name, found) for name, found in named if name and name.label.startswith(prefix)]


def remember_candidates(connection: Connection, found: list[tuple[TokenObject, Any]]) -> None:
    """Keeps the handles of those keys that are protected; the others are never used."""
    for name, key in found:
        if _is_protected(key, name.label):
            connection.candidates.setdefault(name.material_id, []).append((name.label, key.handle))


def handle_of(connection: Connection, session: PooledSession, ref: MaterialRef, profile: TokenProfile) -> int:
    """The handle of a material: found by id and label, protected, and proved by its check.

    Of several objects under one name, only the one that made the check is used.

    Raises:
        MaterialMissing: no object has this id and label. The caller finds out whether the token is well.
        IdentityMismatch: none of the objects of this name is the right one.
    """
    handle = connection.handles.get(ref.material_id)
    if handle is not None:
        return handle
    named = connection.candidates.pop(ref.material_id, [])
    if not _of(named, ref):
        named = _search_candidates(connection, session, ref)
    for handle in _of(named, ref):
        if _is_genuine(session, handle, ref, profile):
            connection.handles[ref.material_id] = handle
            return handle
    raise IdentityMismatch("The object under this key's name on the token isn't this key.")


def _of(named: list[tuple[str, int]], ref: MaterialRef) -> list[int]:
    return [handle for label, handle in named if label == ref.label]


def _search_candidates(
    connection: Connection, session: PooledSession, ref: MaterialRef
) -> list[tuple[str, int]]:
    wanted = TokenObject(ref.material_id, ref.label)
    named = [found for found in search(connection, session, ref.material_id) if name_of(found) == wanted]
    if not named:
        raise MaterialMissing("The token has no object for this key.")
    if len(named) > 1:
        _log.error("several objects bear one key's id and label", extra={"label": ref.label})
    return [(ref.label, found.handle) for found in named if _is_protected(found, ref.label)]


def _is_protected(found: Any, label: str) -> bool:  # noqa: ANN401 # a pkcs11 object
    try:
        templates.prove_protected(found)
    except KeyNotProtected as error:
        _log.error("refused an object: %s", error, extra={"label": label})  # no defect
        return False
    return True


def _is_genuine(session: PooledSession, handle: int, ref: MaterialRef, profile: TokenProfile) -> bool:
    try:
        return key_checks.matches(session, handle, ref.material_id, ref.check)
    except pkcs11.PKCS11Error as error:
        if meaning_of(error, profile.error_meanings) not in _REFUSALS:
            raise
        _log.error(  # no defect
            "refused an object under a key's name: %s", describe(error), extra={"label": ref.label}
        )
    return False
