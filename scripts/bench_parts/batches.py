"""Batches of several sizes against the bare loop, and data key pairs with and without those made ahead."""

import time
from collections.abc import Iterator
from statistics import median

from bench_parts.batch_load import batch_rate
from bench_parts.rows import Row
from bench_parts.running import strongroom
from bench_parts.token_loops import bare_rate
from bench_parts.unary import CONTEXT, PLAINTEXT

from strongroom.client import Client
from strongroom.v1 import batches_pb2 as batches
from strongroom.v1 import encryption_pb2 as messages
from tests.support.deployments import Deployment

SIZES = (1, 10, 100, 1000)
BUDGET = 0.60
_BUDGET_SIZE = 100
_BUDGET_WORKERS = 2
_PAIRS = 4


def measure(deployment: Deployment, workers: int, seconds: float, rounds: int) -> Iterator[Row]:
    """Items a second, as ratios to one bare loop."""
    label = f"{workers} worker{'s' if workers > 1 else ''}"
    bare = bare_rate(deployment, "encrypt", 1, seconds)
    yield Row("bare AES-GCM loop, 1 process", bare, "calls/s")
    with strongroom(deployment, workers) as server, deployment.client() as client:
        key = client.create_key().key_id
        blob = client.encrypt(key, PLAINTEXT, encryption_context=CONTEXT).ciphertext_blob
        encrypt = messages.EncryptRequest(key_id=key, plaintext=PLAINTEXT, encryption_context=CONTEXT)
        decrypt = messages.DecryptRequest(ciphertext_blob=blob, encryption_context=CONTEXT)
        for size in SIZES:
            requests = {
                "BatchEncrypt": batches.BatchEncryptRequest(items=[encrypt] * size),
                "BatchDecrypt": batches.BatchDecryptRequest(items=[decrypt] * size),
            }
            for name, request in requests.items():
                rate = median(
                    batch_rate(server, deployment, name, request, seconds=seconds) for _ in range(rounds)
                )
                has_budget = (size, workers) == (_BUDGET_SIZE, _BUDGET_WORKERS)
                budget = BUDGET if has_budget else None
                yield Row(f"{name} of {size:,} items, {label}", rate, "items/s", rate / bare, budget)
        if workers == 1:
            yield from _pairs(client, key)


def _pairs(client: Client, key: str) -> Iterator[Row]:
    """How long a caller waits for an RSA-2048 pair."""
    without = median(_wait_s(client, key) for _ in range(_PAIRS))
    yield Row("GenerateDataKeyPair RSA_2048, none ahead", without * 1e3, "ms")
    time.sleep(5)  # the reserve fills up
    ahead = median(_wait_s(client, key) for _ in range(_PAIRS))
    yield Row("GenerateDataKeyPair RSA_2048, made ahead", ahead * 1e3, "ms", ahead / without)


def _wait_s(client: Client, key: str) -> float:
    started = time.perf_counter()
    client.generate_data_key_pair(key, "RSA_2048")
    return time.perf_counter() - started
