"""What tests of backups and restorations do with a deployment."""

from pathlib import Path
from typing import Any

from tests.server.cli.conftest import Answer, Deployment
from tests.support.databases import rows


def back_up(deployment: Deployment, name: str = "backup", *more: str) -> Path:
    out = deployment.directory.parent / name
    answer = deployment.run("backup", "--out", str(out), *more)
    assert answer.code == 0, answer.err
    return out


def database(deployment: Deployment) -> Path:
    return deployment.directory / "strongroom.db"


def check(deployment: Deployment, backup: Path, *, code: int) -> Any:
    answer = deployment.run("restore", str(backup), "--check", "--output", "json")
    assert answer.code == code, answer.out + answer.err
    assert answer.json["ok"] is (code == 0)
    return answer.json


def restore(deployment: Deployment, backup: Path, *, code: int = 0) -> Answer:
    answer = deployment.run("restore", str(backup), "--yes", "--output", "json")
    assert answer.code == code, answer.out + answer.err
    return answer


def lose_database(deployment: Deployment) -> None:
    for path in deployment.directory.glob("strongroom.db*"):
        path.unlink()


def only_key(path: Path) -> str:
    ((key_id,),) = rows(path, "SELECT key_id FROM keys")
    return str(key_id)


def set_asides(deployment: Deployment) -> list[Path]:
    return sorted(deployment.directory.glob("strongroom.db.replaced-*"))


def material_of(deployment: Deployment, key_id: str) -> str:
    query = "SELECT lower(hex(material_id)) FROM materials WHERE key_id = ?"
    ((material_id,),) = rows(database(deployment), query, key_id)
    return str(material_id)


def destroy_object(deployment: Deployment, key_id: str) -> None:
    material_id = material_of(deployment, key_id)
    deployment.pkcs11_tool("--delete-object", "--type", "secrkey", "--id", material_id)
