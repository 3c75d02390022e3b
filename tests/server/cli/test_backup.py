import hashlib
import json
import signal
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.server.cli.conftest import STRONGROOMD, Deployment, clean_environment, run
from tests.server.cli.restorations import back_up
from tests.support.audit import told
from tests.support.databases import change, make_older, rows
from tests.support.forging import appended, decrypted

_PATCH = """
import os
from strongroom.server.cli.backups import making
def interrupt(*_, **__):
    os.kill(os.getpid(), {number})
    import time; time.sleep(60)
making.{step} = interrupt
"""
STEPS = ("survey", "make_single_file", "sha256_of", "inspection", "manifest_of", "sync", "_details")


def _manifest(backup: Path) -> Any:
    return json.loads((backup / "manifest.json").read_text())


def _beside(deployment: Deployment) -> set[str]:
    return {path.name for path in deployment.directory.parent.iterdir()} - {deployment.directory.name}


def test_a_backup_is_a_copy_with_a_manifest_that_only_the_owner_reads(deployment: Deployment) -> None:
    key_id = deployment.make_key()
    backup = back_up(deployment)
    assert {path.name for path in backup.iterdir()} == {"store.sqlite", "manifest.json"}
    assert stat.S_IMODE(backup.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in backup.iterdir()} == {0o600}
    manifest = _manifest(backup)
    copy = backup / "store.sqlite"
    assert manifest["database_sha256"] == hashlib.sha256(copy.read_bytes()).hexdigest()
    assert manifest["deployment"] == {"name": "dev", "account_id": "111122223333", "region": "eu-local-1"}
    assert manifest["token"]["label"] == "dev"
    ((material_id,),) = rows(copy, "SELECT material_id FROM materials WHERE key_id = ?", key_id)
    assert manifest["materials"] == [
        {
            "material_id": material_id.hex(),
            "key_id": key_id,
            "key_spec": "SYMMETRIC_DEFAULT",
            "state": "enabled",
            "label": f"strongroom/dev/{key_id}",
            "on_token": True,
        }
    ]


def test_a_trail_that_is_not_as_it_was_left_is_told_beside_the_answer(deployment: Deployment) -> None:
    back_up(deployment)
    appended(deployment.directory / "audit" / "backup-00000001.jsonl", [decrypted()])
    out = deployment.directory.parent / "second"
    answer = deployment.run("backup", "--out", str(out), "--output", "json")
    assert answer.json["materials"] == []
    assert "the audit trail isn't as the service left it" in answer.err


def test_programs_are_answered_with_the_manifest(deployment: Deployment) -> None:
    deployment.make_key()
    out = deployment.directory.parent / "backup"
    answer = deployment.run("backup", "--out", str(out), "--output", "json")
    assert answer.json == {"backup": str(out), **_manifest(out)}


def test_people_are_told_how_many_and_what_is_not_in_it(deployment: Deployment) -> None:
    deployment.make_key()
    answer = deployment.run("backup", "--out", str(deployment.directory.parent / "backup"))
    assert "Backed up 1 keys" in answer.out
    assert "SYMMETRIC_DEFAULT" in answer.out
    assert "The keys are on the token only" in answer.out


def test_an_object_that_the_token_lacks_is_in_the_manifest(deployment: Deployment) -> None:
    deployment.make_key("no-object")
    (material,) = _manifest(back_up(deployment))["materials"]
    assert material["on_token"] is False


def test_what_is_being_created_is_not_in_the_backup(deployment: Deployment) -> None:
    whole, begun = deployment.make_key(), deployment.make_key("begun")
    backup = back_up(deployment)
    assert rows(backup / "store.sqlite", "SELECT key_id FROM keys") == [(whole,)]
    assert rows(backup / "store.sqlite", "SELECT key_id FROM materials") == [(whole,)]
    assert (begun,) in rows(deployment.directory / "strongroom.db", "SELECT key_id FROM keys")


def test_the_record_is_written_before_the_backup_is_there(deployment: Deployment) -> None:
    backup = back_up(deployment)
    (record,) = told(deployment.directory, "backup")
    assert record["eventName"] == "CreateBackup"
    assert record["serviceEventDetails"]["backup"] == str(backup)
    assert record["serviceEventDetails"]["databaseSha256"] == _manifest(backup)["database_sha256"]


def test_a_strange_path_is_fine(deployment: Deployment) -> None:
    backup = back_up(deployment, "it's a%20 [dir]?x=#y ü/now")
    assert {path.name for path in backup.iterdir()} == {"store.sqlite", "manifest.json"}
    assert deployment.run("restore", str(backup), "--check").code == 0
    assert _beside(deployment) == {"it's a%20 [dir]?x=#y ü"}


def test_nothing_is_overwritten(deployment: Deployment) -> None:
    out = deployment.directory.parent / "there"
    out.mkdir()
    assert deployment.run("backup", "--out", str(out)).code == 1
    out.rmdir()
    out.symlink_to("nowhere")
    assert deployment.run("backup", "--out", str(out)).code == 1
    assert _beside(deployment) == {"there"}


def test_a_token_that_is_away_refuses_with_the_remedy(deployment: Deployment) -> None:
    deployment.make_key()
    (deployment.directory / "tokens").rename(deployment.directory / "elsewhere")
    answer = deployment.run("backup", "--out", str(deployment.directory.parent / "backup"))
    assert answer.code == 75
    assert "--without-token" in answer.err
    assert _beside(deployment) == set()
    (material,) = _manifest(back_up(deployment, "backup", "--without-token"))["materials"]
    assert material["on_token"] is None


def test_a_database_that_is_not_there_is_told(deployment: Deployment) -> None:
    (deployment.directory / "strongroom.db").unlink()
    answer = deployment.run("backup", "--out", str(deployment.directory.parent / "backup"))
    assert answer.code == 75
    assert "There is no database" in answer.err
    assert _beside(deployment) == set()


@pytest.mark.parametrize("content", [b"nonsense" * 1000, b"SQLite format 3\0" + b"\1" * 8192])
def test_what_is_no_database_is_refused(deployment: Deployment, content: bytes) -> None:
    (deployment.directory / "strongroom.db").write_bytes(content)
    answer = deployment.run("backup", "--out", str(deployment.directory.parent / "backup"))
    assert answer.code == 78, answer.err
    assert "damaged" in answer.err
    assert _beside(deployment) == set()


def test_a_damaged_database_is_refused(deployment: Deployment) -> None:
    database = deployment.directory / "strongroom.db"
    deployment.make_key()
    ((page,),) = rows(database, "SELECT rootpage FROM sqlite_master WHERE name = 'ix_materials_key_id'")
    with database.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 512)
    answer = deployment.run("backup", "--out", str(deployment.directory.parent / "backup"))
    assert answer.code == 78, answer.err
    assert "damaged" in answer.err
    assert _beside(deployment) == set()


@pytest.mark.parametrize("statement", ["UPDATE deployment SET region = 'x'", "DROP TABLE alembic_version"])
def test_a_foreign_database_is_refused(deployment: Deployment, statement: str) -> None:
    change(deployment.directory / "strongroom.db", statement)
    answer = deployment.run("backup", "--out", str(deployment.directory.parent / "backup"))
    assert answer.code == 78, answer.err
    assert _beside(deployment) == set()


def test_an_older_database_is_backed_up_before_its_upgrade(deployment: Deployment) -> None:
    key_id = deployment.make_key()
    make_older(deployment.directory / "strongroom.db", "0001")
    manifest = _manifest(back_up(deployment))
    assert manifest["schema_revision"] == "0001"
    assert [material["key_id"] for material in manifest["materials"]] == [key_id]
    assert rows(deployment.directory / "strongroom.db", "SELECT * FROM alembic_version") == [("0001",)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_backup_leaves_nothing_that_looks_like_one(
    deployment: Deployment, number: signal.Signals
) -> None:
    out = deployment.directory.parent / "backup"
    for step in STEPS:
        _interrupt(deployment, out, step, number)
        assert not out.exists(), step
        assert _beside(deployment) == set() or number == signal.SIGKILL, step
    back_up(deployment)
    assert _beside(deployment) == {"backup"}


def _interrupt(deployment: Deployment, out: Path, step: str, number: signal.Signals) -> None:
    program = _PATCH.format(number=int(number), step=step) + STRONGROOMD[2]
    command = [STRONGROOMD[0], "-c", program, "backup", "--out", str(out), "--config", str(deployment.config)]
    done = subprocess.run(command, env=clean_environment(), capture_output=True, check=False, timeout=60)
    assert done.returncode != 0, step


def test_wrong_usage_ends_with_2(deployment: Deployment) -> None:
    assert deployment.run("backup").code == 2
    assert run("restore").code == 2
    assert run("restore", deployment.config).code == 2
