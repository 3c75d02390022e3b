"""The figures of a deployment, as Prometheus reads them at one address."""

import os
import signal
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from strongroom.client import Client, errors
from tests.support.deployments import Deployment, free_port, wait_answered, wait_until
from tests.support.disks import no_room_for
from tests.support.scrapes import Scrape, scrape_when
from tests.support.syslog import receiving

ACCOUNT = "111122223333"
REQUESTS = 40


@pytest.fixture
def port(own_deployment: Deployment) -> int:
    port = free_port()
    own_deployment.add_config(f'[metrics]\nlisten = "127.0.0.1:{port}"')
    return port


def _encrypted(scrape: Scrape) -> float:
    return scrape.value("strongroom_requests_total", operation="Encrypt", outcome="OK", account=ACCOUNT)


def _answered(scrape: Scrape) -> float:
    return scrape.value("strongroom_requests_total", operation="Encrypt")


def _encrypt_over_connections(deployment: Deployment, key_id: str, count: int) -> None:
    """Each by a connection of its own: workers share the address by connections."""
    for _ in range(count):
        with deployment.client() as client:
            client.encrypt(key_id, b"secret plaintext", encryption_context={"a": "secret context"})


def test_requests_over_all_workers_are_added_up(own_deployment: Deployment, port: int) -> None:
    with own_deployment.served(workers=2), own_deployment.client() as client:
        key_id = client.create_key().key_id
        _encrypt_over_connections(own_deployment, key_id, REQUESTS)
        with pytest.raises(errors.StrongroomError):
            client.encrypt("alias/nobody", b"x")
        scrape = scrape_when(port, lambda scrape: _answered(scrape) == REQUESTS + 1)
        assert _encrypted(scrape) == REQUESTS
        assert scrape.value("strongroom_requests_total", operation="Encrypt", outcome="ALIAS_NOT_FOUND") == 1
        durations = {"operation": "Encrypt"}
        assert scrape.value("strongroom_request_duration_seconds_count", **durations) == REQUESTS + 1
        assert (
            scrape.value("strongroom_request_duration_seconds_bucket", **durations, le="+Inf") == REQUESTS + 1
        )
        assert 0 < scrape.value("strongroom_request_duration_seconds_sum", **durations) < 10 * REQUESTS
        assert scrape.value("strongroom_token_call_duration_seconds_count", kind="encrypt") >= REQUESTS
        assert scrape.value("strongroom_audit_records_total") >= REQUESTS + 2
        assert scrape.value("strongroom_audit_failures_total") == 0
        for cache in ("keys", "principal_policies"):
            misses = scrape.value("strongroom_cache_misses_total", cache=cache)
            assert 0 < misses < 10
            assert scrape.value("strongroom_cache_hits_total", cache=cache) >= REQUESTS - misses
        assert scrape.value("strongroom_keys", state="Enabled", key_spec="SYMMETRIC_DEFAULT") == 1
        processes = {"supervisor", "housekeeper", "worker-0", "worker-1"}
        assert scrape.labels("strongroom_process_resident_memory_bytes", "process") == processes
        assert scrape.value("strongroom_ready") == 2
        assert scrape.value("strongroom_token_state", state="up") == 3
        assert scrape.value("strongroom_requests_under_way") == 0


def test_what_a_killed_worker_counted_stays(own_deployment: Deployment, port: int) -> None:
    with own_deployment.served() as service, own_deployment.client() as client:
        key_id = client.create_key().key_id
        _encrypt_over_connections(own_deployment, key_id, 5)
        scrape_when(port, lambda scrape: _encrypted(scrape) == 5)
        os.kill(service.children()["worker-0"], signal.SIGKILL)
        assert _encrypted(Scrape(port)) == 5
        wait_answered(client)
        _encrypt_over_connections(own_deployment, key_id, 5)
        scrape = scrape_when(port, lambda scrape: _encrypted(scrape) == 10)
        assert scrape.value("strongroom_process_starts_total", process="worker-0") == 2


def test_a_service_counts_from_nothing_when_it_starts(own_deployment: Deployment, port: int) -> None:
    with own_deployment.served(), own_deployment.client() as client:
        client.create_key()
        scrape_when(port, lambda scrape: scrape.value("strongroom_requests_total"))
    with own_deployment.served():
        scrape = scrape_when(port, lambda scrape: scrape.value("strongroom_process_starts_total") == 2)
        assert scrape.value("strongroom_requests_total") == 0


def test_nothing_that_clients_choose_becomes_a_figure(own_deployment: Deployment, port: int) -> None:
    with own_deployment.served(), own_deployment.client() as client:
        key = client.create_key(description="a description")
        _encrypt_over_connections(own_deployment, key.key_id, 1)
        blob = client.encrypt(key.key_id, b"secret plaintext").ciphertext_blob
        with pytest.raises(errors.StrongroomError):
            client.decrypt(blob, encryption_context={"a": "secret context"})
        stranger = own_deployment.issue_client("spiffe://elsewhere.test/stranger")
        with Client(stranger) as nobody, pytest.raises(errors.StrongroomError):
            nobody.encrypt(key.key_id, b"x")
        scrape = scrape_when(port, lambda scrape: _answered(scrape) == 3)
        assert scrape.labels("strongroom_requests_total", "account") == {ACCOUNT, "none"}
        files = "".join(path.read_text() for path in _figure_files(own_deployment))
        for text in (scrape.text, files):
            assert "strongroom_requests" in text
            for secret in (key.key_id, "secret", "description", blob.hex(), "stranger"):
                assert secret not in text


def _figure_files(deployment: Deployment) -> list[Path]:
    return sorted((deployment.directory / "run" / "figures").glob("*.figures"))


def test_without_an_address_nothing_is_counted(own_deployment: Deployment) -> None:
    with own_deployment.served(), own_deployment.client() as client:
        assert client.generate_random(8)
    assert _figure_files(own_deployment) == []


def test_each_job_shows_its_last_run_duration_and_failures(own_deployment: Deployment, port: int) -> None:
    with own_deployment.served() as service:
        service.do_round()
        found = Scrape(port)
        jobs = found.labels("strongroom_job_runs_total", "name")
        assert jobs >= {"reconciliation", "deletion", "rotation", "expiry"}
        for job in jobs:
            assert found.value("strongroom_job_last_success_timestamp_seconds", name=job) > 0
            assert found.value("strongroom_job_last_duration_seconds", name=job) >= 0
            assert found.value("strongroom_job_failures_total", name=job) == 0
        runs = found.value("strongroom_job_runs_total", name="rotation")
        service.do_round()
        assert Scrape(port).value("strongroom_job_runs_total", name="rotation") > runs


def test_a_used_address_of_metrics_stops_no_service(own_deployment: Deployment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        own_deployment.add_config(f'[metrics]\nlisten = "127.0.0.1:{taken.getsockname()[1]}"')
        with own_deployment.served() as service, own_deployment.client() as client:
            assert client.generate_random(8)
            wait_until(lambda: "no metrics" in service.events(), 20)


def test_a_token_that_goes_away_and_comes_back_is_counted(own_deployment: Deployment, port: int) -> None:
    tokens, away = own_deployment.directory / "tokens", own_deployment.directory / "tokens-away"
    with own_deployment.served():
        scrape_when(port, lambda scrape: scrape.value("strongroom_token_state", state="up") == 2)
        tokens.rename(away)
        lost = scrape_when(
            port, lambda scrape: scrape.value("strongroom_token_state", process="worker-0", state="up") == 0
        )
        assert lost.value("strongroom_token_state", process="worker-0", state="recovering") == 1
        assert lost.value("strongroom_token_losses_total") >= 1
        scrape_when(port, lambda scrape: scrape.value("strongroom_ready") == 0)
        away.rename(tokens)
        back = scrape_when(port, lambda scrape: scrape.value("strongroom_ready") == 1)
        assert back.value("strongroom_token_recoveries_total") >= 1


def test_requests_without_a_record_are_counted(own_deployment: Deployment, port: int) -> None:
    with own_deployment.served() as service, own_deployment.client() as client:
        with (
            no_room_for(service.children()["worker-0"], own_deployment.segment("worker-0")),
            pytest.raises(errors.ServiceUnavailable, match="audit trail"),
        ):
            client.generate_random(1)
        scrape = scrape_when(port, lambda scrape: scrape.value("strongroom_audit_failures_total"))
        assert scrape.value("strongroom_audit_records_total") == 0
        assert scrape.value("strongroom_requests_total", outcome="OK") == 0
        assert scrape.value("strongroom_requests_total", outcome="DEPENDENCY_TIMEOUT") > 0


def test_what_is_yet_to_be_forwarded_is_shown(own_deployment: Deployment, port: int) -> None:
    behind, oldest = (
        "strongroom_audit_forwarding_behind_bytes",
        "strongroom_audit_forwarding_oldest_timestamp_seconds",
    )
    with ExitStack() as present:
        receiver = present.enter_context(receiving())
        own_deployment.replace_config("[audit]\n", f'[audit]\nsyslog = "tcp://127.0.0.1:{receiver.port}"\n')
        began = time.time()
        with own_deployment.served(), own_deployment.client() as client:
            assert client.generate_random(1)
            scrape_when(port, lambda scrape: f"{behind} 0.0" in scrape.text and not scrape.value(oldest))
            present.close()
            late = scrape_when(port, lambda scrape: client.generate_random(1) and scrape.value(oldest))
            assert late.value(behind) > 0
            assert began < late.value(oldest) < time.time()
