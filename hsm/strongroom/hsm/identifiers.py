"""Names of what is on a token."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, NewType

MaterialId = NewType("MaterialId", bytes)
"""16 random bytes, the CKA_ID of a token object (pair)."""


@dataclass(frozen=True, slots=True)
class MaterialRef:
    """What must be known of a token object to find it and to prove that it is the right one.

    Args:
        material_id: its CKA_ID.
        label: its CKA_LABEL, `strongroom/<deployment>/<key id>`.
        check: a known message sealed by it when it was made: `iv ‖ ciphertext ‖ tag`, 60 bytes.
    """

    material_id: MaterialId
    label: str
    check: bytes


class Sealed(NamedTuple):
    """What AES-256-GCM gives.

    Args:
        iv: 12 bytes, made by the token.
        ciphertext: as long as the plaintext, and 16 bytes of tag behind it.
    """

    iv: bytes
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class TokenObject:
    """A secret key found on the token, by name only."""

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
