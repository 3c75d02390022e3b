"""Which requests are traced."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from strongroom.server.operations import OPERATIONS
from strongroom.server.tracing import Collector, Traces, resource_of

ENCRYPT = next(operation for operation in OPERATIONS if operation.name == "Encrypt")
IDS = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331"


class _Kept(SpanExporter):
    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.spans += spans
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        pass


def _traces(kept: _Kept, ratio: float, number: float) -> Traces:
    return Traces(kept, resource_of("test", "worker-0"), ratio, lambda: number)


@pytest.mark.parametrize(
    ("traceparent", "ratio", "number", "is_traced"),
    [
        ("", 0.25, 0.24, True),
        ("", 0.25, 0.25, False),
        ("", 0.0, 0.0, False),
        ("", 1.0, 0.999, True),
        (f"00-{IDS}-01", 0.0, 0.5, True),
        (f"00-{IDS}-00", 1.0, 0.5, False),
        ("nonsense", 1.0, 0.5, True),
        ("nonsense", 0.0, 0.5, False),
    ],
)
def test_the_callers_choice_goes_before_the_ratio(
    traceparent: str,
    ratio: float,
    number: float,
    is_traced: bool,  # noqa: FBT001 # a case's
) -> None:
    kept = _Kept()
    traces = _traces(kept, ratio, number)
    span = traces.begin(ENCRYPT, traceparent)
    assert (span is not None) is is_traced
    if span is not None:
        span.end(None)
    traces.close()
    assert len(kept.spans) == is_traced


def test_every_request_without_a_trace_begins_one() -> None:
    traces = _traces(_Kept(), 1.0, 0.5)
    first, second = traces.begin(ENCRYPT, ""), traces.begin(ENCRYPT, "")
    assert first is not None
    assert second is not None
    assert first.traceparent != second.traceparent
    assert first.traceparent.startswith("00-")
    traces.close()


def test_authorities_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"ca\.pem"):
        Collector("https://collector.test:4317", tmp_path / "ca.pem").exporter()


def test_a_service_without_traces_loads_nothing_of_them() -> None:
    program = "import sys, strongroom.server.process.worker; sys.exit('opentelemetry' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
