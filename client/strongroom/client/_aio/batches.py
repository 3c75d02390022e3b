"""Many requests of one operation in one call, each answered on its own."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from strongroom.client._aio.calls import Calls
from strongroom.client._answers import encryption as encryption_answers
from strongroom.client._answers import signing as signing_answers
from strongroom.client._answers.batches import outcomes
from strongroom.client._requests import encryption, signing
from strongroom.client.errors import StrongroomError
from strongroom.client.items import (
    DecryptItem,
    EncryptItem,
    GenerateDataKeyItem,
    GenerateMacItem,
    SignItem,
    VerifyItem,
)
from strongroom.client.results import DataKey, Decrypted, Encrypted, Mac, Signed, Verified
from strongroom.v1 import batches_pb2 as messages

_Result = TypeVar("_Result")


class BatchCalls(Calls):
    """The batches of CryptoService: 1 to 1000 items, by default of together at most 8 MiB.

    Each gives a list in the order of the items: of every item the result, or the StrongroomError that says
    why there is none, not raised. Raised is only what hinders the call as a whole.
    """

    async def batch_encrypt(self, items: Iterable[EncryptItem]) -> list[Encrypted | StrongroomError]:
        """Encrypts each item."""
        request = messages.BatchEncryptRequest(items=map(encryption.encrypt, items))
        return await self._batch(self._crypto.BatchEncrypt, request, encryption_answers.encrypted)

    async def batch_decrypt(self, items: Iterable[DecryptItem]) -> list[Decrypted | StrongroomError]:
        """Decrypts each item."""
        request = messages.BatchDecryptRequest(items=map(encryption.decrypt, items))
        return await self._batch(self._crypto.BatchDecrypt, request, encryption_answers.decrypted)

    async def batch_sign(self, items: Iterable[SignItem]) -> list[Signed | StrongroomError]:
        """Signs each item."""
        request = messages.BatchSignRequest(items=map(signing.sign, items))
        return await self._batch(self._crypto.BatchSign, request, signing_answers.signed)

    async def batch_verify(self, items: Iterable[VerifyItem]) -> list[Verified | StrongroomError]:
        """Verifies each item; of a signature that isn't valid the answer is an InvalidSignature."""
        request = messages.BatchVerifyRequest(items=map(signing.verify, items))
        return await self._batch(self._crypto.BatchVerify, request, signing_answers.verified)

    async def batch_generate_mac(self, items: Iterable[GenerateMacItem]) -> list[Mac | StrongroomError]:
        """Makes the HMAC of each item."""
        request = messages.BatchGenerateMacRequest(items=map(signing.generate_mac, items))
        return await self._batch(self._crypto.BatchGenerateMac, request, signing_answers.mac)

    async def batch_generate_data_key(
        self, items: Iterable[GenerateDataKeyItem]
    ) -> list[DataKey | StrongroomError]:
        """Makes a data key for each item."""
        request = messages.BatchGenerateDataKeyRequest(items=map(encryption.generate_data_key, items))
        return await self._batch(self._crypto.BatchGenerateDataKey, request, encryption_answers.data_key)

    async def _batch(
        self,
        method: Any,  # noqa: ANN401 # any unary call
        request: Any,  # noqa: ANN401 # its request
        result_of: Callable[[Any], _Result],
    ) -> list[_Result | StrongroomError]:
        answer = await self._call(method, request)
        return outcomes(request, answer, result_of, has_checksums=self._verify_checksums)
