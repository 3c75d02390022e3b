"""The options of the service itself: who it is, how it listens, what it writes down, how much it takes."""

import ipaddress
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from strongroom.server.config.fields import ACCOUNT_ID, Count, Duration, FilePath, Section, Switch
from strongroom.server.core.receivers import Receiver

_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_MAX_PORT = 65535


def _address(text: str) -> str:
    host, separator, port = text.rpartition(":")
    if not separator or not host:
        raise ValueError("must be host:port or [v6]:port")
    if not (port.isascii() and port.isdecimal() and 1 <= int(port) <= _MAX_PORT):
        raise ValueError(f"must end in a port from 1 to {_MAX_PORT}: every worker listens on the same")
    if not (_HOST_NAME.fullmatch(host) or _is_bracketed_ipv6(host)):
        raise ValueError("must begin with an IPv4 address, a host name, or an IPv6 address in brackets")
    return text


def _address_if_given(text: str) -> str:
    return _address(text) if text else text


def _another_address(text: str, info: ValidationInfo) -> str:
    if text and text == info.data.get("listen"):
        raise ValueError("must be another address than server.listen: clients show no certificate there")
    return text


def _is_bracketed_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return host.startswith("[") and host.endswith("]")


# Those that take a token long to make.
_AheadSpec = Literal["RSA_2048", "RSA_3072", "RSA_4096"]
_AHEAD: dict[_AheadSpec, int] = {"RSA_2048": 4, "RSA_3072": 2, "RSA_4096": 2}


class DeploymentSettings(Section):
    """Who this service is."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$", examples=["prod"])]
    """Name of the deployment: its keys bear the label strongroom/<name>/… on the token. Never change it."""
    account_id: Annotated[str, Field(pattern=ACCOUNT_ID, examples=["111122223333"])]
    """The account that owns the keys, 12 digits; it stands in every ARN. Never change it."""
    region: Annotated[str, Field(pattern=r"^([a-z]+-){2,3}[0-9]+$", max_length=32)] = "eu-local-1"
    """The Region in every ARN. Never change it."""
    partition: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")] = "aws"
    """The partition in every ARN. Never change it."""


class ServerSettings(Section):
    """How the service listens."""

    listen: Annotated[str, AfterValidator(_address)] = "127.0.0.1:8443"
    """Address and port, host:port or [v6]:port. Clients show a certificate there."""
    listen_tokens: Annotated[
        str,
        AfterValidator(_address_if_given),
        AfterValidator(_another_address),
        Field(examples=["0.0.0.0:8444"]),
    ] = ""
    """Another one, for clients with a bearer token of an authentication.token_issuers; empty: none."""
    workers: Annotated[Count, Field(ge=0, le=256)] = 0
    """Worker processes; 0 means one for each core."""
    threads: Annotated[Count, Field(ge=1, le=256)] = 8
    """Threads of each worker for what may block: the database, key generation, slow tokens."""
    max_request_bytes: Annotated[Count, Field(ge=16384, le=67108864)] = 8388608
    """The largest request, in bytes; the default has room for 1000 items of a batch, of 8 KB each."""
    max_concurrent_requests: Annotated[Count, Field(ge=1, le=1_000_000)] = 1000
    """Requests under way in one worker; more are refused with RESOURCE_EXHAUSTED."""
    max_account_percent: Annotated[Count, Field(ge=1, le=100)] = 50
    """Percent of them that one account may have while others have requests under way, too."""
    max_queue_s: Annotated[Duration, Field(gt=0, le=600)] = 2.0
    """Seconds that a request may have to wait for a thread, ten times that where keys are made."""
    max_connection_age_s: Annotated[Count, Field(ge=0, le=604800)] = 3600
    """Seconds after which clients are asked to reconnect, and so to show their certificate again; 0 never."""
    drain_timeout_s: Annotated[Duration, Field(gt=0, le=3600)] = 20.0
    """Seconds that running requests have to end when the service stops."""
    reflection: Switch = True
    """Whether clients may ask what services there are (gRPC reflection)."""
    traceable: Switch = False
    """Whether debuggers of its user may read its memory, with PIN and plaintexts: for development only."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Everything that is listened on."""
        return (self.listen, self.listen_tokens) if self.listen_tokens else (self.listen,)


class TlsSettings(Section):
    """Certificates, in PEM; read again when they are replaced, and on SIGHUP."""

    certificate: Annotated[FilePath, Field(examples=["pki/server.pem"])]
    """The server's certificate chain."""
    private_key: Annotated[FilePath, Field(examples=["pki/server.key"])]
    """Its private key; must not be readable by others."""
    client_ca: Annotated[FilePath, Field(examples=["pki/ca.pem"])]
    """The authorities whose client certificates are accepted."""
    client_crl: Annotated[FilePath | None, Field(examples=["pki/ca.crl"])] = None
    """Their revocation lists (CRLs). Whom an authority vouches for is refused once its list ran out."""
    min_version: Literal["1.3", "1.2"] = "1.3"
    """The oldest version of TLS that clients may speak; not read again on SIGHUP."""


def _receiver(text: str) -> str:
    if text:
        Receiver.parse(text)
    return text


class AuditSettings(Section):
    """The audit trail."""

    directory: Annotated[FilePath, Field(examples=["audit"])]
    """Where the records are written, a file for each process."""
    fsync: Literal["always", "every_second", "never"] = "every_second"
    """When records are forced to the disk. A power cut may lose: nothing that was answered; the last second;
    what the system hadn't written yet, 30 seconds or so. A killed process never loses one."""
    segment_bytes: Annotated[Count, Field(ge=65536)] = 134_217_728
    """The size of a file at which the next one is begun."""
    segment_s: Annotated[Duration, Field(ge=60)] = 86_400.0
    """The age of a file, in seconds, at which the next one is begun."""
    checkpoint_interval_s: Annotated[Duration, Field(gt=0, le=3600)] = 10.0
    """Seconds between two signed checkpoints of a file, while there is something to record."""
    syslog: Annotated[str, AfterValidator(_receiver)] = ""
    """Where records go, too (syslog, RFC 5424): tcp://host:port, tls://… or unix:///path; empty: nowhere."""
    syslog_ca: Annotated[FilePath | None, Field(examples=["pki/syslog-ca.pem"])] = None
    """The authorities that vouch for a tls:// receiver; the system's if there are none."""


class LimitSettings(Section):
    """Limits of the service."""

    keys_per_account: Annotated[Count, Field(ge=1)] = 100_000
    """Keys that an account may have."""
    aliases_per_key: Annotated[Count, Field(ge=1, le=10_000)] = 50
    """Aliases that a key may have."""
    encryptions_block: Annotated[Count, Field(ge=1, le=16777216)] = 65_536
    """Encryptions that a worker reserves at once for a key; a crash counts what is left of them as used."""
    data_key_pairs_ahead: dict[_AheadSpec, Annotated[Count, Field(ge=0, le=64)]] = _AHEAD
    """RSA data key pairs that a worker keeps ready in the token from the first request for one on."""


class MetricsSettings(Section):
    """Figures for Prometheus, of processes, keys and jobs. They have no secrets, and need no certificate."""

    listen: Annotated[str, AfterValidator(_address_if_given)] = ""
    """Address and port of /metrics over HTTP, that only your own can reach; empty serves none."""


class LogSettings(Section):
    """The log: JSON lines on standard error. It never has plaintext, ciphertext, keys or PINs."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severe lines that are written."""
    requests: Literal["all", "failures", "none"] = "failures"
    """Which requests get a line; the audit trail has all of them in any case."""
