"""The Python client of Strongroom.

from strongroom.client import Client

with Client.from_environment() as client:
    key = client.create_key(description="orders")
    blob = client.encrypt(key.key_id, b"4111…", encryption_context={"table": "orders"}).ciphertext_blob
"""

from strongroom.client import errors, names
from strongroom.client._aio import AsyncClient
from strongroom.client._connections import DEFAULT_TIMEOUT_S, Endpoint
from strongroom.client._sync import Client
from strongroom.client.errors import StrongroomError
from strongroom.client.items import (
    DecryptItem,
    EncryptItem,
    GenerateDataKeyItem,
    GenerateMacItem,
    SignItem,
    VerifyItem,
)
from strongroom.client.results import (
    AliasEntry,
    AliasPage,
    DataKey,
    DataKeyPair,
    DataKeyPairSupport,
    Decapsulated,
    Decrypted,
    Encapsulated,
    Encrypted,
    ImportParameters,
    KeyEntry,
    KeyLastUsage,
    KeyMaterial,
    KeyMetadata,
    KeyPage,
    KeySpecSupport,
    Mac,
    MacVerified,
    PublicKey,
    ReEncrypted,
    RotationEntry,
    RotationPage,
    RotationStatus,
    ScheduledDeletion,
    SharedSecret,
    Signed,
    TagPage,
    Token,
    TokenCapability,
    Verified,
)

__all__ = [
    "DEFAULT_TIMEOUT_S",
    "AliasEntry",
    "AliasPage",
    "AsyncClient",
    "Client",
    "DataKey",
    "DataKeyPair",
    "DataKeyPairSupport",
    "Decapsulated",
    "DecryptItem",
    "Decrypted",
    "Encapsulated",
    "EncryptItem",
    "Encrypted",
    "Endpoint",
    "GenerateDataKeyItem",
    "GenerateMacItem",
    "ImportParameters",
    "KeyEntry",
    "KeyLastUsage",
    "KeyMaterial",
    "KeyMetadata",
    "KeyPage",
    "KeySpecSupport",
    "Mac",
    "MacVerified",
    "PublicKey",
    "ReEncrypted",
    "RotationEntry",
    "RotationPage",
    "RotationStatus",
    "ScheduledDeletion",
    "SharedSecret",
    "SignItem",
    "Signed",
    "StrongroomError",
    "TagPage",
    "Token",
    "TokenCapability",
    "Verified",
    "VerifyItem",
    "errors",
    "names",
]
