"""The token layer: PKCS#11 tokens, sessions and mechanisms. Knows nothing of gRPC, store or policies."""

from strongroom.hsm.capabilities import (
    SYMMETRIC_KEYS,
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
    KeyNotProtected,
    MaterialMissing,
    MechanismUnsupported,
    PinRejected,
    PinUnavailable,
    ProfileInvalid,
    TokenAmbiguous,
    TokenFull,
    TokenNotFound,
    TokenUnavailable,
)
from strongroom.hsm.identifiers import (
    MaterialId,
    MaterialRef,
    Sealed,
    TokenDescription,
    TokenObject,
    TokenState,
)
from strongroom.hsm.pins import PinSource
from strongroom.hsm.token import Token
from strongroom.hsm.token_profiles import TokenProfile, builtin_profiles, load_profile

__all__ = [
    "SYMMETRIC_KEYS",
    "Capability",
    "CapabilityReport",
    "CapabilityRow",
    "CiphertextRejected",
    "Finding",
    "HsmError",
    "HsmFault",
    "IdentityMismatch",
    "KeyNotProtected",
    "MaterialId",
    "MaterialMissing",
    "MaterialRef",
    "MechanismUnsupported",
    "PinRejected",
    "PinSource",
    "PinUnavailable",
    "ProfileInvalid",
    "Sealed",
    "Token",
    "TokenAmbiguous",
    "TokenDescription",
    "TokenFull",
    "TokenNotFound",
    "TokenObject",
    "TokenProfile",
    "TokenState",
    "TokenUnavailable",
    "builtin_profiles",
    "load_profile",
]
