"""One handler for all operations: made from the table of operations, knowing none of them."""

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, NamedTuple

import grpc
from grpc_status import rpc_status

from strongroom.server.faces.grpc.status import status_of
from strongroom.server.faces.grpc.turns import Turns
from strongroom.server.operations import Operation
from strongroom.server.pipeline import Arrival, Outcome, Pipeline, Progress

_CERTIFICATE = "x509_pem_cert"
_USER_AGENT = "user-agent"


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Where requests run.

    Args:
        pipeline: carries every request through.
        executor: runs what may block.
        may_run_inline: True if the token is quick enough to be used on the event loop.
        most: how many requests may be under way at once; the others are refused.
    """

    pipeline: Pipeline
    executor: Executor
    may_run_inline: bool
    most: int

    def run(self, calls: Sequence["_ArrivedCall"]) -> "list[Outcome | asyncio.Future[Outcome]]":
        """Carries requests through, on the loop or in threads; must itself run on the loop."""
        pipeline, loop = self.pipeline, asyncio.get_running_loop()
        pipeline.catch_up()
        begun = [
            pipeline.begin(call.operation, _arrival(call.body, call.context), is_refused=call.is_excess)
            for call in calls
        ]
        inline = [progress for progress in begun if self.may_run_inline and pipeline.runs_inline(progress)]
        outcomes = {
            progress.request_id: outcome
            for progress, outcome in zip(inline, pipeline.finish(inline), strict=True)
        }
        return [
            outcomes.get(progress.request_id)
            or loop.run_in_executor(self.executor, self._finish_one, progress)
            for progress in begun
        ]

    def _finish_one(self, progress: Progress) -> Outcome:
        return self.pipeline.finish([progress])[0]


class _ArrivedCall(NamedTuple):
    operation: Operation
    body: bytes
    context: Any  # grpc.aio's
    is_excess: bool


class _Admission:
    """The requests under way, for one event loop.

    grpc.aio's own limit would count calls that never sent a message, too, and answer without details.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._under_way = 0

    def enter(self) -> bool:
        """Counts one more; False if it is one too many. `leave` follows in any case."""
        self._under_way += 1
        return self._under_way <= self._most

    def leave(self) -> None:
        """Counts one less."""
        self._under_way -= 1


class OperationHandler:
    """Answers the calls of one operation.

    Args:
        operation: the operation.
        turns: all operations' requests take turns together.
        admission: all operations' requests are counted together.
    """

    def __init__(
        self, operation: Operation, turns: Turns[_ArrivedCall, Outcome], admission: _Admission
    ) -> None:
        self.operation = operation
        self._turns = turns
        self._admission = admission

    async def answer(self, body: bytes, context: Any) -> bytes:  # noqa: ANN401 # grpc.aio's context
        """Answers one call: bytes in, bytes out; nothing but an abort is raised."""
        is_excess = not self._admission.enter()
        try:
            outcome = await self._turns.take(_ArrivedCall(self.operation, body, context, is_excess))
        finally:
            self._admission.leave()
        if outcome.error is not None:
            status = status_of(outcome.error, outcome.request_id)
            await context.abort_with_status(rpc_status.to_status(status))
        return outcome.body


def operation_handlers(operations: Iterable[Operation], dispatch: Dispatch) -> tuple[OperationHandler, ...]:
    """A handler for each operation; call it within the event loop."""
    turns: Turns[_ArrivedCall, Outcome] = Turns(dispatch.run)
    admission = _Admission(dispatch.most)
    return tuple(OperationHandler(operation, turns, admission) for operation in operations)


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


def _arrival(body: bytes, context: Any) -> Arrival:  # noqa: ANN401 # grpc.aio's context
    remaining = context.time_remaining()
    certificates = context.auth_context().get(_CERTIFICATE)
    return Arrival(
        body=body,
        certificate=certificates[0] if certificates else None,
        source=context.peer(),
        user_agent=_user_agent(context.invocation_metadata()),
        deadline=math.inf if remaining is None else time.monotonic() + remaining,
    )


def _user_agent(metadata: Iterable[tuple[str, str | bytes]] | None) -> str:
    for name, value in metadata or ():
        if name == _USER_AGENT:
            return str(value)
    return ""
