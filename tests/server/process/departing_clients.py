"""A server whose clients give up in the moment of the answer, until grpc has said something of it.

python -m tests.server.process.departing_clients [serve | PORT]
"""

import asyncio
import itertools
import logging
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any

import grpc

from strongroom.server.process.departures import LOGGER
from strongroom.server.process.logs import configure_logs

_PATIENCE_S = 60
_DEADLINES_S = (0.0005, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.006)


async def _refuse(_body: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
    time.sleep(0.0001)  # noqa: ASYNC251 # as a request that runs on the loop
    await context.abort(grpc.StatusCode.PERMISSION_DENIED)
    return b""


async def _serve() -> None:
    configure_logs("worker-0", "debug")
    said = asyncio.Event()
    loop = asyncio.get_running_loop()

    def notice(record: logging.LogRecord) -> bool:
        if "raised in core" in record.getMessage():
            loop.call_soon_threadsafe(said.set)
        return True

    logging.getLogger(LOGGER).addFilter(notice)
    server = grpc.aio.server()
    handler: Any = grpc.unary_unary_rpc_method_handler(_refuse)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test", {"Refuse": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    clients = subprocess.Popen([sys.executable, "-m", __spec__.name, str(port)])  # noqa: ASYNC220
    try:
        with suppress(TimeoutError):
            await asyncio.wait_for(said.wait(), _PATIENCE_S)
    finally:
        clients.kill()
        clients.wait()
        await server.stop(0)


def _call(port: str) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        call: Any = channel.unary_unary("/test/Refuse")

        def run() -> None:
            for deadline_s in itertools.cycle(_DEADLINES_S):
                with suppress(grpc.RpcError):
                    call(b"", timeout=deadline_s)

        threads = [threading.Thread(target=run) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(_serve())
    else:
        _call(sys.argv[1])
