"""The figures of the housekeeper's jobs, as Prometheus reads them."""

import socket
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from tests.support.deployments import Deployment, free_port, wait_until


def _figures(port: int) -> dict[tuple[str, str], float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    families = text_string_to_metric_families(text)
    return {(s.name, s.labels["job"]): s.value for family in families for s in family.samples}


def test_each_job_shows_its_last_run_duration_and_failures(own_deployment: Deployment) -> None:
    port = free_port()
    own_deployment.add_config(f'[metrics]\nlisten = "127.0.0.1:{port}"')
    with own_deployment.served() as service:
        service.do_round()
        found = _figures(port)
        jobs = {job for _, job in found}
        assert jobs >= {"reconciliation", "deletion", "rotation", "expiry"}
        for job in jobs:
            assert found["strongroom_job_last_success_timestamp_seconds", job] > 0
            assert found["strongroom_job_last_duration_seconds", job] >= 0
            assert found["strongroom_job_failures_total", job] == 0
        runs = found["strongroom_job_runs_total", "rotation"]
        service.do_round()
        assert _figures(port)["strongroom_job_runs_total", "rotation"] > runs


def test_a_used_address_of_metrics_stops_no_service(own_deployment: Deployment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        own_deployment.add_config(f'[metrics]\nlisten = "127.0.0.1:{taken.getsockname()[1]}"')
        with own_deployment.served() as service, own_deployment.client() as client:
            assert client.generate_random(8)
            wait_until(lambda: "no metrics" in service.events(), 20)
