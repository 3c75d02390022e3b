"""Unary calls against the empty echo server: rates, processor time, latency."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from bench_parts.rows import Row
from bench_parts.running import Answer, Server, echo, grpc_body, strongroom

from strongroom.v1 import encryption_pb2 as messages
from strongroom.v1 import resources_pb2 as v1
from tests.support.deployments import Deployment

SERVICE = "/strongroom.v1.CryptoService/"
CONTEXT = {"tenant": "a", "table": "orders"}
PLAINTEXT = b"x" * 64
RATE_BUDGET = 0.60
LATENCY_BUDGET = 3.0


@dataclass(frozen=True)
class Unary:
    """What to call."""

    name: str
    bodies: list[bytes]


def calls_for(deployment: Deployment, key_ids: list[str]) -> list[Unary]:
    """The calls that are measured, with these keys in turn; the service must run."""
    with deployment.client() as client:
        blobs = [client.encrypt(k, PLAINTEXT, encryption_context=CONTEXT).ciphertext_blob for k in key_ids]
    encrypt = [
        messages.EncryptRequest(key_id=k, plaintext=PLAINTEXT, encryption_context=CONTEXT) for k in key_ids
    ]
    decrypt = [messages.DecryptRequest(ciphertext_blob=b, encryption_context=CONTEXT) for b in blobs]
    spec = v1.DATA_KEY_SPEC_AES_256
    make = [
        messages.GenerateDataKeyRequest(key_id=k, key_spec=spec, encryption_context=CONTEXT) for k in key_ids
    ]
    return [
        Unary("Encrypt", [grpc_body(r) for r in encrypt]),
        Unary("Decrypt", [grpc_body(r) for r in decrypt]),
        Unary("GenerateDataKey", [grpc_body(r) for r in make]),
    ]


def measure(deployment: Deployment, workers: int, seconds: float, rounds: int) -> Iterator[Row]:
    """Rates with this many workers; echo and service take turns, medians are compared."""
    with ExitStack() as stack:
        service = stack.enter_context(strongroom(deployment, workers))
        unit = stack.enter_context(echo(deployment, workers))
        with deployment.client() as client:
            calls = calls_for(deployment, [client.create_key().key_id])
        for call in calls:
            service.load(SERVICE + call.name, call.bodies, seconds=1)
        records = len(deployment.audit_records())
        answers: dict[str, list[Answer]] = {}
        for _ in range(rounds):
            answers.setdefault("echo", []).append(
                unit.load(f"{SERVICE}Encrypt", calls[0].bodies, seconds=seconds)
            )
            for call in calls:
                answers.setdefault(call.name, []).append(
                    service.load(SERVICE + call.name, call.bodies, seconds=seconds)
                )
        answered = sum(a.count for name, found in answers.items() if name != "echo" for a in found)
        assert len(deployment.audit_records()) - records == answered, "requests and audit records differ"
        yield from _rows(answers, workers)
        if workers == 1:
            yield from _latency(service, unit, calls[0], answers, seconds)
            yield Row(f"worker memory after {answered:,} requests", service.memory_mib(), "MiB")


def _rows(answers: dict[str, list[Answer]], workers: int) -> Iterator[Row]:
    label = f"{workers} worker{'s' if workers > 1 else ''}"
    for name, found in answers.items():
        ratio = _ratio(answers, name, lambda a: a.rate)
        budget = None if name == "echo" else RATE_BUDGET
        yield Row(f"{name}, {label}", median(a.rate for a in found), "calls/s", ratio, budget)
    for name, found in answers.items():
        ratio = _ratio(answers, name, lambda a: 1 / a.server_cpu_us)
        yield Row(
            f"{name}, processor time, {label}", median(a.server_cpu_us for a in found), "µs/call", ratio
        )


def _ratio(answers: dict[str, list[Answer]], name: str, figure: Callable[[Answer], float]) -> float | None:
    if name == "echo":
        return None
    pairs = zip(answers[name], answers["echo"], strict=True)
    return median(figure(mine) / figure(unit) for mine, unit in pairs)


def _latency(
    service: Server, unit: Server, call: Unary, answers: dict[str, list[Answer]], seconds: float
) -> Iterator[Row]:
    """The 99th percentile while half as much is asked as could be answered."""
    ratios, figures = [], []
    for _ in range(3):
        base = unit.load(
            f"{SERVICE}Encrypt",
            call.bodies,
            seconds=seconds,
            rate=median(a.rate for a in answers["echo"]) / 2,
        )
        mine = service.load(
            SERVICE + call.name,
            call.bodies,
            seconds=seconds,
            rate=median(a.rate for a in answers[call.name]) / 2,
        )
        figures.append(mine.p99 * 1000)
        ratios.append(mine.p99 / base.p99)
    yield Row(
        "Encrypt, p99 at half load", median(figures), "ms", median(ratios), LATENCY_BUDGET, is_ceiling=True
    )
