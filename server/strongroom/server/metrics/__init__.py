"""The figures of a deployment, as Prometheus reads them: all processes' at one address."""

from strongroom.server.metrics.forwarding import ForwardingMetrics
from strongroom.server.metrics.jobs import JobMetrics
from strongroom.server.metrics.keys import CertificateMetrics, KeyMetrics
from strongroom.server.metrics.processes import ProcessMetrics
from strongroom.server.metrics.serving import serve_metrics

__all__ = [
    "CertificateMetrics",
    "ForwardingMetrics",
    "JobMetrics",
    "KeyMetrics",
    "ProcessMetrics",
    "serve_metrics",
]
