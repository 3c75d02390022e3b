"""The Python client of Strongroom.

from strongroom.client import Client

with Client.from_environment() as client:
    key = client.create_key(description="orders")
    blob = client.encrypt(key.key_id, b"4111…", encryption_context={"table": "orders"}).ciphertext_blob
"""

from strongroom.client import errors
from strongroom.client._async import AsyncClient
from strongroom.client._connections import DEFAULT_TIMEOUT_S, Endpoint
from strongroom.client._sync import Client
from strongroom.client.errors import StrongroomError
from strongroom.client.results import (
    DataKey,
    Decrypted,
    Encrypted,
    KeyEntry,
    KeyMetadata,
    KeyPage,
    ReEncrypted,
)

__all__ = [
    "DEFAULT_TIMEOUT_S",
    "AsyncClient",
    "Client",
    "DataKey",
    "Decrypted",
    "Encrypted",
    "Endpoint",
    "KeyEntry",
    "KeyMetadata",
    "KeyPage",
    "ReEncrypted",
    "StrongroomError",
    "errors",
]
