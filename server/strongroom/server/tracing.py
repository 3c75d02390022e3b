"""Traces of requests: a span for each that is sampled, and one below it for its time in the token.

opentelemetry-instrumentation-grpc knows neither handlers of bytes nor what a request turned out to be, so
spans are made here. Most requests aren't sampled and cost a look at the caller's context and a random number:
the SDK would take 5 µs to come to the same. Never in a span: plaintext, ciphertext, contexts, tokens.

Source: OpenTelemetry semantic conventions, "RPC" and "gRPC".
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from random import Random
from threading import Thread

import grpc
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    format_span_id,
    format_trace_id,
    set_span_in_context,
)

from strongroom.server.core.trace_contexts import TraceContext, read_traceparent
from strongroom.server.operations import Operation
from strongroom.server.requests import Progress, outcome_of

_EXPORT_TIMEOUT_S = 5.0
_FLUSH_TIMEOUT_S = 3.0
_MOST_KEYS = 20
_SERVERS_FAULT = frozenset(
    {
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)
_STATUSES = {code.value[0]: code for code in grpc.StatusCode}


@dataclass(frozen=True, slots=True)
class Collector:
    """Where spans go.

    Args:
        endpoint: `http://host:port`, or https.
        ca: the authorities of its certificate, in PEM; None for gRPC's own.
    """

    endpoint: str
    ca: Path | None

    def exporter(self) -> SpanExporter:
        """What sends spans there, as OTLP over gRPC.

        Raises:
            OSError: `ca` can't be read.
        """
        is_open = self.endpoint.startswith("http:")
        ca = None if self.ca is None else self.ca.read_bytes()
        return OTLPSpanExporter(
            endpoint=self.endpoint,
            insecure=is_open,
            credentials=None if is_open else grpc.ssl_channel_credentials(ca),
            timeout=_EXPORT_TIMEOUT_S,
        )


class RequestSpan:
    """The span of a request that is sampled, from its arrival on."""

    def __init__(self, tracer: Tracer, span: Span) -> None:
        self._tracer = tracer
        self._span = span
        self._began_ns = time.perf_counter_ns()
        assert isinstance(span, ReadableSpan)  # noqa: S101 # it is sampled
        self._started_at_ns = span.start_time or 0
        context = span.get_span_context()
        self.traceparent = f"00-{format_trace_id(context.trace_id)}-{format_span_id(context.span_id)}-01"

    def end(self, progress: Progress | None) -> None:
        """Ends it with what the request turned out to be; None if its caller is gone."""
        if progress is not None:
            self._span.set_attributes(dict(_attributes(progress)))
            self._show_status(progress)
            self._show_token(progress)
        self._span.end()

    def _show_status(self, progress: Progress) -> None:
        code = _STATUSES[progress.error.code] if progress.error else grpc.StatusCode.OK
        self._span.set_attribute("rpc.response.status_code", code.name)
        if progress.error is not None:
            self._span.set_attribute("error.type", progress.error.reason)
        if code in _SERVERS_FAULT:
            self._span.set_status(Status(StatusCode.ERROR))

    def _show_token(self, progress: Progress) -> None:
        asked = [one for one in progress.items or [progress] if one.token_ns]
        if not asked:
            return
        started = self._started_at_ns + asked[0].token_at_ns - self._began_ns
        child = self._tracer.start_span(
            "token", set_span_in_context(self._span, Context()), kind=SpanKind.INTERNAL, start_time=started
        )
        child.end(started + sum(one.token_ns for one in asked))


class Traces:
    """Makes spans; for one event loop. Whoever collects them, or doesn't, no request waits for him.

    Args:
        exporter: sends spans, in a thread.
        resource: attributes of this process.
        ratio: how many are sampled of the requests that belong to no trace yet, 0 to 1.
        random: gives a number from 0 to 1, 1 excluded.
    """

    def __init__(
        self,
        exporter: SpanExporter,
        resource: dict[str, str],
        ratio: float,
        random: Callable[[], float] | None = None,
    ) -> None:
        self._provider = TracerProvider(
            sampler=ALWAYS_ON, resource=Resource.create({**resource}), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("strongroom", version("strongroom"))
        self._ratio = ratio
        self._random = random or Random().random  # noqa: S311 # nosec B311 # sampling is no secret

    def begin(self, operation: Operation, traceparent: str) -> RequestSpan | None:
        """The span of a request that has arrived; None if it isn't sampled."""
        parent = read_traceparent(traceparent) if traceparent else None
        if not (self._random() < self._ratio if parent is None else parent.is_sampled):
            return None
        method = f"{operation.service}/{operation.name}"
        span = self._tracer.start_span(
            method,
            _below(parent),
            kind=SpanKind.SERVER,
            attributes={"rpc.system.name": "grpc", "rpc.method": method},
        )
        return RequestSpan(self._tracer, span)

    def close(self) -> None:
        """Sends what there is, for a few seconds at most."""
        flush = Thread(target=self._provider.shutdown, name="flush-traces", daemon=True)
        flush.start()
        flush.join(_FLUSH_TIMEOUT_S)


def resource_of(deployment: str, process: str) -> dict[str, str]:
    """What spans say of the process that made them."""
    return {
        "service.name": "strongroom",
        "service.version": version("strongroom"),
        "service.instance.id": process,
        "deployment.environment.name": deployment,
    }


def _below(parent: TraceContext | None) -> Context:
    if parent is None:
        return Context()
    ids = int(parent.trace_id, 16), int(parent.span_id, 16)
    context = SpanContext(*ids, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    return set_span_in_context(NonRecordingSpan(context), Context())


def _attributes(progress: Progress) -> Iterator[tuple[str, str | int | Sequence[str]]]:
    yield "client.address", progress.arrival.source
    yield "strongroom.request_id", progress.request_id
    yield "strongroom.outcome", outcome_of(progress)
    if progress.caller is not None:
        yield "strongroom.account", progress.caller.account_id
    keys = {target.key.key_id for one in progress.items or [progress] for target in one.targets}
    if keys:
        yield "strongroom.keys", sorted(keys)[:_MOST_KEYS]
    if progress.items:
        yield "strongroom.batch.items", len(progress.items)
        yield "strongroom.batch.failures", sum(one.error is not None for one in progress.items)
