import sqlite3
from contextlib import closing
from pathlib import Path

from tests.server.cli.conftest import NEWER_STRONGROOMD, Deployment, run
from tests.support.authorities import DAY, make_root

ISSUER = """
[[authentication.token_issuers]]
issuer = "https://issuer.example"
audiences = ["strongroom"]
jwks = "jwks.json"
principal = "arn:aws:iam::111122223333:role/k8s/{sub}"
"""
REFERENCE = Path(__file__).parents[3] / "docs" / "strongroom.reference.toml"


def _change(deployment: Deployment, old: str, new: str) -> int:
    """Changes a line of the configuration; gives its number."""
    text = deployment.config.read_text()
    assert old in text
    deployment.config.write_text(text.replace(old, new))
    return text[: text.index(old)].count("\n") + 1


def test_a_good_configuration_is_accepted(deployment: Deployment) -> None:
    answer = deployment.run("check-config")
    assert answer.code == 0
    assert "can be served" in answer.out
    told = deployment.run("check-config", "--output", "json").json
    assert told == {"valid": True, "problems": [], "warnings": [], "notes": []}


def test_what_the_service_starts_without_is_a_warning(deployment: Deployment) -> None:
    authorities = deployment.directory / "pki" / "ca.pem"
    old = make_root("old", ends_in=-DAY / 2)
    authorities.write_bytes(authorities.read_bytes() + old.certificate_pem)
    (deployment.directory / "jwks.json").write_text('{"keys": []}')
    deployment.config.write_text(deployment.config.read_text() + ISSUER)
    answer = deployment.run("check-config")
    assert answer.code == 0, answer.err
    assert "can be served" in answer.out
    told = deployment.run("check-config", "--output", "json").json
    assert told["valid"]
    warnings = {one["key"]: one for one in told["warnings"]}
    assert "CN=old" in warnings["tls.client_ca"]["text"]
    assert "no public key for signatures" in warnings["authentication.token_issuers"]["text"]
    assert f"{deployment.config}:{warnings['tls.client_ca']['line']}: tls.client_ca: CN=old" in answer.out


def test_a_problem_is_told_with_file_line_and_option(deployment: Deployment) -> None:
    line = _change(deployment, "listen =", "listens =")
    answer = deployment.run("check-config")
    assert answer.code == 78
    assert f"{deployment.config}:{line}: server.listens: There is no such option. Did you mean" in answer.err


def test_problems_are_told_in_json(deployment: Deployment) -> None:
    line = _change(deployment, "server.key", "none.key")
    answer = deployment.run("check-config", "--output", "json")
    assert answer.code == 78
    (problem,) = answer.json["problems"]
    assert problem["file"] == str(deployment.config)
    assert problem["key"] == "tls.private_key"
    assert problem["line"] == line


def test_a_database_of_another_deployment_is_refused(deployment: Deployment) -> None:
    _change(deployment, "eu-local-1", "us-local-1")
    answer = deployment.run("check-config")
    assert answer.code == 78
    assert "deployment.region: The database was made for 'eu-local-1'" in answer.err


def test_an_older_database_is_accepted_because_it_will_be_upgraded(deployment: Deployment) -> None:
    answer = deployment.run("check-config", program=NEWER_STRONGROOMD)
    assert answer.code == 0, answer.err
    assert "it will be upgraded at the next start" in answer.out
    told = deployment.run("check-config", "--output", "json", program=NEWER_STRONGROOMD).json
    assert told["valid"] is True
    assert "upgraded" in told["notes"][0]


def test_an_older_database_of_another_deployment_is_refused(deployment: Deployment) -> None:
    _change(deployment, "eu-local-1", "us-local-1")
    answer = deployment.run("check-config", program=NEWER_STRONGROOMD)
    assert answer.code == 78
    assert "deployment.region: The database was made for 'eu-local-1'" in answer.err


def test_a_newer_database_is_refused(deployment: Deployment) -> None:
    _set_revision(deployment, "9999")
    answer = deployment.run("check-config")
    assert answer.code == 78
    assert "store.url: The database was made by a newer Strongroom" in answer.err


def _set_revision(deployment: Deployment, revision: str) -> None:
    with closing(sqlite3.connect(deployment.directory / "strongroom.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))


def test_a_file_that_is_no_database_is_refused(deployment: Deployment) -> None:
    (deployment.directory / "strongroom.db").write_bytes(b"no database" * 1000)
    answer = deployment.run("check-config")
    assert answer.code == 78
    assert "store.url" in answer.err


def test_a_configuration_with_problems_is_not_served(deployment: Deployment) -> None:
    (deployment.directory / "pki" / "server.key").chmod(0o644)
    answer = deployment.run("serve")
    assert answer.code == 78
    assert "chmod 600" in answer.err


def test_the_reference_is_printed_as_it_is_committed() -> None:
    assert run("check-config", "--reference").out == REFERENCE.read_text()
