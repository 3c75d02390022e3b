"""Encryption, data keys and random numbers."""

from strongroom.client._aio.calls import Calls
from strongroom.client._answers import encryption as answers
from strongroom.client._requests import encryption as requests
from strongroom.client.items import Context, DecryptItem, EncryptItem, GenerateDataKeyItem
from strongroom.client.results import DataKey, Decrypted, Encrypted, ReEncrypted
from strongroom.v1 import encryption_pb2 as messages


class EncryptionCalls(Calls):
    """The operations with ENCRYPT_DECRYPT keys; algorithms are `names.ENCRYPTION_ALGORITHMS`."""

    async def encrypt(
        self,
        key_id: str,
        plaintext: bytes,
        *,
        encryption_context: Context | None = None,
        encryption_algorithm: str | None = None,
        dry_run: bool = False,
    ) -> Encrypted:
        """Encrypts 1 to 4096 bytes; an RSA key takes less, and needs the algorithm."""
        item = EncryptItem(key_id, plaintext, encryption_context, encryption_algorithm, dry_run)
        return answers.encrypted(await self._call(self._crypto.Encrypt, requests.encrypt(item)))

    async def decrypt(
        self,
        ciphertext_blob: bytes,
        *,
        key_id: str | None = None,
        encryption_context: Context | None = None,
        encryption_algorithm: str | None = None,
        dry_run: bool = False,
    ) -> Decrypted:
        """Decrypts a blob; with `key_id`, only if that key encrypted it. RSA needs key and algorithm."""
        item = DecryptItem(ciphertext_blob, key_id, encryption_context, encryption_algorithm, dry_run)
        return answers.decrypted(await self._call(self._crypto.Decrypt, requests.decrypt(item)))

    async def re_encrypt(
        self,
        ciphertext_blob: bytes,
        destination_key_id: str,
        *,
        source_key_id: str | None = None,
        source_encryption_context: Context | None = None,
        source_encryption_algorithm: str | None = None,
        destination_encryption_context: Context | None = None,
        destination_encryption_algorithm: str | None = None,
        dry_run: bool = False,
    ) -> ReEncrypted:
        """Encrypts anew, under another key or context; the plaintext stays in the service."""
        request = requests.re_encrypt(
            ciphertext_blob,
            destination_key_id,
            source_key_id=source_key_id,
            source_encryption_context=source_encryption_context,
            source_encryption_algorithm=source_encryption_algorithm,
            destination_encryption_context=destination_encryption_context,
            destination_encryption_algorithm=destination_encryption_algorithm,
            dry_run=dry_run,
        )
        return answers.re_encrypted(await self._call(self._crypto.ReEncrypt, request))

    async def generate_data_key(
        self,
        key_id: str,
        *,
        number_of_bytes: int | None = None,
        encryption_context: Context | None = None,
        dry_run: bool = False,
    ) -> DataKey:
        """A random data key in the clear and encrypted; 32 bytes unless 1 to 1024 are asked for."""
        item = GenerateDataKeyItem(key_id, number_of_bytes, encryption_context, dry_run)
        request = requests.generate_data_key(item)
        return answers.data_key(await self._call(self._crypto.GenerateDataKey, request))

    async def generate_data_key_without_plaintext(
        self,
        key_id: str,
        *,
        number_of_bytes: int | None = None,
        encryption_context: Context | None = None,
        dry_run: bool = False,
    ) -> DataKey:
        """A random data key, encrypted only; 32 bytes unless 1 to 1024 are asked for."""
        item = GenerateDataKeyItem(key_id, number_of_bytes, encryption_context, dry_run)
        request = requests.generate_data_key_without_plaintext(item)
        answer = await self._call(self._crypto.GenerateDataKeyWithoutPlaintext, request)
        return answers.data_key_without_plaintext(answer)

    async def generate_random(self, number_of_bytes: int) -> bytes:
        """1 to 1024 random bytes from the token."""
        request = messages.GenerateRandomRequest(number_of_bytes=number_of_bytes)
        answer = await self._call(self._crypto.GenerateRandom, request)
        return bytes(answer.plaintext)
