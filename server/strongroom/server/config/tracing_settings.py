"""The options of traces."""

import re
from importlib.util import find_spec
from typing import Annotated

from pydantic import AfterValidator, Field

from strongroom.server.config.fields import Duration, FilePath, Section

_EXPORTER = "opentelemetry.exporter.otlp.proto.grpc"
_ENDPOINT = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}", re.ASCII)


def _endpoint(text: str) -> str:
    if not text:
        return text
    if not _ENDPOINT.fullmatch(text):
        raise ValueError("must be http://host:port or https://host:port of a collector, without a path")
    if not _is_installed():
        raise ValueError("needs OpenTelemetry: pip install 'strongroom[server,tracing]'")
    return text


def _is_installed() -> bool:
    try:
        return find_spec(_EXPORTER) is not None
    except ModuleNotFoundError:
        return False


class TracingSettings(Section):
    """Traces for OpenTelemetry, by OTLP over gRPC. They have no plaintext, ciphertext, context or token."""

    endpoint: Annotated[str, AfterValidator(_endpoint)] = ""
    """Where the collector listens, http://host:port or https://host:port; empty makes no traces."""
    sample_ratio: Annotated[Duration, Field(ge=0, le=1)] = 0.01
    """How many are traced of the requests without a trace; of others, the caller's sampling decides."""
    ca: Annotated[FilePath | None, Field(examples=["pki/collector-ca.pem"])] = None
    """The authorities of the collector's certificate, in PEM; gRPC's own if not given."""
