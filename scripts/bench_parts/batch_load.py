"""A load of batches, as many at once as there are connections.

What fits into one frame of 16 KiB is sent by `h2_load`; the rest by gRPC's own client, which costs more: this
file is its program, `python batch_load.py` with a JSON document on standard input, and prints calls a second.
"""

import base64
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from bench_parts.running import Server, grpc_body
from bench_parts.unary import SERVICE

from tests.support.deployments import Deployment

_LIMIT = ("grpc.max_receive_message_length", 1 << 26)
_FRAME_BYTES = 16_384


def batch_rate(
    server: Server,
    deployment: Deployment,
    name: str,
    request: Any,  # a batch's message
    *,
    seconds: float,
) -> float:
    """Items a second."""
    path, body, items = SERVICE + name, grpc_body(request), len(request.items)
    if len(body) <= _FRAME_BYTES:
        return items * server.load(path, [body], seconds=seconds, streams=1).rate
    document = {
        "address": f"127.0.0.1:{deployment.port}",
        "pki": str(deployment.directory / "pki"),
        "path": path,
        "body": base64.b64encode(request.SerializeToString()).decode(),
        "seconds": seconds,
        "at_once": 4 * len(server.pids),
    }
    here = Path(__file__).resolve()
    arguments = [sys.executable, str(here)]
    environment = {"PYTHONPATH": f"{here.parent.parent.parent}:{here.parent.parent}"}
    done = subprocess.run(
        arguments, input=json.dumps(document), capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return items * float(done.stdout)


def _send(document: dict[str, Any], number: int) -> int:
    """Sends until the time is over; gives the calls that were answered."""
    pki = Path(document["pki"])
    credentials = grpc.ssl_channel_credentials(
        (pki / "ca.pem").read_bytes(), (pki / "client.key").read_bytes(), (pki / "client.pem").read_bytes()
    )
    options = [_LIMIT, ("grpc.use_local_subchannel_pool", 1), ("strongroom.number", number)]
    body, answered = base64.b64decode(document["body"]), 0
    with grpc.secure_channel(document["address"], credentials, options=options) as channel:
        call: Any = channel.unary_unary(document["path"])
        call(body, timeout=30)
        end = time.perf_counter() + document["seconds"]
        while time.perf_counter() < end:
            call(body, timeout=30)
            answered += 1
    return answered


if __name__ == "__main__":
    found = json.load(sys.stdin)
    with ThreadPoolExecutor(found["at_once"]) as pool:
        total = sum(pool.map(lambda number: _send(found, number), range(found["at_once"])))
    sys.stdout.write(f"{total / found['seconds']}\n")
