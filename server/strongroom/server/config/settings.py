"""Every option, with its default, unit and meaning: the reference file is made from these."""

import os
from typing import Annotated, Literal

from pydantic import Field

from strongroom.server.config.authentication_settings import AuthenticationSettings
from strongroom.server.config.fields import (
    Duration,
    FilePath,
    Pattern,
    PinText,
    ProfileName,
    Section,
    SqliteUrl,
)
from strongroom.server.config.quota_settings import QuotaSettings
from strongroom.server.config.service_settings import (
    AuditSettings,
    DeploymentSettings,
    LimitSettings,
    LogSettings,
    MetricsSettings,
    ServerSettings,
    TlsSettings,
)
from strongroom.server.config.tracing_settings import TracingSettings

# As long as CK_TOKEN_INFO has room for (PKCS#11 v3.1 §3.2).
_Label = Annotated[str, Field(min_length=1, max_length=32)]
_Serial = Annotated[str, Field(min_length=1, max_length=16)]


class TokenSettings(Section):
    """The PKCS#11 token that holds the keys."""

    profile: ProfileName = "softhsm2"
    """How the module wants to be used: a name (softhsm2, generic, nss) or the path of a profile file."""
    module: Annotated[FilePath | None, Field(examples=["/usr/lib/softhsm/libsofthsm2.so"])] = None
    """The PKCS#11 module, if the profile doesn't name it."""
    label: Annotated[_Label | None, Field(examples=["prod"])] = None
    """Label of the token. Label and serial must match exactly one token."""
    serial: Annotated[_Serial | None, Field(examples=["0123456789abcdef"])] = None
    """Serial number of the token."""
    pin: Annotated[PinText, Field(examples=["credential:pin"])]
    """Where the PIN is: file:PATH, env:NAME or credential:NAME (systemd). Never the PIN itself."""
    environment: dict[str, str] = Field(default_factory=dict)
    """Environment variables for the module, such as SOFTHSM2_CONF."""
    login_files: tuple[Pattern, ...] = ()
    """Files that a login rewrites (glob patterns); copies are kept of them. SoftHSM needs it."""
    dispatch: Literal["auto", "inline", "threads"] = "auto"
    """Whether quick operations run on the event loop; auto measures the token at the start."""
    heartbeat_interval_s: Annotated[Duration, Field(gt=0, le=60)] = 1.0
    """Seconds between two looks at whether token and store are well."""


class StoreSettings(Section):
    """The database."""

    url: Annotated[SqliteUrl, Field(examples=["sqlite:///strongroom.db"])]
    """sqlite:///PATH; a relative path is relative to this file."""
    busy_timeout_s: Annotated[Duration, Field(gt=0, le=60)] = 5.0
    """Seconds to wait for another process's transaction."""
    last_usage_interval_s: Annotated[Duration, Field(gt=0, le=3600)] = 60.0
    """Seconds between two times that a worker writes down when keys were last used."""


class HousekeepingSettings(Section):
    """Scheduled work."""

    reconcile_interval_s: Annotated[Duration, Field(gt=0, le=86400)] = 60.0
    """Seconds between two comparisons of store and token."""
    intent_grace_s: Annotated[Duration, Field(ge=0, le=86400)] = 60.0
    """Seconds after which an unfinished creation of a key is undone."""
    change_feed_retention_s: Annotated[Duration, Field(ge=60, le=2592000)] = 3600.0
    """Seconds for which workers can catch up without dropping all they know."""


class Settings(Section):
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
    quotas: QuotaSettings = QuotaSettings()
    log: LogSettings = LogSettings()
    metrics: MetricsSettings = MetricsSettings()
    tracing: TracingSettings = TracingSettings()

    @property
    def worker_count(self) -> int:
        """How many workers to start."""
        return self.server.workers or os.cpu_count() or 1
