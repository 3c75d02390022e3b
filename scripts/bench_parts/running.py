"""The servers that are measured, and the load that measures them: processes of their own, on loopback."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from tests.support.deployments import Deployment, Service, free_port

HERE = Path(__file__).resolve().parent
_TICKS_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Answer:
    """What a load measured: times in seconds, processor time in µs a request."""

    rate: float
    p50: float
    p99: float
    count: int
    loader_cpu_us: float
    server_cpu_us: float


class LoadFailed(Exception):
    """Requests failed, or the load generator cost more than the server."""


@dataclass(frozen=True)
class Server:
    """A running server: where it is, what it takes, and its working processes."""

    port: int
    pids: tuple[int, ...]
    request: dict[str, Any]

    def load(
        self, path: str, bodies: list[bytes], *, seconds: float, rate: float = 0.0, streams: int = 16
    ) -> Answer:
        """Sends a load, and fails loudly if any request failed."""
        document = {
            **self.request,
            "port": self.port,
            "path": path,
            "bodies": [base64.b64encode(body).decode() for body in bodies],
            "seconds": seconds,
            "rate": rate,
            "streams": streams,
            "connections": 4 * len(self.pids),
        }
        before = self._cpu_s()
        done = subprocess.run(
            [sys.executable, str(HERE / "h2_load.py")],
            input=json.dumps(document),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise LoadFailed(done.stderr)
        found = json.loads(done.stdout)
        if found["errors"] or not found["count"]:
            raise LoadFailed(f"{path}: {found['statuses']}")
        cpu_us = (self._cpu_s() - before) / found["count"] * 1e6
        if found["cpu_us"] > cpu_us:
            raise LoadFailed(
                f"the load generator costs {found['cpu_us']:.0f} µs, the server only {cpu_us:.0f} µs"
            )
        return Answer(found["rate"], found["p50"], found["p99"], found["count"], found["cpu_us"], cpu_us)

    def _cpu_s(self) -> float:
        return sum(map(_cpu_s, self.pids))

    def memory_mib(self) -> float:
        """Resident memory of the largest process."""
        return max(map(_memory_mib, self.pids))


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_S


def _memory_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def grpc_request(deployment: Deployment) -> dict[str, Any]:
    """What every gRPC request has."""
    pki = deployment.directory / "pki"
    return {
        "ca": str(pki / "ca.pem"),
        "certificate": str(pki / "client.pem"),
        "key": str(pki / "client.key"),
        "headers": {"content-type": "application/grpc", "te": "trailers", "user-agent": "strongroom-bench"},
        "status_header": "grpc-status",
        "success": "0",
    }


def grpc_body(message: Message) -> bytes:
    """A length-prefixed message (gRPC over HTTP/2, "Length-Prefixed-Message")."""
    data = message.SerializeToString()
    return b"\0" + len(data).to_bytes(4) + data


@contextmanager
def echo(deployment: Deployment, workers: int) -> Iterator[Server]:
    """The empty echo server, in as many processes."""
    port = free_port()
    arguments = [sys.executable, str(HERE / "echo_server.py"), str(deployment.directory / "pki"), str(port)]
    with ExitStack() as stack:
        processes = [subprocess.Popen(arguments, stdout=subprocess.PIPE) for _ in range(workers)]
        for process in processes:
            stack.callback(process.wait)
            stack.callback(process.kill)
            assert process.stdout is not None
            stack.callback(process.stdout.close)
            process.stdout.readline()
        yield Server(port, tuple(p.pid for p in processes), grpc_request(deployment))


@contextmanager
def strongroom(deployment: Deployment, workers: int) -> Iterator[Server]:
    """The service, with as many workers."""
    with deployment.served(workers=workers) as service:
        yield server_of(service)


def server_of(service: Service) -> Server:
    """The workers of a running service."""
    pids = tuple(pid for name, pid in service.children().items() if name.startswith("worker"))
    return Server(service.deployment.port, pids, grpc_request(service.deployment))
