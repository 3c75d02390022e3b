"""One handler for all operations: made from the table of operations, knowing none of them."""

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import Executor
from typing import Any

import grpc
from grpc_status import rpc_status

from strongroom.server.faces.grpc.status import status_of
from strongroom.server.operations import Operation
from strongroom.server.pipeline import Arrival, Pipeline

_CERTIFICATE = "x509_pem_cert"
_USER_AGENT = "user-agent"


class OperationHandler:
    """Answers the calls of one operation.

    Args:
        operation: the operation.
        pipeline: carries every request through.
        executor: runs what may block; None never to block the loop's thread for it.
        may_run_inline: True if the token is quick enough to be used on the event loop.
    """

    def __init__(
        self, operation: Operation, pipeline: Pipeline, executor: Executor, *, may_run_inline: bool
    ) -> None:
        self._operation = operation
        self._pipeline = pipeline
        self._executor = executor
        self._may_run_inline = may_run_inline

    async def answer(self, body: bytes, context: Any) -> bytes:  # noqa: ANN401 # grpc.aio's context
        """Answers one call: bytes in, bytes out; nothing but an abort is raised."""
        pipeline = self._pipeline
        progress = pipeline.begin(self._operation, _arrival(body, context))
        if self._may_run_inline and pipeline.runs_inline(progress):
            outcome = pipeline.finish(progress)
        else:
            loop = asyncio.get_running_loop()
            outcome = await loop.run_in_executor(self._executor, pipeline.finish, progress)
        if outcome.error is not None:
            status = status_of(outcome.error, outcome.request_id)
            await context.abort_with_status(rpc_status.to_status(status))
        assert outcome.response is not None  # noqa: S101 # an outcome without error has a response
        return outcome.response.SerializeToString()


def generic_handlers(handlers: Iterable[OperationHandler]) -> tuple[grpc.GenericRpcHandler, ...]:
    """The handlers by service, as grpc wants them.

    Messages are (de)serialised by the pipeline: grpc would answer INTERNAL to bytes that it can't read.
    """
    services: defaultdict[str, dict[str, grpc.RpcMethodHandler[bytes, bytes]]] = defaultdict(dict)
    for handler in handlers:
        operation = handler._operation  # noqa: SLF001 # of this module
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
