"""When and by what keys were last used."""

from typing import Any

import pytest

from strongroom.client import Client, errors
from strongroom.client.items import EncryptItem
from strongroom.server.key_usage import LastUses
from strongroom.server.store import KeyUsage
from tests.support.deployments import Deployment, Service, wait_until
from tests.support.housekeeping import Housekeeping


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    made = Deployment.make(tmp_path_factory.mktemp("deployment") / "dev")
    config = made.config.read_text()
    made.config.write_text(config.replace("[store]", "[store]\nlast_usage_interval_s = 0.2", 1))
    return made


def test_the_last_success_is_told_with_its_record(client: Client, service: Service) -> None:
    key_id, other = client.create_key().key_id, client.create_key().key_id
    fresh = client.get_key_last_usage(key_id)
    assert (fresh.operation, fresh.timestamp) == (None, None)
    assert fresh.tracking_start_date == fresh.key_creation_date == client.describe_key(key_id).creation_date
    blob = client.encrypt(key_id, b"x").ciphertext_blob
    client.re_encrypt(blob, other)
    with pytest.raises(errors.InvalidCiphertext):
        client.decrypt(blob, encryption_context={"other": "context"})
    with pytest.raises(errors.DryRunOperation):
        client.encrypt(key_id, b"x", dry_run=True)
    client.describe_key(key_id)
    for used in (key_id, other):
        wait_until(lambda used=used: client.get_key_last_usage(used).operation == "ReEncrypt")  # type: ignore[misc]
    found = client.get_key_last_usage(key_id)
    records: list[Any] = service.deployment.audit_records()
    (record,) = [r for r in records if r["eventID"] == found.cloud_trail_event_id]
    assert (record["eventName"], record["requestID"]) == ("ReEncrypt", found.kms_request_id)


def test_items_of_a_batch_count(client: Client) -> None:
    key_id = client.create_key().key_id
    client.batch_encrypt([EncryptItem(key_id, b"x")] * 3)
    wait_until(lambda: client.get_key_last_usage(key_id).operation == "Encrypt")


def test_an_earlier_use_that_comes_late_changes_nothing(client: Client, rounds: Housekeeping) -> None:
    key_id = client.create_key().key_id
    uses = LastUses(rounds.store)
    for name, minutes in (("Decrypt", 0), ("Encrypt", -1)):
        rounds.pass_by(minutes=minutes)
        uses.note(KeyUsage(key_id, name, rounds.now, "e" * 36, "r" * 36))
        uses.flush()
    assert client.get_key_last_usage(key_id).operation == "Decrypt"
    uses.note(KeyUsage("00000000-0000-4000-8000-000000000000", "Decrypt", rounds.now, "e" * 36, "r" * 36))
    uses.flush()  # of a key that is gone
