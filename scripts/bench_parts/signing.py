"""Signatures and MACs against bare loops over PKCS#11, one call at a time and in batches."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from bench_parts.batch_load import batch_rate
from bench_parts.rows import Row
from bench_parts.running import grpc_body, strongroom
from bench_parts.token_loops import bare_rate
from bench_parts.unary import SERVICE
from google.protobuf.message import Message

from strongroom.client import Client
from strongroom.v1 import batches_pb2 as batches
from strongroom.v1 import resources_pb2 as v1
from strongroom.v1 import signing_pb2 as messages
from tests.support.deployments import Deployment

RSA_BATCH_BUDGET = 0.90
_DIGEST = b"d" * 32
_BATCH = 100


@dataclass(frozen=True)
class Case:
    """What to call, and the bare loop that does the same."""

    name: str
    loop: str
    path: str
    item: messages.SignRequest | messages.GenerateMacRequest
    batch: Message


def _cases(client: Client) -> list[Case]:
    def sign(spec: str, algorithm: "v1.SigningAlgorithm.ValueType", loop: str) -> Case:
        key = client.create_key(key_spec=spec, key_usage="SIGN_VERIFY").key_id
        item = messages.SignRequest(
            key_id=key, message=_DIGEST, message_type=v1.MESSAGE_TYPE_DIGEST, signing_algorithm=algorithm
        )
        batch = batches.BatchSignRequest(items=[item] * _BATCH)
        return Case(f"Sign {spec}", loop, "Sign", item, batch)

    key = client.create_key(key_spec="HMAC_256", key_usage="GENERATE_VERIFY_MAC").key_id
    mac = messages.GenerateMacRequest(
        key_id=key, message=b"x" * 64, mac_algorithm=v1.MAC_ALGORITHM_HMAC_SHA_256
    )
    batch = batches.BatchGenerateMacRequest(items=[mac] * _BATCH)
    return [
        sign("ECC_NIST_P256", v1.SIGNING_ALGORITHM_ECDSA_SHA_256, "ecdsa"),
        sign("RSA_2048", v1.SIGNING_ALGORITHM_RSASSA_PSS_SHA_256, "rsa"),
        Case("GenerateMac HMAC_256", "mac", "GenerateMac", mac, batch),
    ]


def measure(deployment: Deployment, workers: int, seconds: float, rounds: int) -> Iterator[Row]:
    """Rates with this many workers, as ratios to as many bare loops."""
    label = f"{workers} worker{'s' if workers > 1 else ''}"
    with strongroom(deployment, workers) as server, deployment.client() as client:
        for case in _cases(client):
            bare = bare_rate(deployment, case.loop, workers, seconds)
            yield Row(f"bare {case.loop} loop, {workers} at once", bare, "calls/s")
            bodies = [grpc_body(case.item)]
            unary = median(
                server.load(SERVICE + case.path, bodies, seconds=seconds).rate for _ in range(rounds)
            )
            yield Row(f"{case.name}, {label}", unary, "calls/s", unary / bare)
            name = f"Batch{case.path}"
            batched = median(
                batch_rate(server, deployment, name, case.batch, seconds=seconds) for _ in range(rounds)
            )
            budget = RSA_BATCH_BUDGET if case.loop == "rsa" and workers > 1 else None
            yield Row(
                f"{case.name} in batches of {_BATCH}, {label}", batched, "items/s", batched / bare, budget
            )
