"""Bringing key material from elsewhere into the token.

In the token: C_UnwrapKey with CKM_RSA_PKCS_OAEP gives a secret key, or the AES key under which an RSA private
key is unwrapped by a second C_UnwrapKey. The material is never in our memory.

Outside, for what the token can't do, and if its profile allows it (`import_outside`): the token decrypts
what was encrypted with RSAES-OAEP, the rest is unwrapped here, and C_CreateObject makes the key. The material
is in this process's memory for the milliseconds that this takes, and in pages that Python has freed and not
cleared for longer. Whoever can read the memory of the service at that time has the key.

Either way the key that is made can't leave the token any more, and the token says so.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pkcs11
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap_with_padding
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass

from strongroom.hsm import key_checks, key_material, rsa_oaep, sentinel, templates
from strongroom.hsm.connection import Connection
from strongroom.hsm.errors import (
    CiphertextRejected,
    IdentityMismatch,
    KeyMaterialRejected,
    KeyNotProtected,
)
from strongroom.hsm.identifiers import MaterialRef
from strongroom.hsm.key_generation import NewKey, destroy_leftover, destroy_named, require_identity
from strongroom.hsm.key_kinds import SHAPES, KeyPurpose
from strongroom.hsm.meanings import Meaning, meaning_of
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.token_profiles import TokenProfile
from strongroom.hsm.wrapping import WrappedKey

_NO_USAGE = MechanismFlag(0)  # the templates say it
_BECAUSE_OF_DATA = frozenset(
    {Meaning.DATA, Meaning.AMBIGUOUS, Meaning.USAGE, Meaning.UNSUPPORTED, Meaning.PROTECTED}
)
"""What a token may say of data that it can't unwrap, once it was shown that it can unwrap at all."""
_KEK_TEMPLATE = {
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.UNWRAP: True,
}


def identify(
    connection: Connection,
    session: PooledSession,
    profile: TokenProfile,
    pair_handle: int,
    wrapped: WrappedKey,
    new: NewKey,
) -> bytes:
    """What tells this material from all others of its kind; the token keeps nothing.

    Returns:
        Of a private key, the public key (SubjectPublicKeyInfo, DER); else `key_checks.fingerprint`, a secret.

    Raises:
        CiphertextRejected: it can't be unwrapped.
        KeyMaterialRejected: it isn't a key of this kind, or not one that does what it should.
        KeyNotProtected: the token wouldn't protect it.
    """
    key, public_key = unwrap(connection, session, profile, pair_handle, wrapped, new, is_stored=False)
    try:
        templates.prove(templates.read_facts(key), new.kind, new.purpose, is_imported=True)
        with _refusing_key(connection, session, profile):
            if not public_key:
                return key_checks.fingerprint(session, key.handle, new.kind)
            ref = MaterialRef(*new, public_key, is_imported=True)
            require_identity(session, key.handle, ref, profile)
            return public_key
    finally:
        with suppress(pkcs11.PKCS11Error):  # it goes with its session
            key.destroy()


def make(
    connection: Connection,
    session: PooledSession,
    profile: TokenProfile,
    pair_handle: int,
    wrapped: WrappedKey,
    new: NewKey,
) -> MaterialRef:
    """Makes a key of the token out of the material, in the place of what bears its name.

    Raises:
        CiphertextRejected, KeyMaterialRejected, KeyNotProtected: likewise; nothing is left on the token.
    """
    try:
        with connection.lock:
            destroy_named(connection, session, new.material_id, new.label)
            key, public_key = unwrap(connection, session, profile, pair_handle, wrapped, new, is_stored=True)
            connection.changes.note()
        templates.prove(templates.read_facts(key), new.kind, new.purpose, is_imported=True)
        with _refusing_key(connection, session, profile):
            check = public_key or key_checks.make(session, key.handle, new.kind, new.material_id)
            ref = MaterialRef(*new, check, is_imported=True)
            require_identity(session, key.handle, ref, profile)
    except (pkcs11.PKCS11Error, KeyMaterialRejected, KeyNotProtected):
        destroy_leftover(connection, session, new.material_id, new.label)
        raise
    connection.handles[new.material_id, new.label] = key.handle
    return ref


def unwrap(
    connection: Connection,
    session: PooledSession,
    profile: TokenProfile,
    pair_handle: int,
    wrapped: WrappedKey,
    new: NewKey,
    *,
    is_stored: bool,
) -> tuple[Any, bytes]:
    """Makes an object out of wrapped material, with the attributes of a production key.

    Returns:
        The object, not yet proved to be protected, and the public key, empty for a secret key.

    Raises:
        CiphertextRejected: it can't be unwrapped.
        KeyMaterialRejected: it isn't a key of this kind.
    """
    names = {"id": new.material_id, "label": new.label, "store": is_stored}
    if wrapped.pair.purpose is KeyPurpose.UNWRAP_OUTSIDE:
        with _refusing_data(connection, session, profile):
            material = _unwrap_outside(session, pair_handle, wrapped, profile)
        return _create(session, profile, key_material.take_apart(new.kind, material), new, names)
    with _refusing_data(connection, session, profile):
        key = unwrap_in_token(session, profile, pair_handle, wrapped, new, names)
    try:
        return key, _accepted(key, new)
    except (KeyMaterialRejected, pkcs11.PKCS11Error):
        with suppress(pkcs11.PKCS11Error):
            key.destroy()
        raise


def unwrap_in_token(
    session: PooledSession,
    profile: TokenProfile,
    pair_handle: int,
    wrapped: WrappedKey,
    new: NewKey,
    names: dict[str, Any],
) -> Any:  # noqa: ANN401 # a pkcs11 object
    """The object of a key that is unwrapped by the token alone; its errors are raised as they come."""
    parameters = rsa_oaep.parameters(wrapped.algorithm.hash)
    shape = SHAPES[new.kind]
    oaep = {"mechanism": Mechanism.RSA_PKCS_OAEP, "mechanism_param": parameters}
    target = {
        "object_class": shape.object_class,
        "key_type": shape.key_type,
        "capabilities": _NO_USAGE,
        "template": templates.unwrapping_template_of(new.kind, new.purpose, profile),
        **names,
    }
    unwrapper = session.key
    unwrapper.handle = pair_handle
    if not wrapped.algorithm.has_two_steps:
        return unwrapper.unwrap_key(key_data=wrapped.data, **oaep, **target)
    first, second = _halves(wrapped)
    if len(second) > key_material.longest_rsa_bytes(new.kind):  # the token may take numbers of any size
        raise KeyMaterialRejected(f"That is too long for the private key of {new.kind.value}.")
    kek = unwrapper.unwrap_key(
        ObjectClass.SECRET_KEY,
        KeyType.AES,
        first,
        store=False,
        capabilities=_NO_USAGE,
        template=_KEK_TEMPLATE,
        **oaep,
    )
    try:
        return kek.unwrap_key(key_data=second, mechanism=profile.kwp, **target)
    finally:
        with suppress(pkcs11.PKCS11Error):  # it goes with its session
            kek.destroy()


def _halves(wrapped: WrappedKey) -> tuple[bytes, bytes]:
    length = SHAPES[wrapped.pair.kind].bytes
    return wrapped.data[:length], wrapped.data[length:]


def _accepted(key: Any, new: NewKey) -> bytes:  # noqa: ANN401 # a pkcs11 object
    """The public key of an unwrapped private key; a secret key only has to have its length."""
    if SHAPES[new.kind].is_secret:
        key_material.require_length(new.kind, key[Attribute.VALUE_LEN])
        return b""
    modulus, exponent = (int.from_bytes(key[name]) for name in (Attribute.MODULUS, Attribute.PUBLIC_EXPONENT))
    return key_material.rsa_public_key(new.kind, modulus, exponent)


def _unwrap_outside(
    session: PooledSession, pair_handle: int, wrapped: WrappedKey, profile: TokenProfile
) -> bytes:
    """The material. One error for all that may be wrong, as for any ciphertext."""
    algorithm = wrapped.algorithm
    if not algorithm.has_two_steps:
        return rsa_oaep.decrypt(session, pair_handle, algorithm.hash, wrapped.data, profile)
    first, second = _halves(wrapped)
    kek = rsa_oaep.decrypt(session, pair_handle, algorithm.hash, first, profile)
    try:
        return aes_key_unwrap_with_padding(kek, second)
    except (InvalidUnwrap, ValueError):
        raise CiphertextRejected from None


def _create(
    session: PooledSession,
    profile: TokenProfile,
    parts: key_material.Parts,
    new: NewKey,
    names: dict[str, Any],
) -> tuple[Any, bytes]:
    template = object_template(profile, parts, new)
    template |= {Attribute.TOKEN: names["store"], Attribute.ID: new.material_id, Attribute.LABEL: new.label}
    return session.raw.create_object(template), parts.public_key


def object_template(profile: TokenProfile, parts: key_material.Parts, new: NewKey) -> dict[Attribute, Any]:
    """All attributes of a production key with these parts, but CKA_TOKEN, id and label."""
    shape = SHAPES[new.kind]
    return {
        **templates.template_of(new.kind, new.purpose, profile),
        Attribute.CLASS: shape.object_class,
        Attribute.KEY_TYPE: shape.key_type,
        **parts.values,
    }


@contextmanager
def _refusing_key(connection: Connection, session: PooledSession, profile: TokenProfile) -> Iterator[None]:
    """Around the first use of a key: one that can't be used, or does something else, is no key."""
    try:
        with _refusing_data(connection, session, profile):
            yield
    except (CiphertextRejected, IdentityMismatch):
        raise KeyMaterialRejected("The key material doesn't make a key that does what it should.") from None


@contextmanager
def _refusing_data(connection: Connection, session: PooledSession, profile: TokenProfile) -> Iterator[None]:
    """Tells what is wrong with the data from what is wrong with the token."""
    try:
        yield
    except pkcs11.PKCS11Error as error:
        is_of_data = meaning_of(error, profile.error_meanings) in _BECAUSE_OF_DATA
        if is_of_data and sentinel.answers(connection, session):
            raise CiphertextRejected from None
        raise
