import os
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from strongroom.server.config import load_settings
from strongroom.server.deployment import open_store
from tests.server.cli.conftest import Deployment
from tests.server.cli.restorations import (
    check,
    database,
    destroy_object,
    lose_database,
    material_of,
    only_key,
    restore,
    set_asides,
)
from tests.support.databases import change, rows


def test_a_backup_of_what_is_there_would_lack_nothing(deployment: Deployment, backup: Path) -> None:
    before = database(deployment).read_bytes()
    found = check(deployment, backup, code=0)
    assert (found["lacking"], found["unknown"], found["lost"], found["has_database"]) == ([], [], [], True)
    assert database(deployment).read_bytes() == before
    assert set_asides(deployment) == []


def test_people_are_told(deployment: Deployment, backup: Path) -> None:
    later = deployment.make_key()
    answer = deployment.run("restore", str(backup), "--check")
    assert answer.code == 1
    assert "✓ Every key's material is on the token, proved." in answer.out
    assert "1 objects on the token would be unknown" in answer.out
    assert "1 keys exist now and would be lost" in answer.out
    assert later in answer.out


def test_a_destroyed_object_is_found(deployment: Deployment, backup: Path) -> None:
    key_id = only_key(database(deployment))
    destroy_object(deployment, key_id)
    assert check(deployment, backup, code=1)["lacking"] == [
        {
            "key_id": key_id,
            "key_spec": "SYMMETRIC_DEFAULT",
            "state": "Enabled",
            "concerned": 1,
            "materials": 1,
            "is_current_concerned": True,
        }
    ]


def test_another_object_under_the_name_is_not_taken_for_it(deployment: Deployment, backup: Path) -> None:
    key_id = only_key(database(deployment))
    material_id, label = material_of(deployment, key_id), f"strongroom/dev/{key_id}"
    destroy_object(deployment, key_id)
    made = ("--keygen", "--key-type", "aes:32", "--label", label, "--id", material_id, "--sensitive")
    deployment.pkcs11_tool(*made)
    assert [key["key_id"] for key in check(deployment, backup, code=1)["lacking"]] == [key_id]


def test_an_unknown_object_is_found_without_a_database(deployment: Deployment, backup: Path) -> None:
    later = deployment.make_key()
    lose_database(deployment)
    found = check(deployment, backup, code=1)
    assert [one["label"] for one in found["unknown"]] == [f"strongroom/dev/{later}"]
    assert (found["has_database"], found["lost"]) == (False, [])
    assert not database(deployment).exists()


def test_keys_that_exist_now_and_not_in_the_backup_are_told(deployment: Deployment, backup: Path) -> None:
    later = deployment.make_key()
    (lost,) = check(deployment, backup, code=1)["lost"]
    assert (lost["key_id"], lost["concerned"], lost["is_current_concerned"]) == (later, 1, True)


def test_keys_that_were_deleted_since_are_told(deployment: Deployment, backup: Path) -> None:
    key_id = only_key(database(deployment))
    destroy_object(deployment, key_id)
    with closing(open_store(load_settings(deployment.config))) as store:
        ((deleted,),) = rows(database(deployment), "SELECT material_id FROM materials")
        store.begin_destroy(deleted, "test")
        store.complete_destroy(deleted, "test")
    change(database(deployment), "DELETE FROM keys")
    found = check(deployment, backup, code=1)
    assert [key["key_id"] for key in found["destroyed"]] == [key_id]
    assert [key["key_id"] for key in found["lacking"]] == [key_id]


def test_a_key_that_was_disabled_since_is_told(deployment: Deployment, backup: Path) -> None:
    key_id = only_key(database(deployment))
    change(database(deployment), "UPDATE keys SET state = 'Disabled'")
    found = check(deployment, backup, code=1)
    assert found["changed"] == [{"key_id": key_id, "now": "Disabled", "restored": "Enabled"}]


def test_a_database_that_cannot_be_compared_is_told(deployment: Deployment, backup: Path) -> None:
    database(deployment).write_bytes(b"nonsense" * 1000)
    assert "damaged" in check(deployment, backup, code=1)["uncompared"]
    restore(deployment, backup)
    assert deployment.run("doctor").code == 0
    assert [path.read_bytes() for path in set_asides(deployment)] == [b"nonsense" * 1000]


def test_a_database_of_another_deployment_is_not_replaced(deployment: Deployment, backup: Path) -> None:
    change(database(deployment), "UPDATE deployment SET region = 'x'")
    assert "belongs to deployment" in restore(deployment, backup, code=78).err
    assert set_asides(deployment) == []


def _flip(backup: Path) -> None:
    copy = backup / "store.sqlite"
    content = bytearray(copy.read_bytes())
    content[-1] ^= 1
    copy.write_bytes(content)


def _replace_copy(backup: Path) -> None:
    """Another copy, under its own hash: only the comparison with the materials is left."""
    from strongroom.server.cli.backups.making import sha256_of
    from strongroom.server.cli.backups.manifests import read_manifest

    change(backup / "store.sqlite", "UPDATE materials SET state = 'destroying'")
    updated = {"database_sha256": sha256_of(backup / "store.sqlite")}
    sealed = read_manifest(backup).model_copy(update=updated).sealed()
    (backup / "manifest.json").write_text(sealed.model_dump_json())


def _edit(old: str, new: str) -> Callable[[Path], None]:
    def edit(backup: Path) -> None:
        path = backup / "manifest.json"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return edit


def _replace(name: str, make: Callable[[Path], None]) -> Callable[[Path], None]:
    def replace(backup: Path) -> None:
        (backup / name).unlink()
        make(backup / name)

    return replace


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_flip, "altered or damaged"),
        (lambda backup: (backup / "store.sqlite").unlink(), "There is no"),
        (_replace("store.sqlite", os.mkdir), "There is no file"),
        (_replace("manifest.json", os.mkfifo), "There is no file"),  # reading it would never end
        (lambda backup: (backup / "store.sqlite").write_bytes(b""), "altered or damaged"),
        (_replace_copy, "don't agree"),
        (lambda backup: (backup / "manifest.json").unlink(), "Is .* a backup"),
        (lambda backup: (backup / "manifest.json").write_bytes(b"\xff{"), "isn't the manifest"),
        (lambda backup: (backup / "manifest.json").write_text("[]"), "isn't the manifest"),
        (_edit('"format": 1', '"format": 2'), "has format 2"),
        (_edit('"on_token": true', '"on_token": null'), "altered or damaged"),
        (_edit('"created_at": "2', '"created_at": "3'), "altered or damaged"),
        (_edit('"format": 1,', '"format": 1, "more": 1,'), "isn't the manifest"),
    ],
)
def test_a_backup_that_is_not_whole_is_refused(
    deployment: Deployment, backup: Path, spoil: Callable[[Path], None], told: str
) -> None:
    spoil(backup)
    before = database(deployment).read_bytes()
    for option in ("--check", "--yes"):
        answer = deployment.run("restore", str(backup), option)
        assert answer.code == 78, answer.err
        assert re.search(told, answer.err)
    assert database(deployment).read_bytes() == before


def test_a_backup_of_another_deployment_is_refused(deployment: Deployment, backup: Path) -> None:
    lose_database(deployment)
    text = deployment.config.read_text()
    deployment.config.write_text(text.replace("eu-local-1", "us-local-1"))
    assert "belongs to deployment 'dev'" in restore(deployment, backup, code=78).err
    assert not database(deployment).exists()
