"""Every option, with its default, unit and meaning: the reference file is made from these."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

_ACCOUNT_ID = r"^[0-9]{12}$"
_PRINCIPAL = r"^arn:[a-z0-9-]+:iam::[0-9]{12}:(user|role)/[\w+=,.@/-]+$"


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("must have become absolute when the file was loaded")
    return path


FilePath = Annotated[Path, AfterValidator(_absolute)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class DeploymentSettings(_Section):
    """Who this service is."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
    """Name of the deployment: its keys bear the label strongroom/<name>/… on the token. Never change it."""
    account_id: Annotated[str, Field(pattern=_ACCOUNT_ID)]
    """The account that owns the keys, 12 digits; it stands in every ARN. Never change it."""
    region: Annotated[str, Field(pattern=r"^([a-z]+-){2,3}[0-9]+$", max_length=32)] = "eu-local-1"
    """The Region in every ARN. Never change it."""
    partition: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")] = "aws"
    """The partition in every ARN. Never change it."""


class ServerSettings(_Section):
    """How the service listens."""

    listen: Annotated[str, Field(pattern=r"^(\[[0-9a-fA-F:.]+\]|[^:\s]+):[0-9]{1,5}$")] = "127.0.0.1:8443"
    """Address and port, host:port or [v6]:port."""
    workers: Annotated[int, Field(ge=0, le=256)] = 0
    """Worker processes; 0 means one for each core."""
    threads: Annotated[int, Field(ge=1, le=256)] = 8
    """Threads of each worker for what may block: the database, key generation, slow tokens."""
    max_request_bytes: Annotated[int, Field(ge=16384, le=4194304)] = 262144
    """The largest request, in bytes."""
    max_concurrent_requests: Annotated[int, Field(ge=1)] = 1000
    """Requests under way in one worker; more are refused with RESOURCE_EXHAUSTED."""
    max_connection_age_s: Annotated[int, Field(ge=0)] = 3600
    """Seconds after which clients are asked to reconnect, and so to show their certificate again; 0 never."""
    drain_timeout_s: Annotated[float, Field(gt=0, le=3600)] = 20.0
    """Seconds that running requests have to end when the service stops."""
    reflection: bool = True
    """Whether clients may ask what services there are (gRPC reflection)."""


class TlsSettings(_Section):
    """Certificates, in PEM; read again on SIGHUP."""

    certificate: FilePath
    """The server's certificate chain."""
    private_key: FilePath
    """Its private key; must not be readable by others."""
    client_ca: FilePath
    """The authorities whose client certificates are accepted."""


class TrustDomainSettings(_Section):
    """A SPIFFE trust domain: spiffe://<name>/<path> is the principal arn:…:iam::<account_id>:role/<path>."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9._-]{1,255}$")]
    """The trust domain."""
    account_id: Annotated[str, Field(pattern=_ACCOUNT_ID)]
    """The account of its principals, 12 digits."""


class CertificateSettings(_Section):
    """A client certificate without SPIFFE id, by exactly one of its names."""

    principal: Annotated[str, Field(pattern=_PRINCIPAL)]
    """The IAM ARN that it stands for."""
    fingerprint_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """SHA-256 of the certificate, 64 lowercase hex digits."""
    dns: Annotated[str, Field(min_length=1)] | None = None
    """A DNS name in its subject alternative names."""
    common_name: Annotated[str, Field(min_length=1)] | None = None
    """The CN of its subject."""

    @model_validator(mode="after")
    def _has_one_name(self) -> "CertificateSettings":
        if len(self.names) != 1:
            raise ValueError("needs exactly one of fingerprint_sha256, dns and common_name")
        return self

    @property
    def names(self) -> list[tuple[str, str]]:
        """The names given, as `(option, value)`."""
        options = ("fingerprint_sha256", "dns", "common_name")
        return [(option, value) for option in options if (value := getattr(self, option)) is not None]


class AuthenticationSettings(_Section):
    """Which principal a client certificate stands for; every other certificate is refused."""

    trust_domains: tuple[TrustDomainSettings, ...] = ()
    """SPIFFE trust domains."""
    certificates: tuple[CertificateSettings, ...] = ()
    """Client certificates without SPIFFE id."""


class TokenSettings(_Section):
    """The PKCS#11 token that holds the keys."""

    profile: str = "softhsm2"
    """How the module wants to be used: a name (softhsm2, generic, nss) or the path of a profile file."""
    module: FilePath | None = None
    """The PKCS#11 module, if the profile doesn't name it."""
    label: str | None = None
    """Label of the token. Label and serial must match exactly one token."""
    serial: str | None = None
    """Serial number of the token."""
    pin: Annotated[str, Field(pattern=r"^(file|env|credential):.+$")]
    """Where the PIN is: file:PATH, env:NAME or credential:NAME (systemd). Never the PIN itself."""
    environment: dict[str, str] = Field(default_factory=dict)
    """Environment variables for the module, such as SOFTHSM2_CONF."""
    login_files: tuple[str, ...] = ()
    """Files that a login rewrites (glob patterns, absolute); copies are kept of them. SoftHSM needs it."""
    dispatch: Literal["auto", "inline", "threads"] = "auto"
    """Whether quick operations run on the event loop; auto measures the token at the start."""
    heartbeat_interval_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    """Seconds between two looks at whether token and store are well."""


class StoreSettings(_Section):
    """The database."""

    url: Annotated[str, Field(pattern=r"^sqlite:///.+$")]
    """sqlite:///PATH; a relative path is relative to this file."""
    busy_timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    """Seconds to wait for another process's transaction."""


class AuditSettings(_Section):
    """The audit trail."""

    directory: FilePath
    """Where the records are written, a file for each process."""
    fsync: bool = False
    """Whether to wait for the disk before each answer: nothing is lost in a power failure, and it is slow."""


class HousekeepingSettings(_Section):
    """Scheduled work."""

    reconcile_interval_s: Annotated[float, Field(gt=0)] = 60.0
    """Seconds between two comparisons of store and token."""
    intent_grace_s: Annotated[float, Field(ge=0)] = 60.0
    """Seconds after which an unfinished creation of a key is undone."""
    change_feed_retention_s: Annotated[float, Field(ge=60)] = 3600.0
    """Seconds for which workers can catch up without dropping all they know."""


class LimitSettings(_Section):
    """Limits of the service."""

    keys_per_account: Annotated[int, Field(ge=1)] = 100_000
    """Keys that an account may have."""
    encryptions_block: Annotated[int, Field(ge=1, le=16777216)] = 65_536
    """Encryptions that a worker reserves at once for a key; a crash counts what is left of them as used."""


class LogSettings(_Section):
    """The log: JSON lines on standard error. It never has plaintext, ciphertext, keys or PINs."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severe lines that are written."""
    requests: Literal["all", "failures", "none"] = "failures"
    """Which requests get a line; the audit trail has all of them in any case."""


class Settings(_Section):
    """The whole file."""

    deployment: DeploymentSettings
    server: ServerSettings = ServerSettings()
    tls: TlsSettings
    authentication: AuthenticationSettings = AuthenticationSettings()
    token: TokenSettings
    store: StoreSettings
    audit: AuditSettings
    housekeeping: HousekeepingSettings = HousekeepingSettings()
    limits: LimitSettings = LimitSettings()
    log: LogSettings = LogSettings()

    @property
    def worker_count(self) -> int:
        """How many workers to start."""
        return self.server.workers or os.cpu_count() or 1
