"""A backup is whole whatever happens meanwhile, and what was encrypted before it decrypts after its return."""

import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from strongroom.server.trail import SYSTEM_ACCOUNT
from tests.server.cli.conftest import Answer, run
from tests.support.backups import age
from tests.support.databases import rows
from tests.support.deployments import Deployment, wait_until
from tests.support.housekeeping import Housekeeping
from tests.support.imports import OAEP, bring, external, parameters
from tests.support.wrapping import wrap


def _back_up(deployment: Deployment, name: str) -> Path:
    out = deployment.directory.parent / name
    answer = run("backup", "--out", out, "--config", deployment.config)
    assert answer.code == 0, answer.err
    return out


def _restore(deployment: Deployment, backup: Path) -> Answer:
    answer = run("restore", backup, "--yes", "--output", "json", "--config", deployment.config)
    assert answer.code == 0, answer.err
    return answer


@contextmanager
def _creating(deployment: Deployment, threads: int = 3) -> Iterator[list[str]]:
    """Creates keys, and gives the ids of those that were answered so far."""
    created: list[str] = []
    stopping = threading.Event()

    def create() -> None:
        with deployment.client() as client:
            while not stopping.is_set():
                created.append(client.create_key().key_id)

    running = [threading.Thread(target=create) for _ in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield created
    finally:
        stopping.set()
        for thread in running:
            thread.join()


def test_every_key_that_was_created_before_a_backup_began_is_in_it(own_deployment: Deployment) -> None:
    with own_deployment.served(workers=2), _creating(own_deployment) as created:
        before: list[set[str]] = []
        for number in range(2):
            wait_until(lambda: len(created) >= 10 * (number + 1), 60)
            before.append(set(created))
            _back_up(own_deployment, f"backup-{number}")
    for number, expected in enumerate(before):
        backup = own_deployment.directory.parent / f"backup-{number}"
        assert rows(backup / "store.sqlite", "PRAGMA integrity_check") == [("ok",)]
        query = "SELECT keys.key_id, account_id FROM keys JOIN materials USING (key_id)"
        found = rows(backup / "store.sqlite", query)
        backed_up = {key_id for key_id, account_id in found if account_id != SYSTEM_ACCOUNT}
        assert expected <= backed_up <= set(created)
        _restore(own_deployment, backup)
        with own_deployment.served(), own_deployment.client() as client:
            assert {key.key_id for key in client.all_keys()} == backed_up
            for key_id in expected:
                assert client.describe_key(key_id).key_state == "Enabled"


def test_what_was_encrypted_before_decrypts_after_the_database_was_lost(own_deployment: Deployment) -> None:
    with own_deployment.served(), own_deployment.client() as client:
        key_id = client.create_key().key_id
        client.create_alias("alias/kept", key_id)
        older = client.encrypt(key_id, b"older").ciphertext_blob
        client.rotate_key_on_demand(key_id)
        backup = _back_up(own_deployment, "backup")
        newer = client.encrypt(key_id, b"newer").ciphertext_blob
    for path in own_deployment.directory.glob("strongroom.db*"):
        path.unlink()
    _restore(own_deployment, backup)
    with own_deployment.served(workers=2), own_deployment.client() as client:
        assert client.decrypt(older).plaintext == b"older"
        assert client.decrypt(newer).plaintext == b"newer"
        assert client.decrypt(client.encrypt("alias/kept", b"new").ciphertext_blob).plaintext == b"new"


def test_what_the_lost_history_made_good_is_not_destroyed(own_deployment: Deployment) -> None:
    with own_deployment.served(), own_deployment.client() as client:
        key_id = client.create_key().key_id
    with closing(Housekeeping(own_deployment)) as rounds:
        maker = rounds.maker()
        material = maker.new_material(key_id)
        rounds.store.begin_rotate(key_id, material, "boot", "ON_DEMAND", most_on_demand=25)
        backup = _back_up(own_deployment, "backup")
        ref = maker._generate(material, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
        rounds.store.complete_rotate(key_id, ref.material_id, ref.check, "ON_DEMAND")
    restored = _restore(own_deployment, backup).json
    assert [one["material_id"] for one in restored["unknown"]] == [ref.material_id.hex()]
    assert [(key["key_id"], key["concerned"]) for key in restored["lost"]] == [(key_id, 1)]
    with closing(Housekeeping(own_deployment)) as rounds:
        rounds.reconcile()
        assert rounds.token.exists(ref)
    with own_deployment.served(), own_deployment.client() as client:
        client.rotate_key_on_demand(key_id)
        assert client.decrypt(client.encrypt(key_id, b"x").ciphertext_blob).plaintext == b"x"


def test_after_an_old_backup_was_restored_keys_rotate(own_deployment: Deployment) -> None:
    with own_deployment.served(), own_deployment.client() as client:
        key_id = client.create_key().key_id
        blob = client.encrypt(key_id, b"x").ciphertext_blob
        backup = age(_back_up(own_deployment, "backup"), timedelta(days=1))
    _restore(own_deployment, backup)
    with own_deployment.served(), own_deployment.client() as client:
        wait_until(lambda: len(client.list_key_rotations(key_id).rotations) == 1, 30)
        assert client.decrypt(blob).plaintext == b"x"
        assert client.describe_key(key_id).current_key_material_id != client.decrypt(blob).key_material_id


def test_imported_material_that_is_away_is_not_lacking_and_can_be_brought_again(
    own_deployment: Deployment,
) -> None:
    secret = os.urandom(32)
    with own_deployment.served(), own_deployment.client() as client:
        there, away = external(client), external(client)
        for key_id in (there, away):
            bring(client, key_id, secret)
        blobs = [client.encrypt(key_id, b"x").ciphertext_blob for key_id in (there, away)]
        client.delete_imported_key_material(away)
        unused = parameters(client, there)
        backup = _back_up(own_deployment, "backup")
    restored = _restore(own_deployment, backup).json
    assert (restored["lacking"], restored["unknown"], restored["lost"]) == ([], [], [])
    with own_deployment.served(), own_deployment.client() as client:
        assert client.describe_key(away).key_state == "PendingImport"
        bring(client, away, secret)
        assert [client.decrypt(blob).plaintext for blob in blobs] == [b"x", b"x"]
        client.import_key_material(there, unused.import_token, wrap(unused.public_key, OAEP, secret))
