"""Bare loops over PKCS#11: what the token itself gives."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import median

from bench_parts.rows import Row
from bench_parts.running import HERE

from strongroom.hsm import KeyKind, KeyPurpose, MaterialId
from strongroom.server.config import load_settings
from strongroom.server.token_opening import open_token
from tests.support.deployments import Deployment
from tests.support.tokens import softhsm_module


def measure(deployment: Deployment, seconds: float) -> Iterator[Row]:
    """The bare loop in one process and in two, and the token layer's own loop."""
    one = bare_rate(deployment, "encrypt", 1, seconds)
    two = bare_rate(deployment, "encrypt", 2, seconds)
    layer = _layer(deployment, seconds)
    yield Row("bare AES-GCM loop, 1 process", one, "calls/s")
    yield Row("bare AES-GCM loop, 2 processes", two, "calls/s", two / one)
    yield Row("token layer's AES-GCM loop", layer, "calls/s", layer / one)


def bare_rate(deployment: Deployment, operation: str, processes: int, seconds: float) -> float:
    """Operations a second of bare loops in so many processes at once, the median of three runs."""
    return median(sum(_bare(deployment, operation, processes, seconds)) for _ in range(3))


def _bare(deployment: Deployment, operation: str, processes: int, seconds: float) -> list[float]:
    environment = {**os.environ, "SOFTHSM2_CONF": str(deployment.softhsm_conf), "PIN": deployment.pin}
    program = [sys.executable, str(HERE / "bare_loop.py"), softhsm_module(), "dev"]
    arguments = [*program, str(seconds), operation, str(deployment.directory / "bare_loop.lock")]
    running = [
        subprocess.Popen(arguments, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    for process in running:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    rates = [float(process.stdout.readline()) for process in running if process.stdout]
    for process in running:
        process.communicate()
    return rates


def _layer(deployment: Deployment, seconds: float) -> float:
    token = open_token(load_settings(deployment.config))
    try:
        material_id = MaterialId(token.random(16))
        ref = token.generate(material_id, "strongroom/dev/bench", KeyKind.AES_256, KeyPurpose.ENCRYPT)
        count, started = 0, time.perf_counter()
        while time.perf_counter() - started < seconds:
            for _ in range(100):
                token.use(token.encryption(ref, b"x" * 64, b"a" * 60))
            count += 100
        rate = count / (time.perf_counter() - started)
        token.destroy(material_id, ref.label)
    finally:
        token.close()
    return rate
