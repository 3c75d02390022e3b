"""Making a key inside the token."""

import logging
from typing import Any, NamedTuple

import pkcs11
from pkcs11 import Attribute, KeyType, MechanismFlag

from strongroom.hsm import key_checks, objects, public_keys, templates
from strongroom.hsm.connection import Connection
from strongroom.hsm.errors import IdentityMismatch, KeyNotProtected, PublicKeyRejected
from strongroom.hsm.identifiers import MaterialId, MaterialRef, TokenObject
from strongroom.hsm.key_kinds import SHAPES, KeyKind, KeyPurpose
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.token_profiles import TokenProfile

_log = logging.getLogger(__name__)

_NO_USAGE = MechanismFlag(0)  # the templates say it


class NewKey(NamedTuple):
    """What is to be made."""

    material_id: MaterialId
    label: str
    kind: KeyKind
    purpose: KeyPurpose


def generate(
    connection: Connection, session: PooledSession, profile: TokenProfile, new: NewKey
) -> MaterialRef:
    """Makes a key and its check.

    Raises:
        KeyNotProtected: the token made a key that could leave it; the key is destroyed.
        IdentityMismatch: the private key doesn't do what its public key says; likewise.
        PKCS11Error: the token didn't make it, or may have; what may be there is destroyed if possible.
    """
    try:
        key, public_key = generate_object(connection, session, profile, new)
        check = public_key or key_checks.make(session, key.handle, new.kind, new.material_id)
        ref = MaterialRef(*new, check)
        require_identity(session, key.handle, ref, profile)
    except (pkcs11.PKCS11Error, PublicKeyRejected, IdentityMismatch):
        destroy_leftover(connection, session, new.material_id, new.label)
        raise
    connection.handles[ref.name] = key.handle
    return ref


def generate_object(
    connection: Connection, session: PooledSession, profile: TokenProfile, new: NewKey
) -> tuple[Any, bytes]:
    """Makes a token object; it is proved to be protected, or destroyed.

    Returns:
        The secret or private key, and the public key, empty for a secret key.
    """
    with connection.lock:
        try:
            key, public_key = _make(session, profile, new, is_stored=True)
        finally:
            connection.changes.note()
    try:
        templates.prove(templates.read_facts(key), new.kind, new.purpose)
    except KeyNotProtected:
        with connection.lock:
            key.destroy()
            connection.changes.note()
        raise
    return key, public_key


def make_session_object(
    session: PooledSession, profile: TokenProfile, kind: KeyKind, purpose: KeyPurpose
) -> Any:  # noqa: ANN401
    """Makes a key as production does, but for its session alone: for probes."""
    key, _ = _make(session, profile, NewKey(MaterialId(b""), "", kind, purpose), is_stored=False)
    return key


def generate_pair(
    session: PooledSession,
    kind: KeyKind,
    private_template: dict[Attribute, Any],
    **names: Any,  # noqa: ANN401
) -> tuple[Any, bytes]:
    """Makes a pair and reads its public key, which never stays: it can be read at any time from the store."""
    shape = SHAPES[kind]
    public_template: dict[Attribute, Any] = {Attribute.TOKEN: False, Attribute.PRIVATE: False}
    if shape.parameter_set:
        public_template[Attribute.PARAMETER_SET] = shape.parameter_set
    source, length = session.raw, {"key_length": shape.bits} if shape.key_type is KeyType.RSA else {}
    kinds = () if shape.curve else (shape.key_type,)
    if shape.curve:
        parameters = {Attribute.EC_PARAMS: shape.curve}
        source = session.raw.create_domain_parameters(shape.key_type, parameters, local=True)
    public, private = source.generate_keypair(
        *kinds,
        **length,
        **names,
        capabilities=_NO_USAGE,
        mechanism=shape.generator,
        public_template=public_template,
        private_template=private_template,
    )
    try:
        return private, public_keys.read(public, kind)
    finally:
        public.destroy()


def destroy_named(connection: Connection, session: PooledSession, material_id: bytes, label: str) -> bool:
    """Destroys what bears this id and this label, and nothing else; False if there is nothing."""
    wanted = TokenObject(material_id, label)
    connection.handles.pop((MaterialId(material_id), label), None)
    connection.candidates.pop(material_id, None)
    ours = [found for found in objects.search(connection, session, material_id) if found.name == wanted]
    with connection.lock:
        for found in ours:
            found.key.destroy()
            connection.changes.note()
    return bool(ours)


def destroy_leftover(connection: Connection, session: PooledSession, material_id: bytes, label: str) -> None:
    """After an error nobody knows whether there is a key: it is never made again under the same id."""
    try:
        destroy_named(connection, session, material_id, label)
    except pkcs11.PKCS11Error:
        _log.warning("a failed key may be left on the token", extra={"label": label})


def require_identity(session: PooledSession, handle: int, ref: MaterialRef, profile: TokenProfile) -> None:
    """Returns if the key does what its check says.

    Raises:
        IdentityMismatch: it doesn't.
    """
    if not key_checks.matches(session, handle, ref, profile):
        raise IdentityMismatch("The token made a key that doesn't do what it should.")


def _make(
    session: PooledSession, profile: TokenProfile, new: NewKey, *, is_stored: bool
) -> tuple[Any, bytes]:
    shape = SHAPES[new.kind]
    template = templates.template_of(new.kind, new.purpose, profile)
    names = {"id": new.material_id, "label": new.label, "store": is_stored}
    if not shape.is_secret:
        return generate_pair(session, new.kind, template, **names)
    key = session.raw.generate_key(
        shape.key_type,
        shape.bits,
        **names,
        capabilities=_NO_USAGE,
        mechanism=shape.generator,
        template=template,
    )
    return key, b""
