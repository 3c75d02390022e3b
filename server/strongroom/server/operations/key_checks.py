"""What an operation asks of a key besides its state: each check raises if the key isn't so.

The order in which an operation lists them is AWS KMS's: usage, algorithm, then what the request's values mean
for this key.
"""

from collections.abc import Callable, Mapping

from google.protobuf.descriptor import EnumDescriptor

from strongroom.hsm import Capability
from strongroom.server.core import names
from strongroom.server.core.errors import (
    AlgorithmMismatch,
    IncorrectKey,
    KeyUsageMismatch,
    UnsupportedOperation,
    ValidationFailed,
)
from strongroom.server.core.fields import Request, camel_case
from strongroom.server.core.key_specs import RULES, algorithms_of
from strongroom.server.operations.asymmetric import (
    OAEP_HASHES,
    peer_point,
    require_ciphertext_length,
    require_encapsulated_length,
    require_length,
)
from strongroom.server.operations.declaration import Target
from strongroom.server.operations.parts import Parts
from strongroom.v1 import resources_pb2 as v1

Check = Callable[[Parts, Target, Request], None]

_ENUMS = v1.DESCRIPTOR.enum_types_by_name
_PH = v1.SIGNING_ALGORITHM_ED25519_PH_SHA_512
_ED25519 = v1.SIGNING_ALGORITHM_ED25519_SHA_512
_ML_DSA = v1.SIGNING_ALGORITHM_ML_DSA_SHAKE_256
_MU_BYTES = 64

# What DIGEST must be, by algorithm; those that aren't here take no digest.
_DIGEST_BYTES: Mapping[int, int] = {
    v1.SIGNING_ALGORITHM_RSASSA_PSS_SHA_256: 32,
    v1.SIGNING_ALGORITHM_RSASSA_PSS_SHA_384: 48,
    v1.SIGNING_ALGORITHM_RSASSA_PSS_SHA_512: 64,
    v1.SIGNING_ALGORITHM_RSASSA_PKCS1_V1_5_SHA_256: 32,
    v1.SIGNING_ALGORITHM_RSASSA_PKCS1_V1_5_SHA_384: 48,
    v1.SIGNING_ALGORITHM_RSASSA_PKCS1_V1_5_SHA_512: 64,
    v1.SIGNING_ALGORITHM_ECDSA_SHA_256: 32,
    v1.SIGNING_ALGORITHM_ECDSA_SHA_384: 48,
    v1.SIGNING_ALGORITHM_ECDSA_SHA_512: 64,
    v1.SIGNING_ALGORITHM_SM2DSA: 32,
    _PH: 64,
}


def rotates(parts: Parts, target: Target, request: Request) -> None:
    """The key is symmetric, and its material was made here."""
    is_symmetric(parts, target, request)
    _require_origin(target, v1.ORIGIN_AWS_KMS)


def is_symmetric(parts: Parts, target: Target, request: Request) -> None:  # noqa: ARG001 # a Check
    """The key is symmetric."""
    key = target.key
    if key.spec != v1.KEY_SPEC_SYMMETRIC_DEFAULT:
        raise UnsupportedOperation("", metadata={"keyId": key.arn, "keySpec": names.KEY_SPECS[key.spec]})


def is_external(parts: Parts, target: Target, request: Request) -> None:  # noqa: ARG001 # a Check
    """The key's material is imported."""
    _require_origin(target, v1.ORIGIN_EXTERNAL)


def _require_origin(target: Target, origin: int) -> None:
    key = target.key
    if key.origin != origin:
        found = names.ORIGINS[key.origin]
        raise UnsupportedOperation(
            f"{key.arn} origin is {found} which is not valid for this operation.",
            metadata={"keyId": key.arn, "origin": found},
        )


def symmetric_only(*fields: str) -> Check:
    """Fields that are given of symmetric encryption keys alone."""

    def check(parts: Parts, target: Target, request: Request) -> None:  # noqa: ARG001 # a Check
        given = [camel_case(name) for name in fields if getattr(request, name)]
        if given and target.key.spec != v1.KEY_SPEC_SYMMETRIC_DEFAULT:
            raise ValidationFailed(
                f"{', '.join(given)} is for symmetric encryption keys: others have one material."
            )

    return check


def made_the_blob(parts: Parts, target: Target, request: Request) -> None:  # noqa: ARG001 # a Check
    """The key that is named is the one that the blob names."""
    if target.material is None:
        raise IncorrectKey(
            "The key ID in the request does not identify a CMK that can perform this operation.",
            metadata={"keyId": target.key.arn},
        )


def has_usage(operation: str, usage: int) -> Check:
    """The key was created for this."""

    def check(parts: Parts, target: Target, request: Request) -> None:  # noqa: ARG001 # a Check
        key = target.key
        if key.usage == usage:
            return
        found = names.KEY_USAGES[key.usage]
        raise KeyUsageMismatch(
            f"{key.arn} key usage is {found} which is not valid for {operation}.",
            metadata={"keyId": key.arn, "keyUsage": found, "operation": operation},
        )

    return check


def offers(field: str | None, enum: str, default: int = 0) -> Check:
    """The key's spec goes with the algorithm in this field, or with the default."""
    descriptor: EnumDescriptor = _ENUMS[enum]

    def check(parts: Parts, target: Target, request: Request) -> None:  # noqa: ARG001 # a Check
        key = target.key
        algorithm = (getattr(request, field) if field else 0) or default
        if algorithm in algorithms_of(key.spec, key.usage):
            return
        algorithm_name, spec_name = names.aws_names(descriptor)[algorithm], names.KEY_SPECS[key.spec]
        raise AlgorithmMismatch(
            f"Algorithm {algorithm_name} is incompatible with key spec {spec_name}.",
            metadata={"keyId": key.arn, "algorithm": algorithm_name, "keySpec": spec_name},
        )

    return check


def takes_context(field: str) -> Check:
    """Only symmetric keys authenticate an encryption context; with others it is refused, never ignored."""

    def check(parts: Parts, target: Target, request: Request) -> None:  # noqa: ARG001 # a Check
        if RULES[target.key.spec].is_asymmetric and getattr(request, field):
            raise ValidationFailed("An encryption context goes with symmetric keys only: leave it out.")

    return check


def takes_plaintext(parts: Parts, target: Target, request: Request) -> None:  # noqa: ARG001 # a Check
    """An RSA key encrypts less than a symmetric one."""
    if request.encryption_algorithm in OAEP_HASHES:
        require_length(target.key, request.encryption_algorithm, len(request.plaintext))


def takes_ciphertext(algorithm: str) -> Check:
    """What an RSA key encrypted has the length of its modulus; without a dry run the operation finds out."""

    def check(parts: Parts, target: Target, request: Request) -> None:  # noqa: ARG001 # a Check
        is_tried = request.dry_run and request.ciphertext_blob and not request.dry_run_modifiers
        if is_tried and getattr(request, algorithm) in OAEP_HASHES:
            require_ciphertext_length(target.key, request.ciphertext_blob)

    return check


def takes_message(parts: Parts, target: Target, request: Request) -> None:
    """The message is what its type says, and the algorithm takes that type."""
    algorithm, length = request.signing_algorithm, len(request.message)
    name = names.SIGNING_ALGORITHMS[algorithm]
    if request.message_type == v1.MESSAGE_TYPE_DIGEST:
        if algorithm not in _DIGEST_BYTES:
            raise ValidationFailed(f"MessageType DIGEST is not valid for algorithm {name}.")
        if length != _DIGEST_BYTES[algorithm]:
            raise ValidationFailed(f"Digest is invalid length for algorithm {name}.")
    elif request.message_type == v1.MESSAGE_TYPE_EXTERNAL_MU:
        if algorithm != _ML_DSA:
            raise ValidationFailed(f"MessageType EXTERNAL_MU is not valid for algorithm {name}.")
        if length != _MU_BYTES:
            raise ValidationFailed(f"Message is invalid length for EXTERNAL_MU: it has {_MU_BYTES} bytes.")
    elif algorithm == _PH:
        raise ValidationFailed(f"MessageType RAW is not valid for algorithm {name}.")
    _require_token(parts, target, algorithm)


def signs_mu(parts: Parts, target: Target, request: Request) -> None:  # noqa: ARG001 # a Check
    """PKCS#11 v3.2 has no mechanism that signs a message representative."""
    if request.message_type == v1.MESSAGE_TYPE_EXTERNAL_MU:
        raise UnsupportedOperation(
            "PKCS#11 v3.2 has no mechanism that signs EXTERNAL_MU: send the message itself as RAW.",
            metadata={"keyId": target.key.arn},
        )


def takes_peer(parts: Parts, target: Target, request: Request) -> None:  # noqa: ARG001 # a Check
    """The peer's public key is one, on the key's curve; without a dry run the operation itself finds out."""
    if request.dry_run:
        peer_point(target.key, request.public_key)


def takes_encapsulated(parts: Parts, target: Target, request: Request) -> None:  # noqa: ARG001 # a Check
    """The ciphertext has the length of one for this key; without a dry run the operation itself finds out."""
    if request.dry_run:
        require_encapsulated_length(target.key, request.shared_secret_ciphertext_blob)


def has_public_key(parts: Parts, target: Target, request: Request) -> None:  # noqa: ARG001 # a Check
    """The key is asymmetric."""
    key = target.key
    if not RULES[key.spec].is_asymmetric:
        raise UnsupportedOperation(
            f"{key.arn} has no public key: its KeySpec is {names.KEY_SPECS[key.spec]}.",
            metadata={"keyId": key.arn, "keySpec": names.KEY_SPECS[key.spec]},
        )


def _require_token(parts: Parts, target: Target, algorithm: int) -> None:
    """Ed25519ph is done by the token alone, and not by every token that has Ed25519."""
    capability = SIGNING_NEEDS.get(algorithm)
    missing = capability and parts.token.capabilities.missing((capability,))
    if missing:
        raise UnsupportedOperation(
            f"This deployment can't do it: {missing}.", metadata={"keyId": target.key.arn}
        )


SIGNING_NEEDS: Mapping[int, Capability] = {_PH: Capability.ED25519PH}
"""What an algorithm needs of the token beyond what its keys need."""
