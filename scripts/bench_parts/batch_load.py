"""A load of batches, from a process of its own.

`python batch_load.py`, with a JSON document on standard input; it sends the same serialised request again and
again, over as many connections as calls at once, and prints the items a second. It is gRPC's own client:
`h2_load`, which costs less, takes only what fits into one frame of 16 KiB.
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

from tests.support.deployments import Deployment

_LIMIT = ("grpc.max_receive_message_length", 1 << 26)


def batch_rate(
    deployment: Deployment, path: str, body: bytes, items: int, seconds: float, at_once: int
) -> float:
    """Items a second, with so many calls at once."""
    pki = deployment.directory / "pki"
    document = {
        "address": f"127.0.0.1:{deployment.port}",
        "pki": str(pki),
        "path": path,
        "body": base64.b64encode(body).decode(),
        "items": items,
        "seconds": seconds,
        "at_once": at_once,
    }
    arguments = [sys.executable, str(Path(__file__).resolve())]
    environment = {"PYTHONPATH": str(Path(__file__).resolve().parent.parent.parent)}
    done = subprocess.run(
        arguments, input=json.dumps(document), capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return float(done.stdout)


def _send(document: dict[str, Any], number: int) -> int:
    """Sends until the time is over; gives the items that were answered."""
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
            answered += document["items"]
    return answered


if __name__ == "__main__":
    found = json.load(sys.stdin)
    with ThreadPoolExecutor(found["at_once"]) as pool:
        total = sum(pool.map(lambda number: _send(found, number), range(found["at_once"])))
    sys.stdout.write(f"{total / found['seconds']}\n")
