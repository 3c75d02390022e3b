"""The audit trail of a running service: it verifies, and shows what was done to it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from strongroom.client import Client, EncryptItem, errors
from tests.support.commands import strongroomd
from tests.support.deployments import Deployment, Service, free_port, wait_answered, wait_until
from tests.support.disks import fill, small_disk
from tests.support.forging import appended, decrypted, planted
from tests.support.scrapes import scrape_when
from tests.support.syslog import receiving


def _run(deployment: Deployment, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "STRONGROOMD_CONFIG": str(deployment.config)}
    command = [*strongroomd(), "audit", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment)


def _verified(deployment: Deployment, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = _run(deployment, "verify", "--output", "json", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _has_key(deployment: Deployment) -> bool:
    return _run(deployment, "public-key").returncode == 0


@pytest.fixture
def quick(own_deployment: Deployment) -> Deployment:
    """A deployment that makes checkpoints all the time."""
    config = own_deployment.config
    config.write_text(config.read_text().replace("[audit]\n", "[audit]\ncheckpoint_interval_s = 0.1\n"))
    return own_deployment


def test_a_trail_verifies_while_it_is_written_and_whole_when_it_has_ended(quick: Deployment) -> None:
    with quick.served(workers=2) as service, quick.client() as client:
        wait_until(lambda: _has_key(quick), 30)
        key_id = client.create_key().key_id
        for _ in range(20):
            client.encrypt(key_id, b"x")
        found = _verified(quick)
        assert found["valid"]
        service.wake_housekeeper()
    found = _verified(quick, "--closed")
    assert found["valid"], found
    assert found["checkpoints"] >= 3
    assert found["segments"] == 3


def test_it_verifies_elsewhere_by_the_public_key_alone(quick: Deployment, tmp_path: Path) -> None:
    with quick.served(workers=1), quick.client() as client:
        wait_until(lambda: _has_key(quick), 30)
        client.generate_random(1)
        pem = tmp_path / "audit.pem"
        pem.write_text(_run(quick, "public-key").stdout)
    elsewhere = tmp_path / "elsewhere"
    (quick.directory / "audit").rename(elsewhere)
    (quick.directory / "strongroom.db").unlink()
    offline = ("--public-key", str(pem), "--trail", str(elsewhere))
    found = _verified(quick, "--closed", *offline)
    assert found["valid"], found
    text = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", str(pem), "-text", "-noout"], capture_output=True, check=True
    ).stdout
    assert b"P-256" in text
    segment = next(elsewhere.glob("worker-0-*.jsonl"))
    segment.write_bytes(segment.read_bytes().replace(b"GenerateRandom", b"GenerateRandam"))
    (problem, *_) = _verified(quick, *offline, code=1)["problems"]
    assert problem["place"].startswith("worker-0-00000001.jsonl:")


def test_what_was_cut_off_is_found_by_the_database(quick: Deployment) -> None:
    with quick.served(workers=1), quick.client() as client:
        wait_until(lambda: _has_key(quick), 30)
        client.generate_random(1)
    segment = quick.segment("worker-0")
    lines = segment.read_bytes().splitlines(keepends=True)
    for kept in range(1, len(lines)):
        segment.write_bytes(b"".join(lines[:kept]))
        assert _verified(quick, code=1)["problems"]


def test_what_is_done_to_a_stopped_trail_is_told_for_good(quick: Deployment, tmp_path: Path) -> None:
    with quick.served(workers=1), quick.client() as client:
        wait_until(lambda: _has_key(quick), 30)
        client.generate_random(1)
    appended(quick.segment("worker-0"), [decrypted()])
    with quick.served(workers=1) as service, quick.client() as client:
        client.generate_random(1)
        assert "the audit trail isn't as the service left it" in service.events()
    texts = [problem["text"] for problem in _verified(quick, code=1)["problems"]]
    assert [text for text in texts if "it was added when the chain had ended" in text]
    assert [text for text in texts if "wasn't as the service had left it" in text]


def test_segments_that_were_archived_are_missing_unless_it_is_said(quick: Deployment, tmp_path: Path) -> None:
    pem = tmp_path / "audit.pem"
    for _ in range(2):
        with quick.served(workers=1), quick.client() as client:
            wait_until(lambda: _has_key(quick), 30)
            client.generate_random(1)
    pem.write_text(_run(quick, "public-key").stdout)
    trusted = ("--public-key", str(pem), "--config", str(quick.config))
    for arguments in ((), trusted):
        assert _verified(quick, "--closed", *arguments)["valid"]
    for name in ("worker-0", "housekeeper"):
        (quick.directory / "audit" / f"{name}-00000001.jsonl").rename(tmp_path / f"{name}-00000001.jsonl")
    told = ("--from-segment", "worker-0=2", "--from-segment", "housekeeper=2")
    for arguments in ((), trusted):
        assert _verified(quick, *arguments, code=1)["problems"]
        assert _verified(quick, "--closed", *told, *arguments)["valid"]
    for path in (quick.directory / "audit").glob("worker-0-*"):
        path.unlink()
    planted(quick.directory / "audit", "worker-0", 2, None)
    for arguments in ((), trusted):
        assert _verified(quick, *told, *arguments, code=1)["problems"]
    assert _run(quick, "verify", "--from-segment", "two").returncode == 2


def test_a_key_that_was_replaced_in_the_database_is_found_by_the_one_that_was_kept(
    quick: Deployment, tmp_path: Path
) -> None:
    with quick.served(workers=1):
        wait_until(lambda: _has_key(quick), 30)
    pem = tmp_path / "other.pem"
    private = tmp_path / "other.key"
    make = ["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", str(private)]
    subprocess.run(make, check=True)
    subprocess.run(["openssl", "pkey", "-in", str(private), "-pubout", "-out", str(pem)], check=True)
    found = _verified(quick, "--public-key", str(pem), "--config", str(quick.config), code=1)
    assert "the database" in {problem["place"] for problem in found["problems"]}


def test_ten_thousand_requests_under_kill_9_leave_a_chain_that_verifies(quick: Deployment) -> None:
    answered, rounds = 0, 0
    with quick.served(workers=2) as service:
        wait_until(lambda: _has_key(quick), 30)
        with quick.client() as client:
            key_id = client.create_key().key_id
        while answered < 10_000:
            rounds += 1
            with quick.client() as client:
                answered += _until_killed(service, client, key_id, rounds)
                wait_answered(client)
    found = _verified(quick)
    assert found["valid"], found["problems"][:5]
    assert found["segments"] > rounds
    told = [record for record in quick.audit_records() if record["eventName"] == "Encrypt"]
    assert len([record for record in told if "errorCode" not in record]) >= answered


def _until_killed(service: Service, client: Client, key_id: str, rounds: int) -> int:
    """Up to a thousand requests, twenty at once; a worker dies among them. Gives how many were answered."""
    victim = service.wait_started(f"worker-{rounds % 2}")
    answered = 0
    for number in range(50):
        if number == 7 * rounds % 50:
            os.kill(victim, signal.SIGKILL)
        try:
            results = client.batch_encrypt([EncryptItem(key_id, b"x")] * 20)
        except errors.StrongroomError:
            break
        answered += sum(not isinstance(result, Exception) for result in results)
    return answered


def test_a_full_disk_leaves_no_answer_without_its_record(own_deployment: Deployment) -> None:
    """The disk of the trail is a small one of its own."""
    trail = own_deployment.directory / "audit"
    with small_disk(trail, 4 * 1024 * 1024):
        answered = _until_full(own_deployment, trail)
        told = [r for r in own_deployment.told("worker-0") if r["eventName"] == "GenerateRandom"]
        assert len([r for r in told if "errorCode" not in r]) == answered
        assert _verified(own_deployment)["valid"]


def _until_full(deployment: Deployment, trail: Path) -> int:
    answered = 0
    with deployment.served(workers=1) as service, deployment.client() as client:
        wait_until(lambda: _has_key(deployment), 30)
        for _ in range(10):
            client.generate_random(1)
            answered += 1
        filler = fill(trail)
        for _ in range(200):  # what is left of a block takes some records more
            try:
                client.generate_random(1)
                answered += 1
            except errors.ServiceUnavailable:
                break
        with pytest.raises(errors.ServiceUnavailable):
            client.create_key()
        wait_until(lambda: "not ready" in service.events())
        filler.unlink()
        wait_answered(client)
        answered += 1
        client.create_key()
        wait_until(lambda: "ready" in service.events())
    return answered


@pytest.mark.parametrize("is_removed", [False, True], ids=["moved", "removed"])
def test_nothing_is_answered_while_the_directory_is_away(
    own_deployment: Deployment, *, is_removed: bool
) -> None:
    trail, port = own_deployment.directory / "audit", free_port()
    own_deployment.add_config(f'[metrics]\nlisten = "127.0.0.1:{port}"')
    with own_deployment.served(workers=1) as service, own_deployment.client() as client:
        wait_until(lambda: _has_key(own_deployment), 30)
        client.generate_random(1)
        elsewhere = trail.rename(own_deployment.directory / "elsewhere")
        if is_removed:
            shutil.rmtree(elsewhere)
        for call in (client.create_key, lambda: client.generate_random(1)):
            with pytest.raises(errors.ServiceUnavailable, match="audit trail"):
                call()
        scrape_when(port, lambda scrape: scrape.value("strongroom_ready") == 0)
        scrape_when(port, lambda scrape: scrape.value("strongroom_audit_failures_total") > 2)
        reasons = [str(line.get("reason")) for line in service.lines() if "nothing is answered" in str(line)]
        assert any("worker-0" in reason and "No such file" in reason for reason in reasons)
        trail.mkdir()
        wait_answered(client)
        assert not list(client.all_keys())  # what couldn't be recorded wasn't done
        scrape_when(port, lambda scrape: scrape.value("strongroom_ready") == 1)
    told = [r["eventName"] for r in own_deployment.told("worker-0") if "errorCode" not in r]
    assert told == ["AuditTrailRestored", "GenerateRandom", "ListKeys"]
    taken_away = [("--from-segment", f"{name}=2") for name in ("worker-0", "housekeeper")]
    assert _verified(own_deployment, *chain.from_iterable(taken_away))["valid"]


def test_the_trail_is_queried_and_followed(own_deployment: Deployment) -> None:
    with own_deployment.served(workers=2), own_deployment.client() as client:
        key = client.create_key()
        client.create_alias("alias/audited", key.key_id)
        client.encrypt("alias/audited", b"x")
        client.disable_key(key.key_id)
        with pytest.raises(errors.Disabled):
            client.encrypt(key.key_id, b"x")

        def names(*arguments: str) -> list[str]:
            done = _run(own_deployment, "query", "--output", "json", *arguments)
            assert done.returncode == 0, done.stderr
            return [json.loads(line)["eventName"] for line in done.stdout.splitlines()]

        everything = ["CreateKey", "CreateAlias", "Encrypt", "DisableKey", "Encrypt"]
        assert names("--key", key.key_id) == everything
        assert names("--key", key.arn, "--limit", "2") == everything[-2:]
        assert names("--key", "alias/audited") == ["CreateAlias", "Encrypt"]
        assert names("--key", key.key_id, "--outcome", "DisabledException") == ["Encrypt"]
        assert names("--principal", "*role/client/admin", "--since", "1h", "--all") == everything
        assert names("--until", "1h") == []
        assert names("--operation", "disablekey", "--source", "127.0.0.1") == ["DisableKey"]
        assert "AuditSegmentOpened" in names("--all-events", "--all")
        text = _run(own_deployment, "query", "--key", key.key_id).stdout
        assert [line.split()[1] for line in text.splitlines()] == everything
        assert _run(own_deployment, "query", "--since", "yesterday").returncode == 2

        program = [sys.executable, "-m", "strongroom.server", "audit", "tail", "-n", "1", "--follow"]
        with subprocess.Popen(
            [*program, "--config", str(own_deployment.config)], stdout=subprocess.PIPE, text=True, bufsize=1
        ) as following:
            assert following.stdout is not None
            assert "DisabledException" in following.stdout.readline()
            client.generate_random(1)
            assert "GenerateRandom" in following.stdout.readline()
            following.send_signal(signal.SIGINT)
            assert following.wait(20) == 0


def test_the_trail_is_forwarded_while_it_is_written(own_deployment: Deployment) -> None:
    config = own_deployment.config
    with receiving() as receiver:
        address = f'syslog = "tcp://127.0.0.1:{receiver.port}"'
        config.write_text(config.read_text().replace("[audit]\n", f"[audit]\n{address}\n"))
        with own_deployment.served(workers=2), own_deployment.client() as client:
            key_id = client.create_key().key_id
            wait_until(lambda: any(key_id.encode() in message for message in receiver.messages))
            assert any(
                b"AuditCheckpoint" in message or b"AuditSegmentOpened" in message
                for message in receiver.messages
            )


def test_help_has_examples(own_deployment: Deployment) -> None:
    for command in ("verify", "query", "tail", "public-key"):
        assert "strongroomd audit" in _run(own_deployment, command, "--help").stdout
