"""How key material comes here: wrapped under a pair of the token's, and unwrapped in the token or outside."""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from pkcs11 import KeyType

from strongroom.hsm.capabilities import Capability, CapabilityReport
from strongroom.hsm.errors import MechanismUnsupported
from strongroom.hsm.identifiers import MaterialRef
from strongroom.hsm.key_kinds import SHAPES, KeyKind, KeyPurpose
from strongroom.hsm.rsa_oaep import OaepHash


class WrappingAlgorithm(Enum):
    """How material is wrapped; the value is AWS KMS's name.

    RSAES_OAEP: RSAES-OAEP (RFC 8017 §7.1) of the material, without a label, with one hash for all.
    RSA_AES_KEY_WRAP: RSAES-OAEP of an AES key, and behind it the material under that key by AES key wrap with
    padding (RFC 5649); what PKCS#11 calls CKM_RSA_AES_KEY_WRAP.
    """

    RSAES_OAEP_SHA_1 = "RSAES_OAEP_SHA_1"
    RSAES_OAEP_SHA_256 = "RSAES_OAEP_SHA_256"
    RSA_AES_KEY_WRAP_SHA_1 = "RSA_AES_KEY_WRAP_SHA_1"
    RSA_AES_KEY_WRAP_SHA_256 = "RSA_AES_KEY_WRAP_SHA_256"

    @property
    def hash(self) -> OaepHash:
        """The hash of RSAES-OAEP."""
        return OaepHash.SHA_1 if self.value.endswith("SHA_1") else OaepHash.SHA_256

    @property
    def has_two_steps(self) -> bool:
        """True if the material is wrapped under an AES key."""
        return self.value.startswith("RSA_AES_KEY_WRAP")


class WrappedKey(NamedTuple):
    """Key material on its way here.

    Args:
        pair: the wrapping pair, whose purpose says where the material is unwrapped.
        algorithm: how it is wrapped.
        data: what the algorithm gives.
    """

    pair: MaterialRef
    algorithm: WrappingAlgorithm
    data: bytes

    def __repr__(self) -> str:
        return f"WrappedKey({self.pair.label}, {self.algorithm.value}, {len(self.data)} bytes)"


_SECRETS = (KeyType.AES, KeyType.GENERIC_SECRET)
_IN_TOKEN: Mapping[tuple[KeyType, WrappingAlgorithm], Capability] = {
    **{(kind, WrappingAlgorithm.RSAES_OAEP_SHA_1): Capability.UNWRAP_SECRETS_SHA_1 for kind in _SECRETS},
    **{(kind, WrappingAlgorithm.RSAES_OAEP_SHA_256): Capability.UNWRAP_SECRETS_SHA_256 for kind in _SECRETS},
    (KeyType.RSA, WrappingAlgorithm.RSA_AES_KEY_WRAP_SHA_1): Capability.UNWRAP_RSA_SHA_1,
    (KeyType.RSA, WrappingAlgorithm.RSA_AES_KEY_WRAP_SHA_256): Capability.UNWRAP_RSA_SHA_256,
}
_OUTSIDE: Mapping[OaepHash, tuple[Capability, ...]] = {
    OaepHash.SHA_1: (Capability.RSA_OAEP_SHA_1, Capability.KNOWN_KEYS),
    OaepHash.SHA_256: (Capability.RSA_OAEP_SHA_256, Capability.KNOWN_KEYS),
}
_IMPORTABLE = frozenset({*_SECRETS, KeyType.RSA, KeyType.EC, KeyType.EC_EDWARDS})


def is_importable(kind: KeyKind) -> bool:
    """True for kinds of which material can be brought along."""
    return kind in SHAPES and SHAPES[kind].key_type in _IMPORTABLE


def missing_for(capabilities: CapabilityReport, kind: KeyKind) -> str:
    """Why no material of this kind can be taken, in words; empty if some can."""
    if not is_importable(kind):
        return f"key material of {kind.value} can't be imported"
    missing = ""
    for algorithm in WrappingAlgorithm:
        try:
            purpose_of_pair(capabilities, kind, algorithm)
        except MechanismUnsupported as error:
            missing = str(error)
        else:
            return ""
    return missing


def purpose_of_pair(
    capabilities: CapabilityReport, kind: KeyKind, algorithm: WrappingAlgorithm
) -> KeyPurpose:
    """What a wrapping pair for material of this kind has to do: unwrap in the token if that can be.

    Raises:
        MechanismUnsupported: material of this kind, wrapped so, can't be taken.
    """
    in_token = _IN_TOKEN.get((SHAPES[kind].key_type, algorithm))
    if in_token is not None and capabilities.supports(in_token):
        return KeyPurpose.UNWRAP
    missing = capabilities.missing(_OUTSIDE[algorithm.hash])
    if not missing:
        return KeyPurpose.UNWRAP_OUTSIDE
    wanted = capabilities.missing([in_token]) if in_token else "C_UnwrapKey makes no such key of it"
    raise MechanismUnsupported(
        f"{kind.value} wrapped by {algorithm.value} can't be unwrapped in the token: {wanted}; "
        f"nor outside: {missing}."
    )
