# Made by scripts/gen-client from _aio/client.py; change that, not this.
"""The client for threads."""

from types import TracebackType
from typing import Self

from strongroom.client._connections import DEFAULT_TIMEOUT_S, Endpoint
from strongroom.client._sync.batches import BatchCalls
from strongroom.client._sync.encryption import EncryptionCalls
from strongroom.client._sync.grants import GrantCalls
from strongroom.client._sync.importing import ImportCalls
from strongroom.client._sync.key_pairs import KeyPairCalls
from strongroom.client._sync.keys import KeyCalls
from strongroom.client._sync.names import NameCalls
from strongroom.client._sync.policies import PolicyCalls
from strongroom.client._sync.rotation import RotationCalls
from strongroom.client._sync.signing import SigningCalls


class Client(
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
    """Calls the service and waits; thread-safe.

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

    def close(self) -> None:
        """Closes the connections."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
