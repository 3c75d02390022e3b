"""The token layer: PKCS#11 tokens, sessions and mechanisms. Knows nothing of gRPC, store or policies."""

from strongroom.hsm import labels
from strongroom.hsm.capabilities import (
    DATA_KEY_PAIRS,
    NEEDED,
    Capability,
    CapabilityReport,
    CapabilityRow,
    Finding,
)
from strongroom.hsm.errors import (
    CiphertextRejected,
    HsmError,
    HsmFault,
    IdentityMismatch,
    KeyMaterialRejected,
    KeyNotProtected,
    MaterialMissing,
    MechanismUnsupported,
    PinRejected,
    PinUnavailable,
    ProfileInvalid,
    PublicKeyRejected,
    SignatureRejected,
    TokenAmbiguous,
    TokenFull,
    TokenNotFound,
    TokenUnavailable,
)
from strongroom.hsm.identifiers import (
    KeyPair,
    MaterialId,
    MaterialRef,
    Sealed,
    TokenDescription,
    TokenObject,
    TokenState,
)
from strongroom.hsm.key_kinds import SHAPES, KeyKind, KeyPurpose
from strongroom.hsm.pair_reserve import ReserveFigures
from strongroom.hsm.pins import PinSource
from strongroom.hsm.rsa_oaep import OaepHash
from strongroom.hsm.sessions import SessionFigures
from strongroom.hsm.signatures import SigningAlgorithm
from strongroom.hsm.token import Token
from strongroom.hsm.token_calls import CallKind, OnCall, TokenCall
from strongroom.hsm.token_profiles import TokenProfile, builtin_profiles, load_profile
from strongroom.hsm.wrapping import WrappedKey, WrappingAlgorithm

__all__ = [
    "DATA_KEY_PAIRS",
    "NEEDED",
    "SHAPES",
    "CallKind",
    "Capability",
    "CapabilityReport",
    "CapabilityRow",
    "CiphertextRejected",
    "Finding",
    "HsmError",
    "HsmFault",
    "IdentityMismatch",
    "KeyKind",
    "KeyMaterialRejected",
    "KeyNotProtected",
    "KeyPair",
    "KeyPurpose",
    "MaterialId",
    "MaterialMissing",
    "MaterialRef",
    "MechanismUnsupported",
    "OaepHash",
    "OnCall",
    "PinRejected",
    "PinSource",
    "PinUnavailable",
    "ProfileInvalid",
    "PublicKeyRejected",
    "ReserveFigures",
    "Sealed",
    "SessionFigures",
    "SignatureRejected",
    "SigningAlgorithm",
    "Token",
    "TokenAmbiguous",
    "TokenCall",
    "TokenDescription",
    "TokenFull",
    "TokenNotFound",
    "TokenObject",
    "TokenProfile",
    "TokenState",
    "TokenUnavailable",
    "WrappedKey",
    "WrappingAlgorithm",
    "builtin_profiles",
    "labels",
    "load_profile",
]
