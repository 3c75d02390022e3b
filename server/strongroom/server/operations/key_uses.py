"""The ways in which operations find a key, and what they then ask of it."""

from strongroom.server.core import blob
from strongroom.server.core.callers import Caller
from strongroom.server.core.errors import InvalidCiphertext
from strongroom.server.core.fields import Request
from strongroom.server.core.key_specs import RULES
from strongroom.server.core.key_states import ANY, USABLE
from strongroom.server.keyring import KeySnapshot, Material, unknown_owner
from strongroom.server.operations import key_checks
from strongroom.server.operations.declaration import KeyUse, NamedAlias, Target
from strongroom.server.operations.key_checks import Check
from strongroom.server.operations.parts import Parts
from strongroom.v1 import resources_pb2 as v1

_ENCRYPTS = v1.KEY_USAGE_ENCRYPT_DECRYPT
_DEFAULT = v1.ENCRYPTION_ALGORITHM_SYMMETRIC_DEFAULT


def managed(
    action: str,
    states: frozenset[int],
    *,
    key_id: str = "key_id",
    accepts_alias: bool = False,
    across_accounts: bool = False,
) -> KeyUse:
    """The key whose metadata an operation reads or changes, named by the field `key_id`."""

    def find(parts: Parts, caller: Caller, request: Request) -> Target:
        key = parts.resolver.resolve(
            getattr(request, key_id), caller, accepts_alias=accepts_alias, across_accounts=across_accounts
        )
        return Target(key, key.current_material)

    def is_cached(parts: Parts, request: Request) -> bool:
        return parts.resolver.cached(getattr(request, key_id)) is not None

    return KeyUse(action, find, is_cached, states, named_by=key_id)


def naming(action: str, states: frozenset[int]) -> KeyUse:
    """The key named by `target_key_id`, for which the alias `alias_name` is to stand."""

    def find(parts: Parts, caller: Caller, request: Request) -> Target:
        key = parts.resolver.resolve(request.target_key_id, caller, accepts_alias=False)
        return Target(key, key.current_material, alias=_alias(parts, caller, request))

    return KeyUse(action, find, _never, states)


def named(action: str) -> KeyUse:
    """The key for which the alias `alias_name` stands, in any state."""

    def find(parts: Parts, caller: Caller, request: Request) -> Target:
        key = parts.resolver.resolve(request.alias_name, caller, accepts_alias=True)
        return Target(key, key.current_material, alias=_alias(parts, caller, request))

    return KeyUse(action, find, _never, ANY)


def _alias(parts: Parts, caller: Caller, request: Request) -> NamedAlias:
    return NamedAlias(parts.realm.alias_arn(request.alias_name, caller.account_id), caller.account_id)


def _usable(parts: Parts, identifier: str, caller: Caller) -> KeySnapshot:
    """A key that may belong to another account."""
    return parts.resolver.resolve(identifier, caller, accepts_alias=True, across_accounts=True)


def _never(parts: Parts, request: Request) -> bool:  # noqa: ARG001 # a KeyUse's function
    return False


def using(action: str, usage: int, *checks: Check, algorithm: tuple[str, str], is_private: bool) -> KeyUse:
    """A key that is used for one of its algorithms, named by `key_id`.

    Args:
        action: the permission.
        usage: what the key must have been created for.
        checks: what it must be besides.
        algorithm: the field that names the algorithm, and its enum.
        is_private: True if the token is asked, False if the public key is enough.
    """

    def find(parts: Parts, caller: Caller, request: Request) -> Target:
        key = _usable(parts, request.key_id, caller)
        return Target(key, key.current_material)

    def is_cached(parts: Parts, request: Request) -> bool:
        key = parts.resolver.cached(request.key_id)
        return key is not None and (not is_private or _is_quick(parts, key))

    return KeyUse(
        action,
        find,
        is_cached,
        USABLE,
        (key_checks.has_usage(action, usage), key_checks.offers(*algorithm), *checks),
        named_by="key_id",
    )


def public(action: str) -> KeyUse:
    """A key whose public key is asked for."""

    def find(parts: Parts, caller: Caller, request: Request) -> Target:
        key = _usable(parts, request.key_id, caller)
        return Target(key, key.current_material)

    def is_cached(parts: Parts, request: Request) -> bool:
        return parts.resolver.cached(request.key_id) is not None

    return KeyUse(action, find, is_cached, USABLE, (key_checks.has_public_key,), named_by="key_id")


def sealing(
    action: str,
    *checks: Check,
    key_id: str = "key_id",
    context: str = "encryption_context",
    algorithm: str | None = None,
) -> KeyUse:
    """The key that encrypts, named by the field `key_id`; without an `algorithm` field, symmetric only."""

    def find(parts: Parts, caller: Caller, request: Request) -> Target:
        key = _usable(parts, getattr(request, key_id), caller)
        return Target(key, key.current_material)

    def is_cached(parts: Parts, request: Request) -> bool:
        key = parts.resolver.cached(getattr(request, key_id))
        if key is None:
            return False
        if RULES[key.spec].is_asymmetric:
            return True  # the public key is enough
        material = key.current_material
        return material is None or (_is_quick(parts, key) and parts.cipher.has_reserved(material))

    return KeyUse(
        action,
        find,
        is_cached,
        USABLE,
        (*_encryption(action, algorithm, context), *checks),
        named_by=key_id,
        prefix=context.removesuffix("encryption_context"),
    )


def opening(action: str, *, key_id: str, context: str, algorithm: str) -> KeyUse:
    """The key that decrypts `ciphertext_blob`: found in the blob, and the one named if one is named."""

    def find(parts: Parts, caller: Caller, request: Request) -> Target:
        named = getattr(request, key_id)
        key = _usable(parts, named, caller) if named else None
        is_symmetric = (getattr(request, algorithm) or _DEFAULT) == _DEFAULT
        if not request.ciphertext_blob or not is_symmetric:
            assert key is not None  # noqa: S101 # the request's rules saw to it
            return Target(key, key.current_material)
        return _target_of(parts, request.ciphertext_blob, key)

    def is_cached(parts: Parts, request: Request) -> bool:
        named = getattr(request, key_id)
        key = parts.resolver.cached(named) if named else None
        if named and (key is None or RULES[key.spec].is_asymmetric):
            return key is not None and _is_quick(parts, key)
        material_id = request.ciphertext_blob[1 : 1 + blob.MATERIAL_ID_BYTES]
        owner = parts.keys.cached_owner(material_id)
        return owner is not None and _is_quick(parts, *owner)

    checks = (
        key_checks.made_the_blob,
        *_encryption(action, algorithm, context),
        key_checks.takes_ciphertext(algorithm),
    )
    prefix = context.removesuffix("encryption_context")
    return KeyUse(action, find, is_cached, USABLE, checks, named_by=key_id, prefix=prefix)


def _encryption(action: str, algorithm: str | None, context: str) -> tuple[Check, ...]:
    operation = "ReEncrypt" if action.startswith("ReEncrypt") else action
    return (
        key_checks.has_usage(operation, _ENCRYPTS),
        key_checks.offers(algorithm, "EncryptionAlgorithm", _DEFAULT),
        key_checks.takes_context(context),
    )


def _is_quick(parts: Parts, key: KeySnapshot, material: Material | None = None) -> bool:
    """True if using a material, by default the current one, takes the token microseconds, and no search."""
    material = material or key.current_material
    if material is None:
        return True  # the key's state refuses it
    ref = material.ref
    return (ref.kind, ref.purpose) in parts.quick and parts.token.warm(ref)


def _target_of(parts: Parts, data: bytes, named: KeySnapshot | None) -> Target:
    if named is not None and RULES[named.spec].is_asymmetric and not _is_known(parts, data):
        return Target(named, named.current_material)  # its checks say what is wrong with key and algorithm
    parsed = blob.parse(data)
    found = parts.keys.owner(parsed.material_id)
    if found is None:
        if not parts.store.was_destroyed(parsed.material_id):
            raise InvalidCiphertext
        if named is None:
            raise unknown_owner()
        return Target(named, None, parsed)
    owner, material = found
    if named is not None:
        return Target(named, material if owner.key_id == named.key_id else None, parsed)
    return Target(owner, material, parsed)


def _is_known(parts: Parts, data: bytes) -> bool:
    """True for a blob that one of our symmetric keys made."""
    try:
        return parts.keys.owner(blob.parse(data).material_id) is not None
    except InvalidCiphertext:
        return False
