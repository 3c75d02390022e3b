"""Batches of several sizes against the bare loop, and data key pairs with and without those made ahead."""

import time
from collections.abc import Iterator
from statistics import median

from bench_parts.batch_load import batch_rate
from bench_parts.rows import Row
from bench_parts.running import strongroom
from bench_parts.token_loops import bare_rate
from bench_parts.unary import CONTEXT, PLAINTEXT, SERVICE

from strongroom.client import Client
from strongroom.v1 import batches_pb2 as batches
from strongroom.v1 import encryption_pb2 as messages
from tests.support.deployments import Deployment

SIZES = (1, 10, 100, 1000)
BUDGET = 0.60
_BUDGET_SIZE = 100
_PAIRS = 4


def measure(deployment: Deployment, seconds: float, rounds: int) -> Iterator[Row]:
    """Items a second of one worker, as ratios to one bare loop."""
    bare = bare_rate(deployment, "encrypt", 1, seconds)
    yield Row("bare AES-GCM loop", bare, "calls/s")
    with strongroom(deployment, 1), deployment.client() as client:
        key = client.create_key().key_id
        blob = client.encrypt(key, PLAINTEXT, encryption_context=CONTEXT).ciphertext_blob
        encrypt = messages.EncryptRequest(key_id=key, plaintext=PLAINTEXT, encryption_context=CONTEXT)
        decrypt = messages.DecryptRequest(ciphertext_blob=blob, encryption_context=CONTEXT)
        for size in SIZES:
            bodies = {
                "BatchEncrypt": batches.BatchEncryptRequest(items=[encrypt] * size),
                "BatchDecrypt": batches.BatchDecryptRequest(items=[decrypt] * size),
            }
            for name, request in bodies.items():
                body = request.SerializeToString()
                rate = median(
                    batch_rate(deployment, SERVICE + name, body, size, seconds, 2) for _ in range(rounds)
                )
                budget = BUDGET if size == _BUDGET_SIZE else None
                yield Row(f"{name} of {size:,} items", rate, "items/s", rate / bare, budget)
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
