"""Supervisor, workers and housekeeper: starting, dying, stopping."""

import os
import signal
import socket
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from strongroom.client import Client, errors
from strongroom.server.cli.development_pki import issue_server
from strongroom.v1.key_service_pb2 import CreateKeyRequest
from tests.support.deployments import Deployment, Service, is_alive, wait_answered, wait_until
from tests.support.disks import no_room_for


def test_a_killed_child_is_started_again(own_deployment: Deployment) -> None:
    with own_deployment.served(workers=2) as service, own_deployment.client() as client:
        key_id = client.create_key().key_id
        for name, pid in service.children().items():
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: service.children().get(name, pid) != pid)
            wait_until(lambda: len(service.children()) == 3)
        wait_answered(client)
        blob = client.encrypt(key_id, b"x").ciphertext_blob
        assert client.decrypt(blob).plaintext == b"x"


def test_children_do_not_outlive_a_killed_supervisor_which_starts_again_at_once(
    own_deployment: Deployment,
) -> None:
    service = Service.start(own_deployment, 2)
    with own_deployment.client() as client:
        key_id = client.create_key().key_id
    children = service.children()
    service.process.kill()
    service.process.wait()
    with own_deployment.served(workers=2), own_deployment.client() as client:
        assert client.decrypt(client.encrypt(key_id, b"x").ciphertext_blob).plaintext == b"x"
        wait_until(lambda: not any(map(is_alive, children.values())), 30)


def test_a_second_supervisor_of_the_same_deployment_is_refused(own_deployment: Deployment) -> None:
    with own_deployment.served():
        second = Service.start(own_deployment, 1, wait=False)
        assert second.process.wait(20) != 0
        assert "Another" in second.log.read_text()


def test_sigterm_ends_everything_with_status_0(own_deployment: Deployment) -> None:
    service = Service.start(own_deployment, 2)
    children = service.children()
    assert len(children) == 3
    assert service.stop() == 0
    assert not any(map(is_alive, children.values()))


def test_requests_under_way_are_answered_before_the_service_stops(own_deployment: Deployment) -> None:
    with own_deployment.served() as service, own_deployment.client() as client:
        client.generate_random(1)
        pending = [client._keys.CreateKey.future(CreateKeyRequest()) for _ in range(20)]
        wait_until(pending[0].done)
        service.process.send_signal(signal.SIGTERM)
        answered = [call for call in pending if call.exception() is None]
        service.process.wait(30)
    assert len(answered) == len(pending)


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [("pin", "wrong-pin\n", "refused the PIN"), ("strongroom.db", "", "isn't a Strongroom store")],
)
def test_a_start_that_can_never_work_ends_with_a_reason(
    own_deployment: Deployment, file: str, content: str, says: str
) -> None:
    (own_deployment.directory / file).write_text(content)
    service = Service.start(own_deployment, 1, wait=False)
    assert service.process.wait(30) == 78
    assert says in service.log.read_text()


def test_new_certificates_are_used_when_they_are_there(own_deployment: Deployment) -> None:
    with own_deployment.served():
        own_deployment_serial = _served_serial(own_deployment)
        _renew_server_certificate(own_deployment)
        wait_until(lambda: _served_serial(own_deployment) != own_deployment_serial)
        with own_deployment.client() as client:
            assert isinstance(client, Client)
            client.generate_random(1)


def _served_serial(deployment: Deployment) -> int:
    context = ssl.create_default_context(cafile=deployment.directory / "pki" / "ca.pem")
    pki = deployment.directory / "pki"
    context.load_cert_chain(pki / "client.pem", pki / "client.key")
    with (
        socket.create_connection(("127.0.0.1", deployment.port)) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as wrapped,
    ):
        der = wrapped.getpeercert(binary_form=True)
    assert der is not None
    return x509.load_der_x509_certificate(der).serial_number


def _renew_server_certificate(deployment: Deployment) -> None:
    issued = issue_server(deployment.authority(), ("localhost", "127.0.0.1"))
    pki = deployment.directory / "pki"
    (pki / "server.key").write_bytes(issued.key_pem)
    (pki / "server.pem").write_bytes(issued.certificate_pem)


def test_nothing_is_answered_where_no_record_can_be_written(own_deployment: Deployment) -> None:
    with own_deployment.served(workers=1) as service, own_deployment.client() as client:
        client.generate_random(1)
        with no_room_for(service.children()["worker-0"], own_deployment.segment("worker-0")):
            for call in (lambda: client.generate_random(1), client.create_key):
                with pytest.raises(errors.ServiceUnavailable, match="audit trail"):
                    call()
        wait_answered(client)
        assert not list(client.all_keys())  # what couldn't be recorded wasn't done
    answered = [one["eventName"] for one in own_deployment.told("worker-0") if "errorCode" not in one]
    assert [name for name in answered if name != "AuditTrailRestored"] == [
        "GenerateRandom",
        "GenerateRandom",
        "ListKeys",
    ]


def test_renamed_audit_files_are_left_at_once(own_deployment: Deployment) -> None:
    _wait_long_between_looks(own_deployment)
    with own_deployment.served(workers=1) as service, own_deployment.client() as client:
        service.do_round()
        client.generate_random(1)
        for name in ("worker-0", "housekeeper"):
            file = own_deployment.segment(name)
            file.rename(file.with_suffix(".1"))
            wait_until((file.parent / f"{name}-00000002.jsonl").exists)
        client.generate_random(1)
    (record,) = own_deployment.told("worker-0")
    assert record["eventName"] == "GenerateRandom"


def _wait_long_between_looks(deployment: Deployment) -> None:
    """Longer than a test takes, at token and store, and between the housekeeper's rounds."""
    deployment.replace_config("[token]\n", "[token]\nheartbeat_interval_s = 60.0\n")
    deployment.add_config("[housekeeping]\nreconcile_interval_s = 3600.0")


_LISTS_WHAT_IS_FORCED = """
import os
real = os.fdatasync
def fdatasync(descriptor):
    real(descriptor)
    with open(os.environ["FORCED"], "a") as file:
        print(os.readlink(f"/proc/self/fd/{descriptor}"), file=file)
os.fdatasync = fdatasync
"""


def test_records_are_forced_to_the_disk_whatever_their_processes_wait_for(
    own_deployment: Deployment, tmp_path: Path
) -> None:
    _wait_long_between_looks(own_deployment)
    (tmp_path / "sitecustomize.py").write_text(_LISTS_WHAT_IS_FORCED)
    log = tmp_path / "forced"
    variables = {"PYTHONPATH": str(tmp_path), "FORCED": str(log)}

    def forced(chain: str) -> int:
        return log.read_text().count(f"/{chain}-00000001.jsonl\n")

    with own_deployment.served(workers=1, variables=variables), own_deployment.client() as client:
        wait_until(lambda: "CreateAuditKey" in own_deployment.segment("housekeeper").read_text(), 30)
        client.generate_random(1)
        for chain in ("housekeeper", "worker-0"):  # once, when the file was begun, and once more
            wait_until(lambda chain=chain: forced(chain) > 1)  # type: ignore[misc]


def test_systemd_is_told_how_the_service_is(own_deployment: Deployment, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        variables = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
        with own_deployment.served(workers=2, variables=variables) as service:
            ready = manager.recv(4096).decode()
            service.process.send_signal(signal.SIGHUP)
            reloaded = [manager.recv(4096).decode() for _ in range(2)]
        stopped = manager.recv(4096).decode()
    assert ready == f"READY=1\nSTATUS=Serving on 127.0.0.1:{own_deployment.port}; workers: 2"
    assert [text.partition("=")[0] for text in reloaded] == ["RELOADING", "READY"]
    assert stopped.startswith("STOPPING=1")
