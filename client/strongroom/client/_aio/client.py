"""The client for asyncio."""

from types import TracebackType
from typing import Self

from strongroom.client._aio.batches import BatchCalls
from strongroom.client._aio.encryption import EncryptionCalls
from strongroom.client._aio.grants import GrantCalls
from strongroom.client._aio.importing import ImportCalls
from strongroom.client._aio.key_pairs import KeyPairCalls
from strongroom.client._aio.keys import KeyCalls
from strongroom.client._aio.names import NameCalls
from strongroom.client._aio.policies import PolicyCalls
from strongroom.client._aio.rotation import RotationCalls
from strongroom.client._aio.signing import SigningCalls
from strongroom.client._connections import DEFAULT_TIMEOUT_S, Endpoint


class AsyncClient(
    KeyCalls,
    NameCalls,
    RotationCalls,
    ImportCalls,
    PolicyCalls,
    GrantCalls,
    EncryptionCalls,
    SigningCalls,
    KeyPairCalls,
    BatchCalls,
):
    """Calls the service within an event loop.

    Every method raises a StrongroomError of the kind that fits, and ValueError for the name of a spec or an
    algorithm that doesn't exist. Calls that are safe to repeat are retried while the service is UNAVAILABLE,
    within the timeout. Bytes are sent with their CRC32C, and what comes back is checked.

    Args:
        endpoint: where the service is and who asks.
        timeout_s: after how many seconds a call is given up; those that make key pairs get at least 60.
        verify_checksums: False to neither send nor check the checksums of bytes.
    """

    @classmethod
    def from_environment(cls, *, timeout_s: float = DEFAULT_TIMEOUT_S, verify_checksums: bool = True) -> Self:
        """A client by STRONGROOM_ENDPOINT and _CA, and STRONGROOM_CERT and _KEY or STRONGROOM_TOKEN_FILE."""
        return cls(Endpoint.from_environment(), timeout_s=timeout_s, verify_checksums=verify_checksums)

    async def close(self) -> None:
        """Closes the connections."""
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
