"""How a client connects: TLS with a certificate or a token, retries, limits."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from strongroom.client._tokens import TokenFile, TokenSource, call_credentials
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

_WHERE = ("STRONGROOM_ENDPOINT", "STRONGROOM_CA")
_CERTIFICATE = ("STRONGROOM_CERT", "STRONGROOM_KEY")
_TOKEN_FILE = "STRONGROOM_TOKEN_FILE"  # noqa: S105 # a variable's name


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the service is, and who asks: by a certificate and its key, or by a token.

    Args:
        address: host:port. Certificates and tokens have addresses of their own.
        ca: PEM of the authorities that may vouch for the service.
        certificate: PEM of the client's certificate chain.
        key: PEM of its private key.
        token: gives the bearer token for the next call, from any thread.
    """

    address: str
    ca: bytes
    certificate: bytes = b""
    key: bytes = field(default=b"", repr=False)
    token: TokenSource | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        has_certificate = bool(self.certificate or self.key)
        if has_certificate == (self.token is not None):
            raise ValueError("An endpoint has either a certificate with its key, or a token.")

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
    def with_token(cls, address: str, *, ca: Path | str, token: TokenSource | Path | str) -> "Endpoint":
        """Asks with a bearer token, where the service listens for them.

        Args:
            address: host:port.
            ca: PEM file of the authorities that may vouch for the service.
            token: the path of a file with it, read anew when it is replaced; or what gives it for each call.

        Raises:
            ServiceUnavailable: a file can't be read.
        """
        source = token if callable(token) else TokenFile(token)
        if isinstance(source, TokenFile):
            source()
        return cls(address, _read(ca), token=source)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Endpoint":
        """Reads STRONGROOM_ENDPOINT, and the files named by STRONGROOM_CA, and _CERT and _KEY or _TOKEN_FILE.

        Raises:
            ServiceUnavailable: a variable isn't set, or a file can't be read.
        """
        token_file = environment.get(_TOKEN_FILE)
        who = (_TOKEN_FILE,) if token_file else _CERTIFICATE
        missing = [name for name in (*_WHERE, *who) if not environment.get(name)]
        if missing:
            raise ServiceUnavailable(
                f"Not set: {', '.join(missing)}. They say where the service is and who asks."
            )
        if token_file and any(map(environment.get, _CERTIFICATE)):
            raise ServiceUnavailable(
                f"{_TOKEN_FILE} and {' or '.join(_CERTIFICATE)} are set: who asks must be clear."
            )
        address, ca = (environment[name] for name in _WHERE)
        if token_file:
            return cls.with_token(address, ca=ca, token=token_file)
        certificate, key = (environment[name] for name in _CERTIFICATE)
        return cls.from_files(address, ca=ca, certificate=certificate, key=key)

    def credentials(self) -> grpc.ChannelCredentials:
        """Credentials for a channel: the token, if there is one, goes with each call."""
        if self.token is None:
            return grpc.ssl_channel_credentials(self.ca, self.key, self.certificate)
        return grpc.composite_channel_credentials(
            grpc.ssl_channel_credentials(self.ca), call_credentials(self.token)
        )


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
