"""Finding our objects on a token, and proving that they are ours."""

import logging
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pkcs11
from pkcs11 import Attribute, _pkcs11

from strongroom.hsm import key_checks, labels, listing, templates
from strongroom.hsm.connection import Candidate, Connection
from strongroom.hsm.errors import IdentityMismatch, KeyNotProtected, MaterialMissing
from strongroom.hsm.identifiers import MaterialRef, TokenObject
from strongroom.hsm.meanings import Meaning, describe, meaning_of
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.token_profiles import TokenProfile

_log = logging.getLogger(__name__)

_REFUSALS = frozenset({Meaning.DATA, Meaning.AMBIGUOUS, Meaning.PROTECTED, Meaning.USAGE})


@dataclass(frozen=True, slots=True)
class Found:
    """A secret or private key on the token, as a search saw it."""

    name: TokenObject
    key: Any  # a pkcs11 object


def search(connection: Connection, session: PooledSession, material_id: bytes) -> list[Found]:
    """The objects on the token with this id that bear id and label."""
    with _searching(connection, session, {Attribute.ID: material_id}) as found:
        return list(found)


@contextmanager
def _searching(
    connection: Connection, session: PooledSession, template: Mapping[Attribute, Any]
) -> Iterator[Iterator[Found]]:
    """Token objects that bear id and label, one at a time: python-pkcs11's take a kilobyte each."""
    with connection.lock:
        connection.changes.catch_up()
        with closing(_objects(session.raw, {Attribute.TOKEN: True, **template})) as keys:
            yield (found for key in keys if (found := _named(key)) is not None)


def _objects(raw: Any, template: dict[Attribute, Any]) -> Generator[Any]:  # noqa: ANN401 # a pkcs11 session
    """One by one, so that one half written before a crash spoils nothing but itself."""
    batches = _pkcs11.SearchIter(raw, template, 1)  # type: ignore[attr-defined]
    try:
        batches.__enter__()
        for batch in batches:
            try:
                yield next(batch)
            except (pkcs11.PKCS11Error, ValueError) as error:
                _log.info("passed over an object that can't be read: %s", type(error).__name__)
    finally:
        with suppress(pkcs11.PKCS11Error):  # on a dead session it would fail again when it is collected
            batches._finalize()  # noqa: SLF001


def _named(key: Any) -> Found | None:  # noqa: ANN401 # a pkcs11 object
    try:
        found = key.get_attributes([Attribute.ID, Attribute.LABEL])
        return Found(TokenObject(bytes(found[Attribute.ID]), str(found[Attribute.LABEL])), key)
    except (pkcs11.PKCS11Error, UnicodeDecodeError, KeyError):
        return None


def names(connection: Connection, session: PooledSession, prefix: str) -> list[TokenObject]:
    """Every key whose label begins with the prefix."""
    with _searching(connection, session, {}) as found:
        return [one.name for one in found if one.name.label.startswith(prefix)]


def learn_all(connection: Connection, session: PooledSession, prefix: str) -> None:
    """Makes candidates of all objects whose label begins with the prefix."""
    connection.candidates.clear()
    with _searching(connection, session, {}) as found:
        remember_candidates(connection, (one for one in found if one.name.label.startswith(prefix)))


def remember_candidates(connection: Connection, found: Iterable[Found]) -> None:
    """Keeps handles, and what the token says of each; they are proved at their first use."""
    facts_seen: dict[templates.Facts, templates.Facts] = {}  # most keys say the same
    for one in found:
        try:
            facts = templates.read_facts(one.key)
        except pkcs11.exceptions.ObjectHandleInvalid:
            continue  # destroyed since the search
        candidate = Candidate(one.name.label, one.key.handle, facts_seen.setdefault(facts, facts))
        connection.candidates.setdefault(one.name.material_id, []).append(candidate)


def handle_of(connection: Connection, session: PooledSession, ref: MaterialRef, profile: TokenProfile) -> int:
    """The handle of a material: found by id and label, protected, and proved by its check.

    Of several objects under one name, only the one that made the check is used.

    Raises:
        MaterialMissing: no object has this id and label. The caller finds out whether the token is well.
        IdentityMismatch: none of the objects of this name is the right one.
    """
    handle = connection.handles.get(ref.name)
    if handle is not None:
        return handle
    for candidate in _candidates_of(connection, session, ref, profile):
        if _is_protected(candidate, ref) and _is_genuine(session, candidate.handle, ref, profile):
            connection.handles[ref.name] = candidate.handle
            return candidate.handle
    raise IdentityMismatch("The object under this key's name on the token isn't this key.")


def _candidates_of(
    connection: Connection, session: PooledSession, ref: MaterialRef, profile: TokenProfile
) -> list[Candidate]:
    known = _of(connection.candidates.pop(ref.material_id, []), ref)
    if not known and profile.finds_by_listing:
        with connection.lock:  # who waited for it may find that another has listed meanwhile
            if ref.material_id not in connection.candidates:
                _learn_new(connection, session, labels.prefix_in(ref.label))
            known = _of(connection.candidates.pop(ref.material_id, []), ref)
    return known or _search_candidates(connection, session, ref)


def _learn_new(connection: Connection, session: PooledSession, prefix: str) -> None:
    """Makes candidates of all objects of the deployment that others have made."""
    named = (_named(key) for key in listing.new_objects(connection, session))
    ours = [one for one in named if one is not None and one.name.label.startswith(prefix)]
    remember_candidates(connection, ours)
    connection.strangers.difference_update(one.key.handle for one in ours)


def _of(candidates: list[Candidate], ref: MaterialRef) -> list[Candidate]:
    return [candidate for candidate in candidates if candidate.label == ref.label]


def _search_candidates(connection: Connection, session: PooledSession, ref: MaterialRef) -> list[Candidate]:
    wanted = TokenObject(ref.material_id, ref.label)
    named = [found for found in search(connection, session, ref.material_id) if found.name == wanted]
    if not named:
        raise MaterialMissing("The token has no object for this key.")
    if len(named) > 1:
        _log.error("several objects bear one key's id and label", extra={"label": ref.label})
    return [Candidate(ref.label, found.key.handle, templates.read_facts(found.key)) for found in named]


def _is_protected(candidate: Candidate, ref: MaterialRef) -> bool:
    try:
        templates.prove(candidate.facts, ref.kind, ref.purpose, is_imported=ref.is_imported)
    except KeyNotProtected as error:
        _log.error("refused an object: %s", error, extra={"label": ref.label})  # no defect
        return False
    return True


def _is_genuine(session: PooledSession, handle: int, ref: MaterialRef, profile: TokenProfile) -> bool:
    try:
        return key_checks.matches(session, handle, ref, profile)
    except pkcs11.PKCS11Error as error:
        if meaning_of(error, profile.error_meanings) not in _REFUSALS:
            raise
        _log.error(  # no defect
            "refused an object under a key's name: %s", describe(error), extra={"label": ref.label}
        )
    return False
