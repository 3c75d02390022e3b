"""What the service speaks below gRPC: TLS 1.3 unless the configuration says otherwise."""

import os
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from strongroom.client import Client
from tests.support.deployments import Deployment, Service

_MANY = 10  # connections: each worker gets some of them


def _context(deployment: Deployment) -> ssl.SSLContext:
    pki = deployment.directory / "pki"
    context = ssl.create_default_context(cafile=pki / "ca.pem")
    context.load_cert_chain(pki / "client.pem", pki / "client.key")
    context.set_alpn_protocols(["h2"])
    return context


def _version(deployment: Deployment, newest: ssl.TLSVersion) -> str | None:
    """The version that a client gets which speaks none newer than this; raises if it gets none."""
    context = _context(deployment)
    context.maximum_version = newest
    with (
        socket.create_connection(("127.0.0.1", deployment.port), timeout=20) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as connection,
    ):
        return connection.version()


def test_clients_get_tls_1_3(service: Service) -> None:
    assert _version(service.deployment, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"


def test_a_client_that_speaks_tls_1_2_alone_gets_no_connection(service: Service) -> None:
    for _ in range(_MANY):
        with pytest.raises(OSError):
            _version(service.deployment, ssl.TLSVersion.TLSv1_2)


def test_the_environment_of_the_service_opens_no_way_to_tls_1_2(
    own_deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRPC_SSL_CIPHER_SUITES", "ECDHE-ECDSA-AES256-GCM-SHA384")
    with own_deployment.served(), pytest.raises(OSError):
        _version(own_deployment, ssl.TLSVersion.TLSv1_2)


def test_tls_1_2_is_spoken_where_the_configuration_says_so(own_deployment: Deployment) -> None:
    own_deployment.replace_config("[tls]\n", '[tls]\nmin_version = "1.2"\n')
    with own_deployment.served(), own_deployment.client() as client:
        assert _version(own_deployment, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
        assert _version(own_deployment, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
        assert isinstance(client, Client)
        client.generate_random(1)


def test_the_command_speaks_no_tls_1_2(own_deployment: Deployment) -> None:
    refusals: list[str | None] = []
    with socket.create_server(("127.0.0.1", own_deployment.port)) as listening:
        thread = Thread(target=_greet_by_tls_1_2, args=(own_deployment, listening, refusals))
        thread.start()
        answer = _run_command(own_deployment)
        thread.join()
    assert answer.returncode != 0
    assert refusals == ["NO_SHARED_CIPHER"]


def _greet_by_tls_1_2(deployment: Deployment, listening: socket.socket, refusals: list[str | None]) -> None:
    pki = deployment.directory / "pki"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / "server.pem", pki / "server.key")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    raw, _ = listening.accept()
    listening.close()
    try:
        context.wrap_socket(raw, server_side=True).close()
    except ssl.SSLError as error:
        refusals.append(error.reason)
    finally:
        raw.close()


def _run_command(deployment: Deployment) -> subprocess.CompletedProcess[bytes]:
    pki: Path = deployment.directory / "pki"
    environment = {
        **os.environ,
        "STRONGROOM_ENDPOINT": f"127.0.0.1:{deployment.port}",
        "STRONGROOM_CA": str(pki / "ca.pem"),
        "STRONGROOM_CERT": str(pki / "client.pem"),
        "STRONGROOM_KEY": str(pki / "client.key"),
    }
    program = [str(Path(sys.executable).with_name("strongroom")), "random", "1", "--out", os.devnull]
    return subprocess.run(program, env=environment, check=False, capture_output=True, timeout=60)
