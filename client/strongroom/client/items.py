"""What one call, or one item of a batch, asks for. Secrets are left out of every repr.

Specs and algorithms are AWS KMS's names; `strongroom.client.names` lists them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

Context = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EncryptItem:
    """1 to 4096 bytes to encrypt; an RSA key takes less."""

    key_id: str
    plaintext: bytes = field(repr=False)
    encryption_context: Context | None = None
    encryption_algorithm: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class DecryptItem:
    """A blob to decrypt; with `key_id`, only if that key encrypted it."""

    ciphertext_blob: bytes
    key_id: str | None = None
    encryption_context: Context | None = None
    encryption_algorithm: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class SignItem:
    """A message of 1 to 4096 bytes to sign, or what `message_type` says."""

    key_id: str
    message: bytes = field(repr=False)
    signing_algorithm: str
    message_type: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class VerifyItem:
    """A signature to verify, of a message or of what `message_type` says."""

    key_id: str
    message: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    signing_algorithm: str
    message_type: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class GenerateMacItem:
    """A message of 1 to 4096 bytes to make the HMAC of."""

    key_id: str
    message: bytes = field(repr=False)
    mac_algorithm: str
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class GenerateDataKeyItem:
    """A data key to make: 32 bytes unless 1 to 1024 are asked for."""

    key_id: str
    number_of_bytes: int | None = None
    encryption_context: Context | None = None
    dry_run: bool = False
