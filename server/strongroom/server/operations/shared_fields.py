"""Request fields that several operations have."""

from collections.abc import Mapping

from strongroom.server.core import blob
from strongroom.server.core.condition_fields import Give
from strongroom.server.core.errors import CustomKeyStoresNotImplemented, FeatureNotImplemented
from strongroom.server.core.fields import Blob, Choice, Choices, Flag, NotOffered, PresentText, Text
from strongroom.server.core.plural_fields import EncryptionContext, GrantTokens
from strongroom.v1 import resources_pb2 as v1

MAX_BLOB_BYTES = 6144
MAX_MESSAGE_BYTES = 4096
MAX_PUBLIC_KEY_BYTES = 8192
MAX_KEY_ID_CHARACTERS = 2048
MAX_POLICY_CHARACTERS = 131_072
POLICY_PATTERN = "[\u0009\u000a\u000d\u0020-\u00ff]+"

_ENUMS = v1.DESCRIPTOR.enum_types_by_name

KEY_ID = Text("key_id", 1, MAX_KEY_ID_CHARACTERS)
PLAINTEXT = Blob(
    "plaintext",
    1,
    blob.MAX_PLAINTEXT_BYTES,
    ". For more, encrypt it yourself under a data key: GenerateDataKey",
)
MESSAGE = Blob("message", 1, MAX_MESSAGE_BYTES, ". For a longer message, send its digest")
SIGNATURE = Blob("signature", 1, MAX_BLOB_BYTES)
MAC = Blob("mac", 1, MAX_BLOB_BYTES)
CIPHERTEXT_BLOB = Blob("ciphertext_blob", 0, MAX_BLOB_BYTES)  # empty only as IGNORE_CIPHERTEXT allows
ENCRYPTION_CONTEXT = EncryptionContext("encryption_context")
GRANT_TOKENS = GrantTokens()
DRY_RUN = Flag("dry_run")
BYPASS_LOCKOUT_CHECK = Flag("bypass_policy_lockout_safety_check", always=True)
DRY_RUN_MODIFIERS = Choices("dry_run_modifiers", _ENUMS["DryRunModifier"])
RECIPIENT = NotOffered(
    "recipient",
    FeatureNotImplemented,
    "Recipients are not offered: the service can't verify enclave attestations. Leave the field out.",
)
CUSTOM_KEY_STORE_ID = NotOffered(
    "custom_key_store_id",
    CustomKeyStoresNotImplemented,
    "Custom key stores are not offered: leave the field out to use the deployment's own token.",
)

SYMMETRIC_ONLY: Mapping[str, Give] = {"kms:encryptionalgorithm": lambda _request: ("SYMMETRIC_DEFAULT",)}
"""Condition keys of what encrypts with symmetric keys alone, and so has no field for the algorithm."""


def policy(*, required: bool = False) -> PresentText:
    """A policy document."""
    return PresentText("policy", 1, MAX_POLICY_CHARACTERS, POLICY_PATTERN, required=required)


def optional_key_id(name: str) -> Text:
    """A key that may be named."""
    return Text(name, 0, MAX_KEY_ID_CHARACTERS)


def encryption_algorithm(name: str = "encryption_algorithm") -> Choice:
    """An encryption algorithm, by default SYMMETRIC_DEFAULT."""
    return Choice(name, _ENUMS["EncryptionAlgorithm"], v1.ENCRYPTION_ALGORITHM_SYMMETRIC_DEFAULT)


def choice(name: str, enum: str, default: int = 0, *, required: bool = False) -> Choice:
    """A value of one of the shared enums."""
    return Choice(name, _ENUMS[enum], default, required)
