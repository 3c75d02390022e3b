"""The client for threads."""

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import grpc

from strongroom.client import _connections, _requests, results
from strongroom.client._connections import DEFAULT_TIMEOUT_S, Endpoint
from strongroom.client._requests import Context
from strongroom.client._statuses import error_of
from strongroom.client.results import (
    DataKey,
    Decrypted,
    Encrypted,
    KeyEntry,
    KeyMetadata,
    KeyPage,
    ReEncrypted,
)
from strongroom.v1 import crypto_service_pb2 as crypto
from strongroom.v1 import crypto_service_pb2_grpc as crypto_grpc
from strongroom.v1 import key_service_pb2 as keys
from strongroom.v1 import key_service_pb2_grpc as keys_grpc


class Client:
    """Calls the service and waits; thread-safe.

    Every method raises a StrongroomError of the kind that fits. Calls that are safe to repeat are retried
    while the service is UNAVAILABLE, within the timeout.

    Args:
        endpoint: where the service is and who asks.
        timeout_s: after how many seconds a call is given up.
    """

    def __init__(self, endpoint: Endpoint, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._channel = grpc.secure_channel(
            endpoint.address, endpoint.credentials(), options=_connections.channel_options()
        )
        self._keys = keys_grpc.KeyServiceStub(self._channel)
        self._crypto = crypto_grpc.CryptoServiceStub(self._channel)

    @classmethod
    def from_environment(cls, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Self:
        """A client by STRONGROOM_ENDPOINT, STRONGROOM_CA, STRONGROOM_CERT and STRONGROOM_KEY."""
        return cls(Endpoint.from_environment(), timeout_s=timeout_s)

    def create_key(
        self,
        *,
        description: str = "",
        key_spec: str = "SYMMETRIC_DEFAULT",
        key_usage: str | None = None,
        policy: str | None = None,
        tags: Mapping[str, str] | None = None,
        bypass_policy_lockout_safety_check: bool = False,
    ) -> KeyMetadata:
        """Creates a key in the token. Never retried: every call makes another key."""
        request = _requests.create_key(
            description=description,
            key_spec=key_spec,
            key_usage=key_usage,
            policy=policy,
            tags=tags,
            bypass_policy_lockout_safety_check=bypass_policy_lockout_safety_check,
        )
        return results.key_metadata((self._call(self._keys.CreateKey, request)).key_metadata)

    def describe_key(self, key_id: str) -> KeyMetadata:
        """What is known of a key, named by id, ARN, alias name or alias ARN."""
        request = keys.DescribeKeyRequest(key_id=key_id)
        return results.key_metadata((self._call(self._keys.DescribeKey, request)).key_metadata)

    def list_keys(self, *, limit: int | None = None, marker: str | None = None) -> KeyPage:
        """A page of the account's keys, 100 unless `limit` says 1 to 1000."""
        request = keys.ListKeysRequest(limit=limit, marker=marker)
        return results.key_page(self._call(self._keys.ListKeys, request))

    def all_keys(self) -> Iterator[KeyEntry]:
        """All keys of the account, page by page."""
        marker: str | None = None
        while marker != "":
            page = self.list_keys(limit=1000, marker=marker)
            yield from page.keys
            marker = page.next_marker

    def enable_key(self, key_id: str) -> None:
        """Makes a disabled key usable."""
        self._call(self._keys.EnableKey, keys.EnableKeyRequest(key_id=key_id))

    def disable_key(self, key_id: str) -> None:
        """Makes a key unusable until it is enabled."""
        self._call(self._keys.DisableKey, keys.DisableKeyRequest(key_id=key_id))

    def update_key_description(self, key_id: str, description: str) -> None:
        """Replaces a key's description."""
        request = keys.UpdateKeyDescriptionRequest(key_id=key_id, description=description)
        self._call(self._keys.UpdateKeyDescription, request)

    def encrypt(
        self,
        key_id: str,
        plaintext: bytes,
        *,
        encryption_context: Context | None = None,
        dry_run: bool = False,
    ) -> Encrypted:
        """Encrypts 1 to 4096 bytes."""
        request = crypto.EncryptRequest(
            key_id=key_id, plaintext=plaintext, encryption_context=encryption_context, dry_run=dry_run
        )
        return results.encrypted(self._call(self._crypto.Encrypt, request))

    def decrypt(
        self,
        ciphertext_blob: bytes,
        *,
        key_id: str | None = None,
        encryption_context: Context | None = None,
        dry_run: bool = False,
    ) -> Decrypted:
        """Decrypts a blob; with `key_id`, only if that key encrypted it."""
        request = _requests.decrypt(
            ciphertext_blob, key_id=key_id, encryption_context=encryption_context, dry_run=dry_run
        )
        return results.decrypted(self._call(self._crypto.Decrypt, request))

    def re_encrypt(
        self,
        ciphertext_blob: bytes,
        destination_key_id: str,
        *,
        source_key_id: str | None = None,
        source_encryption_context: Context | None = None,
        destination_encryption_context: Context | None = None,
        dry_run: bool = False,
    ) -> ReEncrypted:
        """Encrypts anew, under another key or context; the plaintext stays in the service."""
        request = _requests.re_encrypt(
            ciphertext_blob,
            destination_key_id,
            source_key_id=source_key_id,
            source_encryption_context=source_encryption_context,
            destination_encryption_context=destination_encryption_context,
            dry_run=dry_run,
        )
        return results.re_encrypted(self._call(self._crypto.ReEncrypt, request))

    def generate_data_key(
        self,
        key_id: str,
        *,
        number_of_bytes: int | None = None,
        encryption_context: Context | None = None,
        dry_run: bool = False,
    ) -> DataKey:
        """A random data key in the clear and encrypted; 32 bytes unless 1 to 1024 are asked for."""
        request = _requests.generate_data_key(
            key_id,
            number_of_bytes=number_of_bytes,
            encryption_context=encryption_context,
            dry_run=dry_run,
        )
        return results.data_key(self._call(self._crypto.GenerateDataKey, request))

    def generate_data_key_without_plaintext(
        self,
        key_id: str,
        *,
        number_of_bytes: int | None = None,
        encryption_context: Context | None = None,
        dry_run: bool = False,
    ) -> DataKey:
        """A random data key, encrypted only; 32 bytes unless 1 to 1024 are asked for."""
        request = _requests.generate_data_key_without_plaintext(
            key_id,
            number_of_bytes=number_of_bytes,
            encryption_context=encryption_context,
            dry_run=dry_run,
        )
        call = self._crypto.GenerateDataKeyWithoutPlaintext
        return results.data_key_without_plaintext(self._call(call, request))

    def generate_random(self, number_of_bytes: int) -> bytes:
        """1 to 1024 random bytes from the token."""
        request = crypto.GenerateRandomRequest(number_of_bytes=number_of_bytes)
        return bytes(self._call(self._crypto.GenerateRandom, request).plaintext)

    def close(self) -> None:
        """Closes the connections."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, method: Any, request: Any) -> Any:  # noqa: ANN401 # any unary call
        try:
            return method(request, timeout=self._timeout_s)
        except grpc.RpcError as error:
            raise error_of(error) from None
