"""One handler for all operations: made from the table of operations, knowing none of them."""

import asyncio
import math
import time
from asyncio import wrap_future
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

import grpc
from grpc_status import rpc_status

from strongroom.server.core.errors import Throttled
from strongroom.server.faces.grpc.admission import Admission, Entry
from strongroom.server.faces.grpc.fair_slots import FairSlots
from strongroom.server.faces.grpc.patience import Patience
from strongroom.server.faces.grpc.status import status_of
from strongroom.server.faces.grpc.turns import Turns
from strongroom.server.fair_threads import FairThreads
from strongroom.server.figures import NO_FIGURES, CallFigures
from strongroom.server.operations import Lane, Operation
from strongroom.server.pipeline import Pipeline
from strongroom.server.requests import Arrival, Outcome, Progress
from strongroom.server.traces import Trace, Traces

_CERTIFICATE = "x509_pem_cert"
_INTERMEDIATES = "x509_pem_cert_chain"  # without the certificate itself
_AUTHORIZATION = "authorization"
_USER_AGENT = "user-agent"
_TRACEPARENT = "traceparent"
_MOST_LARGE_BATCHES = 8
_SMALL_BATCH_BYTES = 256 * 1024
_ITEMS_AT_ONCE = 32  # of a batch: about two milliseconds

_id_of = attrgetter("request_id")


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Where requests run.

    Args:
        pipeline: carries every request through.
        threads: run what may block, each its lane.
        may_run_inline: True if the token is quick enough to be used on the event loop.
        admission: counts the requests under way.
        patience: says which requests would wait too long for a thread.
        large_batches: of them some are parsed and carried through at once; the others wait as bytes.
        figures: told of every message.
        traces: told of every message, if anybody wants traces.
    """

    pipeline: Pipeline
    threads: Mapping[Lane, FairThreads]
    may_run_inline: bool
    admission: Admission
    patience: Patience
    large_batches: FairSlots = field(default_factory=lambda: FairSlots(_MOST_LARGE_BATCHES))
    figures: CallFigures = NO_FIGURES
    traces: Traces | None = None

    def run(self, calls: Sequence["_ArrivedCall"]) -> "list[Outcome | asyncio.Future[Outcome]]":
        """Carries requests through, on the loop or in threads; must itself run on the loop."""
        pipeline = self.pipeline
        pipeline.catch_up()
        begun = [
            pipeline.begin(call.operation, _arrival(call), partial(self.admission.admit, call.entry))
            for call in calls
        ]
        single = [progress for progress in begun if progress.operation.item is None]
        inline = self._inline(single)
        outcomes = dict(zip(map(_id_of, inline), pipeline.finish(inline), strict=True))
        return [outcomes.get(progress.request_id) or self._later(progress) for progress in begun]

    def _inline(self, requests: Sequence[Progress]) -> list[Progress]:
        """Those that need no thread."""
        return [
            progress
            for progress in requests
            if progress.obstacle is not None or (self.may_run_inline and self.pipeline.runs_inline(progress))
        ]

    def _later(self, progress: Progress) -> "Outcome | asyncio.Future[Outcome]":
        if progress.operation.item is not None:
            return asyncio.get_running_loop().create_task(self._answer_batch(progress))
        lane = progress.operation.lane(progress.request)
        threads = self.threads[lane]
        try:
            self.patience.check(lane, threads, progress)
        except Throttled as refusal:
            progress.obstacle = refusal
            return self._finish_one(progress)
        return wrap_future(threads.submit_for(progress.account_id, partial(self._finish_one, progress)))

    def _finish_one(self, progress: Progress) -> Outcome:
        return self.pipeline.finish([progress])[0]

    async def _answer_batch(self, batch: Progress) -> Outcome:
        """Carries a batch through, a few items at a time: everybody else's requests have their turns between.

        What is quick stays on the loop. Threads would take the interpreter's lock from each other at every
        call to the token, several times an item.
        """
        if len(batch.arrival.body) <= _SMALL_BATCH_BYTES:
            return await self._carry_batch(batch)
        async with self.large_batches.held(batch.account_id):
            return await self._carry_batch(batch)

    async def _carry_batch(self, batch: Progress) -> Outcome:
        refused = self.pipeline.refusal_of(batch)
        if refused is not None:
            return refused
        done: list[Progress] = []
        for some in _slices(batch.request.items):
            self.pipeline.catch_up()
            items = self.pipeline.begin_items(batch, some)
            inline = self._inline(items)
            self.pipeline.carry(inline)
            if len(inline) < len(items):
                quick = set(map(_id_of, inline))
                rest = [item for item in items if item.request_id not in quick]
                work = partial(self.pipeline.carry_slowly, rest)
                await wrap_future(self.threads[Lane.COMMON].submit_for(batch.account_id, work))
            else:
                await asyncio.sleep(0)
            done += items
        batch.items = done
        return Outcome(batch.request_id, _results(batch.operation, done), None, batch)


class _ArrivedCall(NamedTuple):
    operation: Operation
    body: bytes
    context: Any  # grpc.aio's
    entry: Entry
    trace: Trace | None


class OperationHandler:
    """Answers the calls of one operation.

    Args:
        operation: the operation.
        turns: all operations' requests take turns together.
        admission: all operations' requests are counted together.
        figures: told of every message.
        traces: likewise, if anybody wants traces.
    """

    def __init__(
        self,
        operation: Operation,
        turns: Turns[_ArrivedCall, Outcome],
        admission: Admission,
        figures: CallFigures,
        traces: Traces | None,
    ) -> None:
        self.operation = operation
        self._turns = turns
        self._admission = admission
        self._figures = figures
        self._traces = traces

    async def answer(self, body: bytes, context: Any) -> bytes:  # noqa: ANN401 # grpc.aio's context
        """Answers one call: bytes in, bytes out; nothing but an abort is raised."""
        started = time.perf_counter_ns()
        entry = self._admission.enter(len(body))
        self._figures.arrived()
        trace = None if self._traces is None else self._begin_trace(self._traces, context)
        progress = None
        try:
            outcome = await self._turns.take(_ArrivedCall(self.operation, body, context, entry, trace))
            progress = outcome.progress
        finally:
            if trace is not None:
                trace.end(progress)
            self._admission.leave(entry)
            self._figures.left(self.operation.name, time.perf_counter_ns() - started)
        if outcome.error is not None:
            status = status_of(outcome.error, outcome.request_id)
            await context.abort_with_status(rpc_status.to_status(status))
        return outcome.body

    def _begin_trace(self, traces: Traces, context: Any) -> Trace | None:  # noqa: ANN401 # grpc.aio's context
        return traces.begin(self.operation, _told(context.invocation_metadata() or (), _TRACEPARENT))


def operation_handlers(operations: Iterable[Operation], dispatch: Dispatch) -> tuple[OperationHandler, ...]:
    """A handler for each operation; call it within the event loop."""
    turns: Turns[_ArrivedCall, Outcome] = Turns(dispatch.run)
    return tuple(
        OperationHandler(operation, turns, dispatch.admission, dispatch.figures, dispatch.traces)
        for operation in operations
    )


def generic_handlers(handlers: Iterable[OperationHandler]) -> tuple[grpc.GenericRpcHandler, ...]:
    """The handlers by service, as grpc wants them.

    Messages are (de)serialised by the pipeline: grpc would answer INTERNAL to bytes that it can't read.
    """
    services: defaultdict[str, dict[str, grpc.RpcMethodHandler[bytes, bytes]]] = defaultdict(dict)
    for handler in handlers:
        operation = handler.operation
        method: Any = grpc.unary_unary_rpc_method_handler(handler.answer)
        services[operation.service][operation.name] = method
    return tuple(
        grpc.method_handlers_generic_handler(service, methods) for service, methods in services.items()
    )


def _slices(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + _ITEMS_AT_ONCE] for start in range(0, len(items), _ITEMS_AT_ONCE))


def _results(operation: Operation, items: Iterable[Progress]) -> bytes:
    """The answer of a batch: for each item its answer or its status."""
    response: Any = operation.response()
    add = response.results.add
    for item in items:
        if item.error is None:
            add().response.CopyFrom(item.response)
        else:
            add().error.CopyFrom(status_of(item.error, item.request_id))
    data: bytes = response.SerializeToString()
    return data


def _arrival(call: _ArrivedCall) -> Arrival:
    context, trace = call.context, call.trace
    remaining = context.time_remaining()
    peer = context.auth_context()
    metadata = context.invocation_metadata() or ()
    return Arrival(
        body=call.body,
        certificate=_first(peer.get(_CERTIFICATE)),
        source=context.peer(),
        user_agent=_told(metadata, _USER_AGENT),
        deadline=math.inf if remaining is None else time.monotonic() + remaining,
        intermediates=_first(peer.get(_INTERMEDIATES)) or b"",
        authorization=_all_told(metadata, _AUTHORIZATION),
        traceparent=_told(metadata, _TRACEPARENT) if trace is None else trace.traceparent,
    )


def _first(values: Sequence[bytes] | None) -> bytes | None:
    return values[0] if values else None


def _told(metadata: Iterable[tuple[str, str | bytes]], wanted: str) -> str:
    """The first value of this name; empty if there is none."""
    for name, value in metadata:
        if name == wanted:
            return str(value)
    return ""


def _all_told(metadata: Iterable[tuple[str, str | bytes]], wanted: str) -> tuple[str, ...]:
    """Every value of this name."""
    found = (value for name, value in metadata if name == wanted)
    return tuple(value if isinstance(value, str) else value.decode("latin-1") for value in found)
