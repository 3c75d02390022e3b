"""One handler for all operations: made from the table of operations, knowing none of them."""

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, NamedTuple

import grpc
from grpc_status import rpc_status

from strongroom.server.faces.grpc.status import status_of
from strongroom.server.faces.grpc.traces import Trace, Traces
from strongroom.server.faces.grpc.turns import Turns
from strongroom.server.figures import NO_FIGURES, CallFigures
from strongroom.server.operations import Lane, Operation
from strongroom.server.pipeline import Pipeline
from strongroom.server.requests import Arrival, Outcome, Progress

_CERTIFICATE = "x509_pem_cert"
_USER_AGENT = "user-agent"
_TRACEPARENT = "traceparent"
_MOST_BYTES = 256 * 1024 * 1024
_MOST_LARGE_BATCHES = 8
_SMALL_BATCH_BYTES = 256 * 1024
_ITEMS_AT_ONCE = 32  # of a batch: about two milliseconds

_id_of = attrgetter("request_id")


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Where requests run.

    Args:
        pipeline: carries every request through.
        executors: run what may block, each its lane.
        may_run_inline: True if the token is quick enough to be used on the event loop.
        most: how many requests may be under way at once; the others are refused.
        most_bytes: how many bytes they may have together.
        large_batches: how many of them are parsed and carried through at once; the others wait as bytes.
        figures: told of every message.
        traces: told of every message, if anybody wants traces.
    """

    pipeline: Pipeline
    executors: Mapping[Lane, Executor]
    may_run_inline: bool
    most: int
    most_bytes: int = _MOST_BYTES
    large_batches: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MOST_LARGE_BATCHES))
    figures: CallFigures = NO_FIGURES
    traces: Traces | None = None

    def run(self, calls: Sequence["_ArrivedCall"]) -> "list[Outcome | asyncio.Future[Outcome]]":
        """Carries requests through, on the loop or in threads; must itself run on the loop."""
        pipeline = self.pipeline
        pipeline.catch_up()
        begun = [pipeline.begin(call.operation, _arrival(call), is_refused=call.is_excess) for call in calls]
        single = [progress for progress in begun if progress.operation.item is None]
        inline = self._inline(single)
        outcomes = dict(zip(map(_id_of, inline), pipeline.finish(inline), strict=True))
        return [outcomes.get(progress.request_id) or self._later(progress) for progress in begun]

    def _inline(self, requests: Sequence[Progress]) -> list[Progress]:
        """Those that need no thread."""
        if not self.may_run_inline:
            return []
        return [progress for progress in requests if self.pipeline.runs_inline(progress)]

    def _later(self, progress: Progress) -> "asyncio.Future[Outcome]":
        loop = asyncio.get_running_loop()
        if progress.operation.item is not None:
            return loop.create_task(self._answer_batch(progress))
        request = progress.request
        lane = Lane.COMMON if request is None else progress.operation.lane(request)
        return loop.run_in_executor(self.executors[lane], self._finish_one, progress)

    def _finish_one(self, progress: Progress) -> Outcome:
        return self.pipeline.finish([progress])[0]

    async def _answer_batch(self, batch: Progress) -> Outcome:
        """Carries a batch through, a few items at a time: everybody else's requests have their turns between.

        What is quick stays on the loop. Threads would take the interpreter's lock from each other at every
        call to the token, several times an item.
        """
        if len(batch.arrival.body) <= _SMALL_BATCH_BYTES:
            return await self._carry_batch(batch)
        async with self.large_batches:
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
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self.executors[Lane.COMMON], self.pipeline.carry_slowly, rest)
            else:
                await asyncio.sleep(0)
            done += items
        batch.items = done
        return Outcome(batch.request_id, _results(batch.operation, done), None, batch)


class _ArrivedCall(NamedTuple):
    operation: Operation
    body: bytes
    context: Any  # grpc.aio's
    is_excess: bool
    trace: Trace | None


class _Admission:
    """The requests under way, for one event loop.

    grpc.aio's own limit would count calls that never sent a message, too, and answer without details.
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._under_way = 0
        self._bytes = 0

    def enter(self, body: bytes) -> bool:
        """Counts one more; False if it is one too many. `leave` follows in any case."""
        self._under_way += 1
        self._bytes += len(body)
        return self._under_way <= self._most and self._bytes <= self._most_bytes

    def leave(self, body: bytes) -> None:
        """Counts one less."""
        self._under_way -= 1
        self._bytes -= len(body)


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
        admission: _Admission,
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
        is_excess = not self._admission.enter(body)
        self._figures.arrived()
        trace = None if self._traces is None else self._begin_trace(self._traces, context)
        progress = None
        try:
            outcome = await self._turns.take(_ArrivedCall(self.operation, body, context, is_excess, trace))
            progress = outcome.progress
        finally:
            if trace is not None:
                trace.end(progress)
            self._admission.leave(body)
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
    admission = _Admission(dispatch.most, dispatch.most_bytes)
    return tuple(
        OperationHandler(operation, turns, admission, dispatch.figures, dispatch.traces)
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
    certificates = context.auth_context().get(_CERTIFICATE)
    metadata = context.invocation_metadata() or ()
    return Arrival(
        body=call.body,
        certificate=certificates[0] if certificates else None,
        source=context.peer(),
        user_agent=_told(metadata, _USER_AGENT),
        deadline=math.inf if remaining is None else time.monotonic() + remaining,
        traceparent=_told(metadata, _TRACEPARENT) if trace is None else trace.traceparent,
    )


def _told(metadata: Iterable[tuple[str, str | bytes]], wanted: str) -> str:
    """The first value of this name; empty if there is none."""
    for name, value in metadata:
        if name == wanted:
            return str(value)
    return ""
