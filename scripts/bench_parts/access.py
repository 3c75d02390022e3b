"""What deciding costs: the same calls under a small policy, under one of ten statements, and by a grant."""

import json
from collections.abc import Iterator
from statistics import median

from bench_parts import decisions
from bench_parts.rows import Row
from bench_parts.running import Answer, Server, strongroom
from bench_parts.unary import CONTEXT, SERVICE, Unary, calls_for

from strongroom.client import Client
from strongroom.server.core.grants import MAX_OF_A_KEY
from tests.support.databases import change
from tests.support.deployments import Deployment
from tests.support.grants import OTHERS

_ME = "arn:aws:iam::111122223333:role/client/admin"
_ADMINISTRATION = ["kms:PutKeyPolicy", "kms:CreateGrant", "kms:DescribeKey"]
FLAT_BUDGET = 1.1


def measure(deployment: Deployment, seconds: float, rounds: int) -> Iterator[Row]:
    """Processor time of Encrypt with one worker, against that with a new key's own policy."""
    with strongroom(deployment, 1) as server, deployment.client() as client:
        keys = {name: client.create_key().key_id for name in ("own policy", *_POLICIES)}
        calls = {name: calls_for(deployment, [key_id])[0] for name, key_id in keys.items()}
        for name, policy in _POLICIES.items():
            client.put_key_policy(keys[name], json.dumps(policy), bypass_policy_lockout_safety_check=True)
        _grant(client, deployment, keys)
        found: dict[str, list[Answer]] = {name: [] for name in calls}
        for _ in range(rounds):
            for name, call in calls.items():
                found[name].append(_load(server, call, seconds))
    yield decisions.measure(deployment, keys["ten statements"], _ME)
    for name, answers in found.items():
        unit = "by a grant" if name == "by one of 50,000 grants" else "own policy"
        pairs = zip(answers, found[unit], strict=True)
        ratio = median(mine.server_cpu_us / base.server_cpu_us for mine, base in pairs)
        budget = FLAT_BUDGET if unit == "by a grant" else None
        cost = median(answer.server_cpu_us for answer in answers)
        yield Row(
            f"Encrypt, {name}", cost, "µs/call", None if name == unit else ratio, budget, is_ceiling=True
        )


def _grant(client: Client, deployment: Deployment, keys: dict[str, str]) -> None:
    for name in ("by a grant", "by one of 50,000 grants"):
        client.create_grant(keys[name], _ME, ["Encrypt"], encryption_context_subset={"tenant": "a"})
    change(deployment.directory / "strongroom.db", OTHERS, keys["by one of 50,000 grants"], MAX_OF_A_KEY - 1)


def _load(server: Server, call: Unary, seconds: float) -> Answer:
    return server.load(SERVICE + call.name, call.bodies, seconds=seconds)


def _statement(effect: str, actions: object, **more: object) -> dict[str, object]:
    everybody = {"AWS": "*"}
    return {"Effect": effect, "Principal": everybody, "Action": actions, "Resource": "*", **more}


def _policy(*statements: dict[str, object]) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": [*statements]}


_TEN = _policy(
    _statement("Deny", "kms:*", Condition={"Bool": {"aws:SecureTransport": "false"}}),
    _statement("Deny", "kms:*", Condition={"NotIpAddress": {"aws:SourceIp": ["127.0.0.0/8", "10.0.0.0/8"]}}),
    _statement(
        "Deny", ["kms:Encrypt", "kms:Decrypt"], Condition={"Null": {"kms:EncryptionContext:tenant": "true"}}
    ),
    _statement("Deny", "kms:*", Condition={"StringNotEquals": {"kms:CallerAccount": "111122223333"}}),
    _statement(
        "Deny", "kms:Encrypt", Condition={"StringEquals": {"kms:EncryptionContext:tenant": ["x", "y"]}}
    ),
    _statement("Allow", _ADMINISTRATION, Principal={"AWS": _ME}),
    _statement("Allow", "kms:Sign", Principal={"AWS": _ME}),
    _statement("Allow", "kms:Decrypt", Principal={"AWS": "arn:aws:iam::111122223333:role/billing"}),
    _statement(
        "Allow",
        "kms:Encrypt",
        Principal={"AWS": _ME},
        Condition={"StringLike": {"kms:EncryptionContext:table": "ord*"}},
    ),
    _statement("Allow", "kms:GenerateDataKey*", Principal={"AWS": _ME}),
)
_BY_GRANT = _policy(_statement("Allow", _ADMINISTRATION, Principal={"AWS": _ME}))
_POLICIES = {"ten statements": _TEN, "by a grant": _BY_GRANT, "by one of 50,000 grants": _BY_GRANT}
assert CONTEXT.keys() == {"tenant", "table"}  # what the conditions are about
