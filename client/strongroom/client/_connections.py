"""How a client connects: mTLS, retries, limits."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from strongroom.client.errors import ServiceUnavailable

DEFAULT_TIMEOUT_S = 10.0
SLOW_TIMEOUT_S = 60.0
"""What calls that make key pairs wait at least: an RSA key of 4096 bits can take many seconds."""
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""The largest answer that is taken: a batch of 1000 items."""

_CRYPTO = "strongroom.v1.CryptoService"
_KEYS = "strongroom.v1.KeyService"
_POLICIES = "strongroom.v1.PolicyService"
_REPEATABLE = (
    {"service": _CRYPTO},
    *(
        {"service": _POLICIES, "method": method}
        for method in (
            "ExplainAccess",
            "GetKeyPolicy",
            "GetPrincipalPolicy",
            "ListGrants",
            "ListKeyPolicies",
            "ListPrincipals",
            "ListRetirableGrants",
            "PutKeyPolicy",
            "PutPrincipalPolicy",
        )
    ),
    *(
        {"service": _KEYS, "method": method}
        for method in (
            "CreateKey",
            "DescribeKey",
            "DescribeToken",
            "ListKeys",
            "EnableKey",
            "DisableKey",
            "UpdateKeyDescription",
            "ListAliases",
            "EnableKeyRotation",
            "DisableKeyRotation",
            "GetKeyRotationStatus",
            "GetKeyLastUsage",
            "RotateKeyOnDemand",
            "ListKeyRotations",
            "UpdateAlias",
            "TagResource",
            "UntagResource",
            "DeleteImportedKeyMaterial",
            "ListResourceTags",
        )
    ),
)
_RETRY_POLICY = {
    "maxAttempts": 5,
    # Five seconds in all, so that a worker that starts again is waited for.
    "initialBackoff": "0.2s",
    "maxBackoff": "3s",
    "backoffMultiplier": 2.5,
    "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],
}
# CreateKey and RotateKeyOnDemand bear an id, by which the service knows them again.
_SERVICE_CONFIG = {"methodConfig": [{"name": list(_REPEATABLE), "retryPolicy": _RETRY_POLICY}]}

_VARIABLES = {
    "endpoint": "STRONGROOM_ENDPOINT",
    "ca": "STRONGROOM_CA",
    "certificate": "STRONGROOM_CERT",
    "key": "STRONGROOM_KEY",
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the service is, and who asks.

    Args:
        address: host:port.
        ca: PEM of the authorities that may vouch for the service.
        certificate: PEM of the client's certificate chain.
        key: PEM of its private key.
    """

    address: str
    ca: bytes
    certificate: bytes
    key: bytes = field(repr=False)

    @classmethod
    def from_files(
        cls, address: str, *, ca: Path | str, certificate: Path | str, key: Path | str
    ) -> "Endpoint":
        """Reads the PEM files.

        Raises:
            ServiceUnavailable: one can't be read.
        """
        return cls(address, _read(ca), _read(certificate), _read(key))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Endpoint":
        """Reads STRONGROOM_ENDPOINT, and the PEM files named by STRONGROOM_CA, _CERT and _KEY.

        Raises:
            ServiceUnavailable: a variable isn't set, or a file can't be read.
        """
        missing = [name for name in _VARIABLES.values() if not environment.get(name)]
        if missing:
            raise ServiceUnavailable(
                f"Not set: {', '.join(missing)}. They say where the service is and who asks."
            )
        values = {option: environment[name] for option, name in _VARIABLES.items()}
        return cls.from_files(
            values["endpoint"], ca=values["ca"], certificate=values["certificate"], key=values["key"]
        )

    def credentials(self) -> grpc.ChannelCredentials:
        """TLS credentials for a channel."""
        return grpc.ssl_channel_credentials(self.ca, self.key, self.certificate)


def channel_options() -> list[tuple[str, str | int]]:
    """Options of every channel."""
    return [
        ("grpc.service_config", json.dumps(_SERVICE_CONFIG)),
        ("grpc.enable_retries", 1),
        # What is larger than gRPC's 256 KiB would not be sent again: batches are.
        ("grpc.per_rpc_retry_buffer_size", MAX_MESSAGE_BYTES),
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        # A restarted service is used again at once: the default waits longer and longer, up to two minutes.
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 1000),
    ]


def _read(path: Path | str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ServiceUnavailable(f"{path} can't be read: {error.strerror}.") from None
