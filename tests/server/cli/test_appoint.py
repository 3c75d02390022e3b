import sqlite3
from contextlib import closing

import pytest

from tests.server.cli.conftest import Deployment
from tests.support.audit import told

ADMIN = "arn:aws:iam::111122223333:role/client/admin"
OTHER = "arn:aws:iam::111122223333:role/security/admin"


def _policies(deployment: Deployment) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with closing(sqlite3.connect(deployment.directory / "strongroom.db")) as connection:
        for principal, name in connection.execute("SELECT principal, policy_name FROM principal_policies"):
            found.setdefault(principal, []).append(name)
    return found


def _doctor(deployment: Deployment) -> list[tuple[str, str]]:
    answer = deployment.run("doctor", "--output", "json")
    return [(f["verdict"], f["text"]) for f in answer.json["findings"] if f["check"] == "policies"]


def test_init_appoints_the_client_that_it_makes(deployment: Deployment) -> None:
    assert _policies(deployment) == {ADMIN: ["administrator"]}
    assert _doctor(deployment) == [("ok", "principals have policies, and all of them can be read")]


@pytest.mark.parametrize("principal", [OTHER, "spiffe://dev.strongroom/security/admin"])
def test_a_principal_becomes_an_administrator_and_the_trail_tells(
    deployment: Deployment, principal: str
) -> None:
    for _ in range(2):
        answer = deployment.run("appoint", principal, "--output", "json")
        assert answer.code == 0
        assert answer.json == {"principal": OTHER, "policy_name": "administrator"}
    assert _policies(deployment) == {ADMIN: ["administrator"], OTHER: ["administrator"]}
    records = told(deployment.directory, "command")
    events = [(r["eventName"], r["serviceEventDetails"]) for r in records]
    assert events == [("AppointAdministrator", {"principal": OTHER})] * 2


@pytest.mark.parametrize(
    "principal",
    [
        "somebody",
        "arn:aws:iam::111122223333:root",
        "arn:aws-cn:iam::111122223333:role/admin",
        "spiffe://other.example/admin",
        "",
        "spiffe://",
    ],
)
def test_whoever_cannot_call_is_not_appointed(deployment: Deployment, principal: str) -> None:
    answer = deployment.run("appoint", principal)
    assert answer.code == 2
    assert "Error:" in answer.err
    assert _policies(deployment) == {ADMIN: ["administrator"]}


def test_the_doctor_tells_where_nobody_may_do_anything_and_what_cannot_be_read(
    deployment: Deployment,
) -> None:
    with closing(sqlite3.connect(deployment.directory / "strongroom.db")) as connection, connection:
        connection.execute("UPDATE principal_policies SET policy = '{}'")
    ((verdict, text),) = _doctor(deployment)
    assert verdict == "failed"
    assert ADMIN in text
    with closing(sqlite3.connect(deployment.directory / "strongroom.db")) as connection, connection:
        connection.execute("DELETE FROM principal_policies")
    ((verdict, text),) = _doctor(deployment)
    assert verdict == "warning"
    assert "nobody may create a key" in text
