"""The audit key, and what somebody who writes the database can make of it: nothing."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from strongroom.client import Client, errors
from tests.support.databases import change, rows
from tests.support.deployments import Deployment, Service, wait_until

ALGORITHM = "ECDSA_SHA_256"
PRINCIPAL = "arn:aws:iam::111122223333:role/anybody"
USES: dict[str, Callable[[Client, str], Any]] = {
    "describe": lambda client, key: client.describe_key(key),
    "sign": lambda client, key: client.sign(
        key, b"strongroom/audit-checkpoint\n{}", signing_algorithm=ALGORITHM
    ),
    "get public key": lambda client, key: client.get_public_key(key),
    "explain access": lambda client, key: client.explain_access(key, PRINCIPAL, "kms:Sign"),
    "get policy": lambda client, key: client.get_key_policy(key),
    "put tags": lambda client, key: client.tag_resource(key, {"a": "b"}),
    "disable": lambda client, key: client.disable_key(key),
    "delete": lambda client, key: client.schedule_key_deletion(key),
}
_AUDIT_KEYS = (
    "SELECT keys.key_id FROM keys JOIN materials USING (key_id) "
    "WHERE keys.account_id = '000000000000' AND materials.state = 'enabled' ORDER BY keys.created_at"
)


def _audit_keys(deployment: Deployment) -> list[str]:
    return [key_id for (key_id,) in rows(deployment.directory / "strongroom.db", _AUDIT_KEYS)]


def _audit_key(deployment: Deployment) -> str:
    wait_until(lambda: bool(_audit_keys(deployment)), 30)
    return _audit_keys(deployment)[0]


def _change(deployment: Deployment, statement: str, *parameters: object) -> None:
    assert change(deployment.directory / "strongroom.db", statement, *parameters) == 1


def _give_to_callers(deployment: Deployment, key_id: str, like: str) -> None:
    """Says that a key is one of the account, with the policy of another."""
    statement = (
        "UPDATE keys SET account_id = other.account_id, policy = other.policy "
        "FROM (SELECT * FROM keys WHERE key_id = ?) AS other WHERE keys.key_id = ?"
    )
    _change(deployment, statement, like, key_id)


def _relabel(deployment: Deployment, key_id: str, label: str) -> None:
    _change(deployment, "UPDATE materials SET label = ? WHERE key_id = ?", label, key_id)


def _make_signing_key(client: Client) -> str:
    return client.create_key(key_spec="ECC_NIST_P256", key_usage="SIGN_VERIFY").key_id


def test_the_audit_key_is_no_key_for_callers_whatever_the_database_says(own_deployment: Deployment) -> None:
    with own_deployment.served(), own_deployment.client() as client:
        mine, audit_key = _make_signing_key(client), _audit_key(own_deployment)
        _give_to_callers(own_deployment, audit_key, mine)
        absent = "00000000-0000-4000-8000-000000000000"
        for name, use in USES.items():
            with pytest.raises(errors.NotFound) as refused:
                use(client, audit_key)
            with pytest.raises(errors.NotFound) as unknown:
                use(client, absent)
            assert str(refused.value).replace(audit_key, absent) == str(unknown.value), name
        _change(own_deployment, "UPDATE keys SET account_id = '000000000000' WHERE key_id = ?", audit_key)


def test_an_alias_that_was_moved_to_the_audit_key_leads_nowhere(own_deployment: Deployment) -> None:
    with own_deployment.served(), own_deployment.client() as client:
        mine, audit_key = _make_signing_key(client), _audit_key(own_deployment)
        client.create_alias("alias/mine", mine)
        client.sign("alias/mine", b"x", signing_algorithm=ALGORITHM)
        _give_to_callers(own_deployment, audit_key, mine)
        _change(own_deployment, "UPDATE aliases SET key_id = ? WHERE alias_name = 'alias/mine'", audit_key)
        _change(own_deployment, "INSERT INTO changes (key_id, at) SELECT ?, 0", mine)
        with pytest.raises(errors.NotFound):
            client.sign("alias/mine", b"x", signing_algorithm=ALGORITHM)


def test_with_the_label_of_a_callers_key_it_is_not_on_the_token(own_deployment: Deployment) -> None:
    with own_deployment.served() as service, own_deployment.client() as client:
        mine, audit_key = _make_signing_key(client), _audit_key(own_deployment)
        _relabel(own_deployment, audit_key, f"strongroom/dev/{audit_key}")
        _give_to_callers(own_deployment, audit_key, mine)
        with pytest.raises(errors.InvalidState, match="is unavailable"):
            client.sign(audit_key, b"x", signing_algorithm=ALGORITHM)
        client.sign(mine, b"x", signing_algorithm=ALGORITHM)
        _has_another_made(own_deployment, service, audit_key)


def test_an_audit_key_with_the_label_of_a_callers_key_is_replaced(own_deployment: Deployment) -> None:
    with own_deployment.served():
        old = _audit_key(own_deployment)
    _relabel(own_deployment, old, f"strongroom/dev/{old}")
    with own_deployment.served() as service:
        _has_another_made(own_deployment, service, old)


def _has_another_made(deployment: Deployment, service: Service, old: str) -> None:
    """The housekeeper makes another audit key, one that is new."""
    service.do_round()
    assert len([key_id for key_id in _audit_keys(deployment) if key_id != old]) == 1


def test_a_callers_key_in_place_of_the_audit_key_signs_no_checkpoint(own_deployment: Deployment) -> None:
    public_key = _put_callers_key_in_its_place(own_deployment, "strongroom/dev/{}")
    with own_deployment.served(), own_deployment.client() as client:
        client.generate_random(1)
        wait_until(lambda: len(_signers(own_deployment)) > 1, 30)
    assert hashlib.sha256(public_key).hexdigest() not in _signers(own_deployment)


def test_nor_does_it_with_the_label_of_one_of_the_service(own_deployment: Deployment) -> None:
    public_key = _put_callers_key_in_its_place(own_deployment, "strongroom/dev/system/{}")
    with own_deployment.served() as service, own_deployment.client() as client:
        client.generate_random(1)
        wait_until(lambda: "checkpoint not signed" in service.events(), 30)
    assert hashlib.sha256(public_key).hexdigest() not in _signers(own_deployment)


def _put_callers_key_in_its_place(deployment: Deployment, label: str) -> bytes:
    """Says in the database that a key of a caller is the audit key; gives its public key."""
    deployment.replace_config("[audit]\n", "[audit]\ncheckpoint_interval_s = 0.1\n")
    with deployment.served(), deployment.client() as client:
        mine, audit_key = _make_signing_key(client), _audit_key(deployment)
        public_key = client.get_public_key(mine).public_key
        wait_until(lambda: bool(_signers(deployment)), 30)
    _change(deployment, "UPDATE keys SET description = 'mine' WHERE key_id = ?", audit_key)
    statement = "UPDATE keys SET account_id = '000000000000', description = ? WHERE key_id = ?"
    _change(deployment, statement, "Signs checkpoints of the audit trail", mine)
    _relabel(deployment, mine, label.format(mine))
    return public_key


def _signers(deployment: Deployment) -> set[str]:
    """The public keys of all checkpoints, by their digests."""
    files = (deployment.directory / "audit").glob("*.jsonl")
    lines = [line for file in files for line in file.read_bytes().splitlines(keepends=True)]
    records = [json.loads(line) for line in lines if line.endswith(b"\n")]
    found = [record for record in records if record["eventName"] == "AuditCheckpoint"]
    return {record["serviceEventDetails"]["key"] for record in found}
