"""Names of what is on a token."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, NewType

from strongroom.hsm.key_kinds import KeyKind, KeyPurpose

MaterialId = NewType("MaterialId", bytes)
"""16 random bytes, the CKA_ID of a token object."""

ObjectName = tuple[MaterialId, str]
"""CKA_ID and CKA_LABEL of a token object."""


@dataclass(frozen=True, slots=True)
class MaterialRef:
    """What must be known of a token object to find it and to prove that it is the right one.

    Args:
        material_id: its CKA_ID.
        label: its CKA_LABEL, see `labels`.
        kind: what it is.
        purpose: what it may do.
        check: its pinned identity. Of a pair, the public key (SubjectPublicKeyInfo, DER); of a secret key,
            what it made of a known message: `iv ‖ ciphertext ‖ tag`, 60 bytes, or an HMAC.
        is_imported: True if it was made elsewhere, so that the token can't say that it never left it.
    """

    material_id: MaterialId
    label: str
    kind: KeyKind
    purpose: KeyPurpose
    check: bytes
    is_imported: bool = False

    @property
    def name(self) -> ObjectName:
        """By what the token finds it."""
        return self.material_id, self.label


class Sealed(NamedTuple):
    """What AES-256-GCM gives.

    Args:
        iv: 12 bytes, made by the token.
        ciphertext: as long as the plaintext, and 16 bytes of tag behind it.
    """

    iv: bytes
    ciphertext: bytes


class KeyPair(NamedTuple):
    """A data key pair, on its way out.

    Args:
        private_key: PrivateKeyInfo in DER (RFC 5958), in the clear.
        public_key: SubjectPublicKeyInfo in DER (RFC 5280 §4.1).
    """

    private_key: bytes
    public_key: bytes

    def __repr__(self) -> str:
        return f"KeyPair({len(self.private_key)} bytes, {len(self.public_key)} bytes)"


@dataclass(frozen=True, slots=True)
class TokenObject:
    """A secret or private key found on the token, by name only."""

    material_id: bytes
    label: str


@dataclass(frozen=True, slots=True)
class TokenDescription:
    """What the token says of itself (CK_TOKEN_INFO)."""

    label: str
    serial: str
    manufacturer: str
    model: str


class TokenState(Enum):
    """Whether a token can be used."""

    UP = "up"
    RECOVERING = "recovering"  # it went away; reconnecting
    DOWN = "down"  # only a person can help, for example with the right PIN
    CLOSED = "closed"
