"""What a token can do, as its probe found out, and what each kind of key needs of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from strongroom.hsm.key_kinds import KeyKind, KeyPurpose


class Capability(Enum):
    """Something that the service needs of a token; the value says it to people."""

    RANDOM = "random numbers"
    PROTECTED_KEYS = "secret keys that can't be taken out"
    PROTECTED_PAIRS = "private keys that can't be taken out"
    AES_256_GCM = "AES-256-GCM encryption"
    HMAC_224 = "HMAC with SHA-224"
    HMAC_256 = "HMAC with SHA-256"
    HMAC_384 = "HMAC with SHA-384"
    HMAC_512 = "HMAC with SHA-512"
    RSA_PAIRS = "RSA key pairs"
    RSA_PKCS1 = "RSASSA-PKCS1-v1_5 signatures"
    RSA_PSS = "RSASSA-PSS signatures"
    RSA_OAEP_SHA_1 = "RSAES-OAEP with SHA-1"
    RSA_OAEP_SHA_256 = "RSAES-OAEP with SHA-256"
    ECDSA_P256 = "ECDSA on P-256"
    ECDSA_P384 = "ECDSA on P-384"
    ECDSA_P521 = "ECDSA on P-521"
    ECDSA_SECP256K1 = "ECDSA on secp256k1"
    ED25519 = "Ed25519 signatures"
    ED25519PH = "Ed25519ph signatures"
    ECDH_P256 = "ECDH on P-256"
    ECDH_P384 = "ECDH on P-384"
    ECDH_P521 = "ECDH on P-521"
    ML_DSA_44 = "ML-DSA-44 signatures"
    ML_DSA_65 = "ML-DSA-65 signatures"
    ML_DSA_87 = "ML-DSA-87 signatures"
    ML_KEM_512 = "ML-KEM-512"
    ML_KEM_768 = "ML-KEM-768"
    ML_KEM_1024 = "ML-KEM-1024"
    SM2 = "SM2"
    UNWRAP_SECRETS_SHA_1 = "secret keys unwrapped with RSAES-OAEP and SHA-1"
    UNWRAP_SECRETS_SHA_256 = "secret keys unwrapped with RSAES-OAEP and SHA-256"
    UNWRAP_RSA_SHA_1 = "RSA private keys unwrapped with RSAES-OAEP and SHA-1, and AES-KWP"
    UNWRAP_RSA_SHA_256 = "RSA private keys unwrapped with RSAES-OAEP and SHA-256, and AES-KWP"
    KNOWN_KEYS = "keys that were unwrapped outside it"
    RSA_DATA_KEY_PAIRS = "RSA data key pairs"
    EC_DATA_KEY_PAIRS = "elliptic curve data key pairs"
    ED25519_DATA_KEY_PAIRS = "Ed25519 data key pairs"
    ML_KEM_DATA_KEY_PAIRS = "ML-KEM data key pairs"


class Finding(Enum):
    """What the probe found."""

    SUPPORTED = "supported"
    UNSUPPORTED = "unsupported"  # the token says so
    FAILED = "failed"  # it says it can, and gives wrong or no results
    LYING = "lying"  # it promises protection and doesn't enforce it
    SWITCHED_OFF = "switched off"  # by the token profile


@dataclass(frozen=True, slots=True)
class CapabilityRow:
    """One row of the probe's table.

    Args:
        capability: what was tried.
        mechanism: by which PKCS#11 mechanism or function.
        finding: what came of it.
        detail: how it was shown, or what is wrong.
        latency_us: how long one operation took, in microseconds; 0 where none was timed.
    """

    capability: Capability
    mechanism: str
    finding: Finding
    detail: str
    latency_us: float = 0.0


_SECRET = (Capability.RANDOM, Capability.PROTECTED_KEYS)
_PAIR = (Capability.RANDOM, Capability.PROTECTED_PAIRS)
_RSA_ENCRYPTION = (*_PAIR, Capability.RSA_PAIRS, Capability.RSA_OAEP_SHA_1, Capability.RSA_OAEP_SHA_256)
_RSA_SIGNING = (*_PAIR, Capability.RSA_PAIRS, Capability.RSA_PKCS1, Capability.RSA_PSS)

NEEDED: Mapping[tuple[KeyKind, KeyPurpose], tuple[Capability, ...]] = {
    (KeyKind.AES_256, KeyPurpose.ENCRYPT): (*_SECRET, Capability.AES_256_GCM),
    (KeyKind.HMAC_224, KeyPurpose.AUTHENTICATE): (*_SECRET, Capability.HMAC_224),
    (KeyKind.HMAC_256, KeyPurpose.AUTHENTICATE): (*_SECRET, Capability.HMAC_256),
    (KeyKind.HMAC_384, KeyPurpose.AUTHENTICATE): (*_SECRET, Capability.HMAC_384),
    (KeyKind.HMAC_512, KeyPurpose.AUTHENTICATE): (*_SECRET, Capability.HMAC_512),
    (KeyKind.RSA_2048, KeyPurpose.ENCRYPT): _RSA_ENCRYPTION,
    (KeyKind.RSA_3072, KeyPurpose.ENCRYPT): _RSA_ENCRYPTION,
    (KeyKind.RSA_4096, KeyPurpose.ENCRYPT): _RSA_ENCRYPTION,
    (KeyKind.RSA_2048, KeyPurpose.SIGN): _RSA_SIGNING,
    (KeyKind.RSA_3072, KeyPurpose.SIGN): _RSA_SIGNING,
    (KeyKind.RSA_4096, KeyPurpose.SIGN): _RSA_SIGNING,
    (KeyKind.P256, KeyPurpose.SIGN): (*_PAIR, Capability.ECDSA_P256),
    (KeyKind.P384, KeyPurpose.SIGN): (*_PAIR, Capability.ECDSA_P384),
    (KeyKind.P521, KeyPurpose.SIGN): (*_PAIR, Capability.ECDSA_P521),
    (KeyKind.SECP256K1, KeyPurpose.SIGN): (*_PAIR, Capability.ECDSA_SECP256K1),
    (KeyKind.ED25519, KeyPurpose.SIGN): (*_PAIR, Capability.ED25519),
    (KeyKind.P256, KeyPurpose.AGREE): (*_PAIR, Capability.ECDH_P256),
    (KeyKind.P384, KeyPurpose.AGREE): (*_PAIR, Capability.ECDH_P384),
    (KeyKind.P521, KeyPurpose.AGREE): (*_PAIR, Capability.ECDH_P521),
    (KeyKind.ML_DSA_44, KeyPurpose.SIGN): (*_PAIR, Capability.ML_DSA_44),
    (KeyKind.ML_DSA_65, KeyPurpose.SIGN): (*_PAIR, Capability.ML_DSA_65),
    (KeyKind.ML_DSA_87, KeyPurpose.SIGN): (*_PAIR, Capability.ML_DSA_87),
    (KeyKind.ML_KEM_512, KeyPurpose.ENCAPSULATE): (*_PAIR, Capability.ML_KEM_512),
    (KeyKind.ML_KEM_768, KeyPurpose.ENCAPSULATE): (*_PAIR, Capability.ML_KEM_768),
    (KeyKind.ML_KEM_1024, KeyPurpose.ENCAPSULATE): (*_PAIR, Capability.ML_KEM_1024),
    (KeyKind.SM2, KeyPurpose.ENCRYPT): (Capability.SM2,),
    (KeyKind.SM2, KeyPurpose.SIGN): (Capability.SM2,),
    (KeyKind.SM2, KeyPurpose.AGREE): (Capability.SM2,),
}
"""What keys of each kind and purpose need."""

WRAPPING_PAIRS = (*_PAIR, Capability.RSA_PAIRS)
"""What the pairs need under which key material is imported."""

DATA_KEY_PAIRS: Mapping[KeyKind, tuple[Capability, ...]] = {
    KeyKind.RSA_2048: (Capability.RSA_DATA_KEY_PAIRS,),
    KeyKind.RSA_3072: (Capability.RSA_DATA_KEY_PAIRS,),
    KeyKind.RSA_4096: (Capability.RSA_DATA_KEY_PAIRS,),
    KeyKind.P256: (Capability.EC_DATA_KEY_PAIRS, Capability.ECDSA_P256),
    KeyKind.P384: (Capability.EC_DATA_KEY_PAIRS, Capability.ECDSA_P384),
    KeyKind.P521: (Capability.EC_DATA_KEY_PAIRS, Capability.ECDSA_P521),
    KeyKind.SECP256K1: (Capability.EC_DATA_KEY_PAIRS, Capability.ECDSA_SECP256K1),
    KeyKind.ED25519: (Capability.ED25519_DATA_KEY_PAIRS,),
    KeyKind.SM2: (Capability.SM2,),
    KeyKind.ML_KEM_512: (Capability.ML_KEM_DATA_KEY_PAIRS, Capability.ML_KEM_512),
    KeyKind.ML_KEM_768: (Capability.ML_KEM_DATA_KEY_PAIRS, Capability.ML_KEM_768),
    KeyKind.ML_KEM_1024: (Capability.ML_KEM_DATA_KEY_PAIRS, Capability.ML_KEM_1024),
}
"""What data key pairs of each kind need."""


@dataclass(frozen=True, slots=True)
class CapabilityReport:
    """All rows of a probe."""

    rows: tuple[CapabilityRow, ...]

    def row(self, capability: Capability) -> CapabilityRow:
        """The row of one capability."""
        return next(row for row in self.rows if row.capability is capability)

    def supports(self, capability: Capability) -> bool:
        """True if the probe proved it."""
        return self.row(capability).finding is Finding.SUPPORTED

    def missing(self, needed: Iterable[Capability]) -> str:
        """What is missing of the needed capabilities, in words; empty if nothing is."""
        rows = [self.row(capability) for capability in needed if not self.supports(capability)]
        return "; ".join(
            f"the token has no {row.capability.value} ({row.mechanism}: {row.finding.value}, {row.detail})"
            for row in rows
        )

    def missing_for(self, kind: KeyKind, purpose: KeyPurpose) -> str:
        """What is missing for keys of this kind and purpose, in words; empty if nothing is."""
        return self.missing(NEEDED[kind, purpose])

    def offered(self) -> tuple[tuple[KeyKind, KeyPurpose], ...]:
        """The kinds and purposes of keys that can be made."""
        return tuple(choice for choice in NEEDED if not self.missing_for(*choice))

    def latency_us(self, kind: KeyKind, purpose: KeyPurpose) -> float:
        """How long the token takes for an operation with such a key, in microseconds."""
        return max(self.row(capability).latency_us for capability in NEEDED[kind, purpose])
