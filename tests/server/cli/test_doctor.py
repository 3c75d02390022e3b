import hashlib
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Thread

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from strongroom.server.cli.development_pki import Issued, issue_server, make_authority
from tests.server.cli.conftest import NEWER_STRONGROOMD, Deployment, free_port, run
from tests.support.authorities import DAY, make_root, revocation_list

Findings = dict[str, list[tuple[str, str]]]


def _look(
    deployment: Deployment,
    *,
    code: int = 0,
    env: dict[str, str] | None = None,
    program: tuple[str, ...] = (),
) -> Findings:
    """Runs the doctor; gives verdicts and texts by check."""
    answer = deployment.run("doctor", "--output", "json", env=env, program=program)
    assert answer.code == code, answer.out + answer.err
    assert answer.json["ok"] is (code == 0)
    findings: Findings = {}
    for finding in answer.json["findings"]:
        findings.setdefault(finding["check"], []).append((finding["verdict"], finding["text"]))
    return findings


def _failed(findings: Findings) -> list[str]:
    return [check for check, found in findings.items() for verdict, _ in found if verdict == "failed"]


def test_a_fresh_deployment_is_well(deployment: Deployment) -> None:
    findings = _look(deployment)
    assert findings.pop("service")[0][0] == "warning"
    assert {verdict for found in findings.values() for verdict, _ in found} == {"ok"}


def test_what_is_found_is_shown_to_people(deployment: Deployment) -> None:
    answer = deployment.run("doctor")
    assert answer.code == 0
    assert "✓ database: the database is whole and has 0 keys" in answer.out
    assert f"! service: nothing answers on 127.0.0.1:{deployment.port}" in answer.out


def test_every_key_is_proved(deployment: Deployment) -> None:
    deployment.make_key()
    deployment.make_key()
    assert _look(deployment)["keys"] == [
        ("ok", "all 2 keys are on the token, each proved by what it sealed when it was made")
    ]


def test_nothing_is_changed(deployment: Deployment) -> None:
    deployment.make_key()
    deployment.make_key("begun")
    before = _state(deployment)
    deployment.run("doctor")
    assert _state(deployment) == before


def _state(deployment: Deployment) -> tuple[str, str, dict[str, str]]:
    """The token's objects, the database, and every other file but what a login rewrites."""
    files = (path for path in deployment.directory.rglob("*") if path.is_file())
    own = [
        path for path in files if not {"tokens", "run"} & set(path.relative_to(deployment.directory).parts)
    ]
    hashes = {path.name: _hash(path) for path in own if not path.name.startswith("strongroom.db")}
    dump = "import sqlite3, sys; print('\\n'.join(sqlite3.connect(sys.argv[1]).iterdump()))"
    database = subprocess.run(
        ["python3", "-c", dump, deployment.directory / "strongroom.db"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return deployment.pkcs11_tool("--list-objects"), database, hashes


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_token_that_was_never_served_gets_no_object(deployment: Deployment) -> None:
    _look(deployment)
    assert deployment.pkcs11_tool("--list-objects") == ""


def test_a_key_without_its_object_is_named(deployment: Deployment) -> None:
    deployment.make_key()
    lost = deployment.make_key("no-object")
    findings = _look(deployment, code=1)
    assert findings["keys"] == [("failed", f"the token has no object for {lost}")]


def test_another_object_under_a_key_s_name_is_told(deployment: Deployment) -> None:
    key_id = deployment.make_key()
    label = f"strongroom/dev/{key_id}"
    listed = deployment.pkcs11_tool("--list-objects", "--type", "secrkey")
    object_id = listed.partition(label)[2].partition("ID:")[2].split()[0]
    deployment.pkcs11_tool("--delete-object", "--type", "secrkey", "--id", object_id)
    deployment.pkcs11_tool(
        "--keygen", "--key-type", "aes:32", "--label", label, "--id", object_id, "--sensitive"
    )
    findings = _look(deployment, code=1)
    assert findings["keys"] == [("failed", f"another object is under the name of {key_id}")]


def test_an_object_that_the_database_does_not_know_is_told(deployment: Deployment) -> None:
    key_id = deployment.make_key("no-row")
    ((verdict, text),) = [found for found in _look(deployment)["keys"] if found[0] != "ok"]
    assert verdict == "warning"
    assert f"strongroom/dev/{key_id}" in text


def test_work_that_nobody_finishes_is_told(deployment: Deployment) -> None:
    key_id = deployment.make_key("begun")
    assert _look(deployment)["unfinished work"] == [("warning", f"begun long ago and not finished: {key_id}")]


def _write_job(deployment: Deployment, **values: object) -> None:
    """As the housekeeper does; times in seconds before now."""
    now_us = time.time_ns() // 1000
    row = {"name": "rotation", "items": 3, "done": 3, "of": 3, "duration_us": 2500, "runs": 12, "failures": 0}
    times = {name: now_us - int(values.pop(name) * 1e6) for name in list(values) if name.endswith("_at")}  # type: ignore[operator]
    row.update(times, **values)
    names = ", ".join(f'"{name}"' for name in row)
    with closing(sqlite3.connect(deployment.directory / "strongroom.db")) as connection, connection:
        marks = ", ".join("?" for _ in row)
        connection.execute(f"INSERT INTO jobs ({names}) VALUES ({marks})", list(row.values()))  # noqa: S608 # our own names


def test_the_last_run_of_a_job_is_shown(deployment: Deployment) -> None:
    assert _look(deployment)["housekeeping"] == [("ok", "no round has been done yet")]
    _write_job(deployment, started_at=7200, finished_at=7200)
    ((verdict, text),) = _look(deployment)["housekeeping"]
    assert (verdict, text) == ("ok", "rotation ran 2 h ago, for 2 ms, 3 changed; 12 runs, 0 failed")
    answer = deployment.run("doctor", "--output", "json").json
    (figures,) = [finding["figures"] for finding in answer["findings"] if "figures" in finding]
    assert (figures["name"], figures["duration_us"], figures["runs"]) == ("rotation", 2500, 12)


def test_how_far_a_job_is_is_shown(deployment: Deployment) -> None:
    _write_job(deployment, started_at=10, done=1200, of=10_000)
    ((verdict, text),) = _look(deployment)["housekeeping"]
    assert verdict == "ok"
    assert text.endswith("s ago, at 1,200 of 10,000")


def test_a_job_that_failed_is_told(deployment: Deployment) -> None:
    _write_job(deployment, started_at=60, finished_at=120, failed_at=59, failure="HsmFault: full", failures=1)
    findings = _look(deployment, code=1)
    ((verdict, text),) = findings["housekeeping"]
    assert verdict == "failed"
    assert text.startswith("rotation failed ")
    assert text.endswith("HsmFault: full")


def test_a_job_that_is_late_is_told_while_the_service_runs(deployment: Deployment) -> None:
    _write_job(deployment, started_at=3600, finished_at=3600)
    assert _look(deployment)["housekeeping"][0][0] == "ok"
    with socket.create_server(("127.0.0.1", deployment.port)):
        answer = deployment.run("doctor", "--output", "json").json
    (finding,) = [finding for finding in answer["findings"] if finding["check"] == "housekeeping"]
    assert (finding["verdict"], finding["text"]) == (
        "failed",
        "rotation was last begun 60 min ago, while the service runs",
    )
    assert "log" in finding["remedy"]


def test_a_clock_that_went_back_is_told(deployment: Deployment) -> None:
    deployment.make_key("future")
    assert _failed(_look(deployment, code=1)) == ["clock"]


def test_files_open_to_others_are_named(deployment: Deployment) -> None:
    (deployment.directory / "audit" / "worker-0-00000009.jsonl").touch(mode=0o644)
    ((verdict, text),) = _look(deployment, code=1)["file modes"]
    assert verdict == "failed"
    assert "worker-0-00000009.jsonl" in text


def test_a_damaged_database_is_told_and_what_needs_it_is_left_out(deployment: Deployment) -> None:
    (deployment.directory / "strongroom.db").write_bytes(b"nonsense" * 1000)
    findings = _look(deployment, code=1)
    assert findings["database"][0][0] == "failed"
    assert findings["keys"] == [("skipped", "needs the store")]
    assert findings["capabilities"][0][0] == "ok"


def test_an_older_database_is_well_because_it_will_be_upgraded(deployment: Deployment) -> None:
    findings = _look(deployment, program=NEWER_STRONGROOMD)
    verdict, text = findings["database"][0]
    assert verdict == "ok"
    assert "it will be upgraded at the next start" in text
    assert findings["keys"] == [("skipped", "needs the store")]


def test_an_older_database_of_another_deployment_is_told(deployment: Deployment) -> None:
    deployment.config.write_text(deployment.config.read_text().replace("eu-local-1", "us-local-1"))
    findings = _look(deployment, code=1, program=NEWER_STRONGROOMD)
    assert "made for 'eu-local-1'" in findings["database"][0][1]


def test_a_token_that_is_away_is_told_and_what_needs_it_is_left_out(deployment: Deployment) -> None:
    (deployment.directory / "tokens").rename(deployment.directory / "elsewhere")
    findings = _look(deployment, code=1)
    assert findings["token"][0][0] == "failed"
    assert findings["keys"] == [("skipped", "needs the token")]
    assert findings["database"][0][0] == "ok"


def test_a_wrong_configuration_leaves_everything_else_out(deployment: Deployment) -> None:
    deployment.config.write_text(deployment.config.read_text() + "[log]\nlevel = 1\n")
    findings = _look(deployment, code=1)
    assert "log.level" in findings.pop("configuration")[0][1]
    assert {verdict for found in findings.values() for verdict, _ in found} == {"skipped"}


def test_a_missing_file_leaves_the_rest_examined(deployment: Deployment) -> None:
    (deployment.directory / "pki" / "server.pem").unlink()
    findings = _look(deployment, code=1)
    assert "tls.certificate" in findings["configuration"][0][1]
    assert findings["keys"][0][0] == "ok"


def test_a_running_service_is_asked_for_its_health(
    deployment: Deployment, serve: Callable[[], subprocess.Popen[str]]
) -> None:
    serve()
    ready = _look(deployment, env=dict(deployment.client))
    address = f"127.0.0.1:{deployment.port}"
    assert ready["service"] == [
        ("ok", f"{address} speaks nothing older than TLS 1.3"),
        ("ok", f"{address} is ready"),
    ]
    greeted = _look(deployment)
    assert greeted["service"][0][0] == "ok"


def test_a_service_that_still_speaks_tls_1_2_is_told(
    deployment: Deployment, serve: Callable[[], subprocess.Popen[str]]
) -> None:
    wanted = deployment.config.read_text()
    deployment.config.write_text(wanted.replace("[tls]\n", '[tls]\nmin_version = "1.2"\n'))
    serve()
    client = dict(deployment.client)
    assert _failed(_look(deployment, env=client)) == []
    deployment.config.write_text(wanted)
    assert "speaks TLS 1.2" in _look(deployment, code=1, env=client)["service"][0][1]


def test_a_service_with_an_old_certificate_is_told(
    deployment: Deployment, serve: Callable[[], subprocess.Popen[str]]
) -> None:
    serve()
    fresh = issue_server(make_authority("new"), ("localhost",))
    (deployment.directory / "pki" / "server.pem").write_bytes(fresh.certificate_pem)
    # Its key isn't there yet: the service goes on with the old one.
    assert "shows another certificate" in _look(deployment, code=1)["service"][0][1]


def test_revocation_lists_and_the_listener_for_tokens_are_looked_at(
    deployment: Deployment, serve: Callable[[], subprocess.Popen[str]]
) -> None:
    pki, port = deployment.directory / "pki", free_port()
    key = load_pem_private_key((pki / "ca.key").read_bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    authority = Issued(load_pem_x509_certificate((pki / "ca.pem").read_bytes()), key)
    (pki / "ca.crl").write_bytes(revocation_list(authority, age=DAY, ends_in=DAY / 4))
    text = deployment.config.read_text().replace("[tls]\n", '[tls]\nclient_crl = "pki/ca.crl"\n')
    listening = text.replace("[server]\n", f'[server]\nlisten_tokens = "127.0.0.1:{port}"\n')
    deployment.config.write_text(text)
    serve()
    deployment.config.write_text(listening)  # but the service doesn't know yet
    findings = _look(deployment, code=1)
    assert findings["revocation lists"][0][0] == "warning"
    assert "holds for 6 h, 0 revoked" in findings["revocation lists"][0][1]
    assert findings["service"][0] == (
        "failed",
        f"nothing listens for clients with tokens on 127.0.0.1:{port}",
    )


def test_authorities_and_lists_that_ran_out_are_told(deployment: Deployment) -> None:
    pki = deployment.directory / "pki"
    old = make_root("old", ends_in=-DAY / 2)
    (pki / "ca.pem").write_bytes((pki / "ca.pem").read_bytes() + old.certificate_pem)
    (pki / "ca.crl").write_bytes(revocation_list(old, ends_in=-DAY / 3))
    text = deployment.config.read_text()
    deployment.config.write_text(text.replace("[tls]\n", '[tls]\nclient_crl = "pki/ca.crl"\n'))
    findings = _look(deployment, code=1)
    assert _failed(findings) == ["revocation lists"]
    assert findings["revocation lists"] == [("failed", "that of CN=old ran out: its clients are refused")]
    assert [verdict for verdict, _ in findings["configuration"]] == ["ok", "warning", "warning"]
    assert "CN=old" in findings["configuration"][1][1]
    assert findings["certificates"][0][0] == "ok"


def test_something_else_on_the_port_is_told(deployment: Deployment) -> None:
    with socket.create_server(("127.0.0.1", deployment.port)) as other:
        answering = Thread(target=_answer_once, args=(other,))
        answering.start()
        findings = _look(deployment, code=1)
        answering.join()
    assert "isn't this service" in findings["service"][0][1]


def _answer_once(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")


def test_a_client_is_given_whole_or_not_at_all(deployment: Deployment) -> None:
    answer = run("doctor", "--config", deployment.config, "--cert", deployment.client["STRONGROOM_CERT"])
    assert answer.code == 2
