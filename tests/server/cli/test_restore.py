import shutil
import signal
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from strongroom.hsm.inspection import Presence
from strongroom.server.cli.token_choice import inspection, of_settings
from strongroom.server.config import load_settings
from strongroom.server.deployment import open_store
from strongroom.server.keyring import ref_of
from tests.server.cli.conftest import STRONGROOMD, Deployment, clean_environment
from tests.server.cli.restorations import (
    back_up,
    check,
    database,
    lose_database,
    only_key,
    restore,
    set_asides,
)
from tests.support.audit import told
from tests.support.databases import opened, rows
from tests.support.deployments import wait_until


@pytest.mark.parametrize("has_parent", [True, False])
def test_a_lost_database_is_restored(deployment: Deployment, backup: Path, *, has_parent: bool) -> None:
    key_id = only_key(database(deployment))
    lose_database(deployment)
    if not has_parent:
        deployment.replace_url(deployment.directory / "new" / "strongroom.db")
    answer = deployment.run("restore", str(backup), "--output", "json")  # nothing to lose: nothing to confirm
    assert answer.code == 0, answer.err
    assert answer.json["restored"] is True
    assert answer.json["set_aside"] is None
    settings = load_settings(deployment.config)
    with closing(open_store(settings)) as store, inspection(of_settings(settings)) as token:
        (material,) = store.all_materials()
        assert material.key_id == key_id
        assert token.find(ref_of(material)) is Presence.PROVED
    assert deployment.run("doctor").code == 0


def test_the_database_that_was_there_is_set_aside_whole(deployment: Deployment, backup: Path) -> None:
    later = deployment.make_key()
    with opened(database(deployment)) as connection:  # killed processes leave a -wal
        connection.execute("UPDATE keys SET description = 'in the wal'")
        connection.commit()
        for suffix in ("", "-wal"):
            source = deployment.directory / f"strongroom.db{suffix}"
            shutil.copyfile(source, deployment.directory / f"killed.db{suffix}")
    for suffix in ("", "-wal"):
        (deployment.directory / f"killed.db{suffix}").replace(f"{database(deployment)}{suffix}")
    aside = Path(restore(deployment, backup).json["set_aside"])
    assert only_key(database(deployment)) != later
    assert (later, "in the wal") in rows(aside, "SELECT key_id, description FROM keys")
    assert sorted(path.name for path in deployment.directory.glob("strongroom.db*")) == [
        "strongroom.db",
        aside.name,
    ]


def test_a_strangers_wal_is_not_played_into_the_restored_database(
    deployment: Deployment, backup: Path
) -> None:
    deployment.make_key()
    with opened(database(deployment)) as connection:
        connection.execute("UPDATE keys SET description = 'x'")
        connection.commit()
        wal = Path(f"{database(deployment)}-wal").read_bytes()
    lose_database(deployment)
    Path(f"{database(deployment)}-wal").write_bytes(wal)
    restore(deployment, backup)
    assert rows(database(deployment), "SELECT description FROM keys") == [("",)]
    assert deployment.run("doctor").code == 0


def test_a_restoration_needs_to_be_confirmed(deployment: Deployment, backup: Path) -> None:
    before = database(deployment).read_bytes()
    for output in ("text", "json"):
        answer = deployment.run("restore", str(backup), "--output", output)
        assert answer.code == 1
        assert "--yes" in answer.err
    assert database(deployment).read_bytes() == before
    assert set_asides(deployment) == []


def test_a_restoration_leaves_its_record(deployment: Deployment, backup: Path) -> None:
    aside = restore(deployment, backup).json["set_aside"]
    (record,) = told(deployment.directory, "restore")
    assert record["eventName"] == "RestoreBackup"
    assert record["serviceEventDetails"]["backup"] == str(backup)
    assert record["serviceEventDetails"]["databaseSetAside"] == aside


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_restored_database_knows_how_far_the_trail_went(
    deployment: Deployment, backup: Path, *, is_lost: bool
) -> None:
    for name in ("one", "two"):
        back_up(deployment, name)
    if is_lost:
        lose_database(deployment)
    restore(deployment, backup)
    known = dict(rows(database(deployment), "SELECT name, number FROM audit_chains"))
    assert known == {"backup": 3, "restore": 1}
    back_up(deployment, "three")
    assert "otherwise" not in (deployment.directory / "audit" / "backup-00000004.jsonl").read_text()


def test_a_restoration_that_cannot_be_recorded_is_not_done(deployment: Deployment, backup: Path) -> None:
    before = only_key(database(deployment))
    (deployment.directory / "audit").rename(deployment.directory / "elsewhere")
    (deployment.directory / "audit").write_text("a file")
    restore(deployment, backup, code=75)
    assert only_key(database(deployment)) == before
    assert set_asides(deployment) == []


def test_a_served_deployment_is_checked_and_not_restored(
    deployment: Deployment, backup: Path, serve: Callable[[], subprocess.Popen[str]]
) -> None:
    serve()
    wait_until(lambda: deployment.run("audit", "public-key").code == 0, 30)
    assert check(deployment, backup, code=1)["lost"]  # the audit key, which the housekeeper has just made
    newer = deployment.directory.parent / "newer"
    assert deployment.run("backup", "--out", str(newer)).code == 0
    check(deployment, newer, code=0)
    assert "strongroomd serve" in restore(deployment, newer, code=75).err
    assert set_asides(deployment) == []


def test_a_database_that_a_process_has_open_is_not_replaced(deployment: Deployment, backup: Path) -> None:
    with closing(open_store(load_settings(deployment.config))) as store:
        store.ping()  # as a worker does whose supervisor was killed
        assert "has the database" in restore(deployment, backup, code=75).err
    assert set_asides(deployment) == []
    restore(deployment, backup)


CRASH = """
import os
from strongroom.server.cli.backups import restoring
def crash(*_, **__):
    os.kill(os.getpid(), {number})
    import time; time.sleep(60)
replace = restoring.Path.replace
def replacing(path, target, when):
    if target.name == "strongroom.db" and when == "before":
        crash()
    replace(path, target)
    if target.name == "strongroom.db":
        crash()
"""
STEPS = {
    "examine": "restoring.examine = crash",
    "the copy is ready": "restoring.make_single_file = crash",
    "the record": "restoring._details = crash",
    "before the second name": "os.link = crash",
    "after the second name": "restoring.sync = lambda path: path.is_dir() and crash()",
    "before the replacement": "restoring.Path.replace = lambda *names: replacing(*names, 'before')",
    "after the replacement": "restoring.Path.replace = lambda *names: replacing(*names, 'after')",
}


TELLING = tuple(STEPS)[-3:]
"""Where an exception could undo too much or too little."""


@pytest.mark.parametrize(
    ("step", "number"),
    [*((step, signal.SIGKILL) for step in STEPS), *((step, signal.SIGTERM) for step in TELLING)],
)
def test_a_crash_leaves_the_old_database_or_the_new_one(
    deployment: Deployment, backup: Path, step: str, number: signal.Signals
) -> None:
    old = only_key(database(deployment))
    later = deployment.make_key()
    program = CRASH.format(number=int(number)) + STEPS[step] + "\n" + STRONGROOMD[2]
    command = [STRONGROOMD[0], "-c", program, "restore", str(backup), "--yes"]
    done = subprocess.run(
        [*command, "--config", str(deployment.config)],
        env=clean_environment(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    is_restored = {row[0] for row in rows(database(deployment), "SELECT key_id FROM keys")} == {old}
    assert is_restored is (step == "after the replacement")
    assert deployment.run("doctor").code == 0
    restore(deployment, backup)
    assert only_key(database(deployment)) == old
    holding = [path for path in set_asides(deployment) if _has_key(path, later)]
    assert len(holding) == 1
    assert list(deployment.directory.glob(".*")) == []


def _has_key(path: Path, key_id: str) -> bool:
    return (key_id,) in rows(path, "SELECT key_id FROM keys")
