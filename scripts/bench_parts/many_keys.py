"""Flat in the number of keys: the same load over ten keys and over many."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from bench_parts.rows import Row
from bench_parts.running import HERE, Answer, Server, grpc_body, server_of
from bench_parts.unary import SERVICE, Unary, calls_for

from strongroom.server.config import load_settings
from strongroom.server.token_opening import open_token
from strongroom.v1 import key_service_pb2 as keys
from tests.support.deployments import Deployment, Service
from tests.support.tokens import softhsm_module

FEW = 10
COST_BUDGET = 1.1
_KEY_SERVICE = "/strongroom.v1.KeyService/"
_DESCRIBE = "DescribeKey"
MEMORY_BUDGET_MIB = 120


def measure(directory: Path, many: int, seconds: float, rounds: int) -> Iterator[Row]:
    """Cost of a call, start-up and memory with ten keys and with many."""
    few_deployment = Deployment.make(directory / "few")
    many_deployment = Deployment.make(directory / "many")
    create(few_deployment, FEW)
    create(many_deployment, many)
    few_start, few = _started(few_deployment)
    many_start, full = _started(many_deployment)
    try:
        yield from _costs(few_deployment, few, many_deployment, full, many, seconds, rounds)
        yield from _memory(full, many_deployment, many)
        yield from _walk(many_deployment, many)
    finally:
        few.stop()
        full.stop()
    own = _enumeration_s(many_deployment) / _enumeration_s(few_deployment)
    yield Row(f"start with {FEW} keys", few_start, "s")
    yield Row(
        f"start with {many:,} keys", many_start, "s", many_start / few_start, max(own, 1.0), is_ceiling=True
    )


def _costs(
    few_deployment: Deployment,
    few: Service,
    many_deployment: Deployment,
    full: Service,
    many: int,
    seconds: float,
    rounds: int,
) -> Iterator[Row]:
    few_server, full_server = server_of(few), server_of(full)
    few_calls, full_calls = _calls(few_deployment, many), _calls(many_deployment, many)
    _warm(full_server, full_calls[0])
    _warm(few_server, few_calls[0])
    for mine, others in zip(full_calls, few_calls, strict=True):
        pairs = [
            (_load(full_server, mine, seconds), _load(few_server, others, seconds)) for _ in range(rounds)
        ]
        cost = median(a.server_cpu_us for a, _ in pairs)
        ratio = median(b.rate / a.rate for a, b in pairs)
        yield Row(
            f"{mine.name} over {many:,} keys against {FEW}",
            cost,
            "µs/call",
            ratio,
            COST_BUDGET,
            is_ceiling=True,
        )


def _memory(full: Service, deployment: Deployment, many: int) -> Iterator[Row]:
    """The worker's memory, and what of it the token's module takes for its own objects."""
    whole = server_of(full).memory_mib()
    module = _module_mib(deployment)
    yield Row(f"worker memory with {many:,} keys", whole, "MiB")
    yield Row(f"of it the module's, with {many:,} objects", module, "MiB")
    ours = whole - module
    yield Row("the worker's own memory", ours, "MiB", ours / MEMORY_BUDGET_MIB, 1.0, is_ceiling=True)


def _module_mib(deployment: Deployment) -> float:
    """What a bare process grows by when it opens the token and searches once."""
    environment = {**os.environ, "SOFTHSM2_CONF": str(deployment.softhsm_conf), "PIN": deployment.pin}
    arguments = [sys.executable, str(HERE / "module_memory.py"), softhsm_module(), "dev"]
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _calls(deployment: Deployment, count: int) -> list[Unary]:
    """So many different requests over all keys: as many over few keys as over many, for the same caches."""
    with deployment.client() as client:
        key_ids = [entry.key_id for entry in client.all_keys()]
    key_ids *= max(1, count // len(key_ids))
    describe = [grpc_body(keys.DescribeKeyRequest(key_id=key_id)) for key_id in key_ids]
    return [*calls_for(deployment, key_ids), Unary(_DESCRIBE, describe)]


def _load(server: Server, call: Unary, seconds: float) -> Answer:
    service = _KEY_SERVICE if call.name == _DESCRIBE else SERVICE
    return server.load(service + call.name, call.bodies, seconds=seconds)


def _walk(deployment: Deployment, many: int) -> Iterator[Row]:
    """ListKeys gives every key once, page by page."""
    started = time.perf_counter()
    with deployment.client() as client:
        listed = [entry.key_id for entry in client.all_keys()]
    duration = time.perf_counter() - started
    assert len(listed) == len(set(listed)) == many
    yield Row(f"ListKeys walks {many:,} keys", duration, "s")


def _warm(server: Server, call: Unary) -> None:
    """Until every key has been used once: the first use proves it and reserves encryptions."""
    answered = 0
    while answered < 2 * len(call.bodies):
        answered += server.load(SERVICE + call.name, call.bodies, seconds=3).count


def create(deployment: Deployment, count: int) -> None:
    """Makes so many keys; the deployment must not be served."""
    with (
        deployment.served(workers=1),
        deployment.client(timeout_s=60) as client,
        ThreadPoolExecutor(4) as pool,
    ):
        for number, _ in enumerate(pool.map(lambda _: client.create_key(), range(count)), start=1):
            if number % 500 == 0:
                sys.stderr.write(f"  {number:,} of {count:,} keys made\n")


def _started(deployment: Deployment) -> tuple[float, Service]:
    started = time.perf_counter()
    service = Service.start(deployment, 1)
    return time.perf_counter() - started, service


def _enumeration_s(deployment: Deployment) -> float:
    token = open_token(load_settings(deployment.config))
    try:
        started = time.perf_counter()
        token.objects()
        return time.perf_counter() - started
    finally:
        token.close()
