"""The ways in which operations find a key, and what they then ask of it."""

from collections.abc import Callable

from strongroom.server.core import blob, names
from strongroom.server.core.callers import Caller
from strongroom.server.core.errors import (
    AccessDenied,
    AlgorithmMismatch,
    IncorrectKey,
    InvalidCiphertext,
    KeyUsageMismatch,
)
from strongroom.server.core.fields import Request
from strongroom.server.core.key_specs import RULES
from strongroom.server.core.key_states import USABLE
from strongroom.server.keyring import KeySnapshot
from strongroom.server.operations.declaration import KeyUse, Target
from strongroom.server.operations.parts import Parts
from strongroom.v1 import resources_pb2 as v1

Check = Callable[[Target, Request], None]


def managed(action: str, states: frozenset[int], *, accepts_alias: bool = False) -> KeyUse:
    """The key whose metadata an operation reads or changes, named by `key_id`."""

    def find(parts: Parts, caller: Caller, request: Request) -> Target:
        key = parts.resolver.resolve(request.key_id, caller, accepts_alias=accepts_alias)
        return Target(key, key.current)

    def is_cached(parts: Parts, request: Request) -> bool:
        return parts.resolver.cached(request.key_id) is not None

    return KeyUse(action, find, is_cached, states)


def sealing(action: str, *, key_id: str = "key_id", algorithm: str | None = None) -> KeyUse:
    """The key that encrypts, named by the field `key_id`; without an `algorithm` field, symmetric only."""

    def find(parts: Parts, caller: Caller, request: Request) -> Target:
        key = parts.resolver.resolve(getattr(request, key_id), caller, accepts_alias=True)
        return Target(key, key.current)

    def is_cached(parts: Parts, request: Request) -> bool:
        key = parts.resolver.cached(getattr(request, key_id))
        return key is not None and parts.cipher.is_ready_to_seal(key.current)

    return KeyUse(action, find, is_cached, USABLE, (_encrypts(action), _algorithm(algorithm)))


def opening(action: str, *, key_id: str, algorithm: str) -> KeyUse:
    """The key that decrypts `ciphertext_blob`: found in the blob, and the one named if one is named."""

    def find(parts: Parts, caller: Caller, request: Request) -> Target:
        named = getattr(request, key_id)
        key = parts.resolver.resolve(named, caller, accepts_alias=True) if named else None
        if not request.ciphertext_blob:
            assert key is not None  # noqa: S101 # the request's rules saw to it
            return Target(key, key.current)
        parsed = blob.parse(request.ciphertext_blob)
        return _target_of(parts, caller, parsed, key)

    def is_cached(parts: Parts, request: Request) -> bool:
        named = getattr(request, key_id)
        if named and parts.resolver.cached(named) is None:
            return False
        material_id = request.ciphertext_blob[1 : 1 + blob.MATERIAL_ID_BYTES]
        owner = parts.keys.cached_owner(material_id)
        return owner is not None and parts.cipher.is_ready_to_open(owner.materials[material_id])

    return KeyUse(action, find, is_cached, USABLE, (_made_the_blob, _encrypts(action), _algorithm(algorithm)))


def _target_of(parts: Parts, caller: Caller, parsed: blob.Blob, named: KeySnapshot | None) -> Target:
    found = parts.keys.owner(parsed.material_id)
    if found is None:
        raise InvalidCiphertext
    owner, material = found
    if named is not None:
        return Target(named, material if owner.key_id == named.key_id else None, parsed)
    if owner.account_id != caller.account_id:
        raise AccessDenied(
            "The ciphertext refers to a customer master key that does not exist, does not exist in "
            "this region, or you are not allowed to access."
        )
    return Target(owner, material, parsed)


def _made_the_blob(target: Target, request: Request) -> None:  # noqa: ARG001 # a Check
    if target.material is None:
        raise IncorrectKey(
            "The key ID in the request does not identify a CMK that can perform this operation.",
            metadata={"keyId": target.key.arn},
        )


def _encrypts(action: str) -> Check:
    operation = "ReEncrypt" if action.startswith("ReEncrypt") else action

    def check(target: Target, request: Request) -> None:  # noqa: ARG001 # a Check
        key = target.key
        if key.usage == v1.KEY_USAGE_ENCRYPT_DECRYPT:
            return
        usage = names.KEY_USAGES[key.usage]
        raise KeyUsageMismatch(
            f"{key.arn} key usage is {usage} which is not valid for {operation}.",
            metadata={"keyId": key.arn, "keyUsage": usage, "operation": operation},
        )

    return check


def _algorithm(field: str | None) -> Check:
    default = v1.ENCRYPTION_ALGORITHM_SYMMETRIC_DEFAULT

    def check(target: Target, request: Request) -> None:
        algorithm = (getattr(request, field) if field else 0) or default
        spec = target.key.spec
        if algorithm in RULES[spec].encryption_algorithms:
            return
        algorithm_name, spec_name = names.ENCRYPTION_ALGORITHMS[algorithm], names.KEY_SPECS[spec]
        raise AlgorithmMismatch(
            f"Algorithm {algorithm_name} is incompatible with key spec {spec_name}.",
            metadata={"keyId": target.key.arn, "algorithm": algorithm_name, "keySpec": spec_name},
        )

    return check
