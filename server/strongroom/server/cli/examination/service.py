"""Checks of the running service, from outside."""

import hashlib
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import grpc
from cryptography.hazmat.primitives.hashes import SHA256
from grpc_health.v1 import health_pb2, health_pb2_grpc

from strongroom.server.cli.addresses import reachable
from strongroom.server.cli.examination.findings import Finding, failed, ok, warning
from strongroom.server.cli.examination.subject import ClientFiles, Subject
from strongroom.server.config.tls_files import certificates_in

_TIMEOUT_S = 5.0
_NOT_RUNNING = "Start it with `strongroomd serve`, if it is meant to run."


def service(subject: Subject) -> Iterator[Finding]:
    """Whether it answers, with the certificate of the configuration, and says that it is ready."""
    host, port = reachable(subject.settings.server.listen)
    context = _greeting(subject.client)
    try:
        shown = _certificate_shown_by(host.strip("[]"), port, context)
    except ssl.SSLError as error:
        yield failed(
            f"what listens on {host}:{port} isn't this service: {error.reason}", "Find out what it is."
        )
        return
    except OSError:
        yield warning(f"nothing answers on {host}:{port}", _NOT_RUNNING)
        return
    chain = certificates_in(subject.settings.tls.certificate)
    if shown != chain[0].fingerprint(SHA256()).hex():
        yield warning(
            f"the service on {host}:{port} shows another certificate than the configured one",
            "It takes a new one by itself: its log says what is wrong. Or does something else listen there?",
        )
    yield from _token_listener(subject)
    if subject.client is None:
        yield ok(f"it answers on {host}:{port}; with --cert, --key and --ca its health could be asked for")
        return
    if subject.settings.tls.min_version == "1.3":
        yield _refusal_of_tls_1_2(host.strip("[]"), port, subject.client)
    yield _health(f"{host}:{port}", subject.client)


def _token_listener(subject: Subject) -> Iterator[Finding]:
    """Whether clients with a token find it, too."""
    address = subject.settings.server.listen_tokens
    if not address:
        return
    host, port = reachable(address)
    if _answers(host, port):
        yield ok(f"it listens for clients with tokens on {host}:{port}")
    else:
        yield failed(f"nothing listens for clients with tokens on {host}:{port}", "Restart the service.")


def is_listening(subject: Subject) -> bool:
    """True if something listens where the service does."""
    return _answers(*reachable(subject.settings.server.listen))


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host.strip("[]"), port), timeout=_TIMEOUT_S).close()
    except OSError:
        return False
    return True


def _greeting(client: ClientFiles | None) -> ssl.SSLContext:
    """Only to look at the server's certificate: nothing is sent or believed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    if client:
        context.load_cert_chain(client.certificate, client.private_key)
    return context


def _certificate_shown_by(host: str, port: int, context: ssl.SSLContext) -> str:
    """SHA-256 of the server's certificate, in hex."""
    with (
        socket.create_connection((host, port), timeout=_TIMEOUT_S) as raw,
        context.wrap_socket(raw) as connection,
    ):
        return hashlib.sha256(connection.getpeercert(binary_form=True) or b"").hexdigest()


def _refusal_of_tls_1_2(host: str, port: int, client: ClientFiles) -> Finding:
    context = _greeting(client)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        _certificate_shown_by(host, port, context)
    except OSError:  # an SSLError is one
        return ok(f"{host}:{port} speaks nothing older than TLS 1.3")
    return failed(
        f"{host}:{port} speaks TLS 1.2, which `tls.min_version` doesn't allow",
        "Restart it. If that doesn't help, it runs with a grpcio that isn't meant for it.",
    )


def _health(target: str, client: ClientFiles) -> Finding:
    credentials = grpc.ssl_channel_credentials(
        client.authority.read_bytes(), client.private_key.read_bytes(), client.certificate.read_bytes()
    )
    with grpc.secure_channel(target, credentials) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)  # makes its methods at run time
        try:
            status = stub.Check(health_pb2.HealthCheckRequest(), timeout=_TIMEOUT_S).status
        except grpc.RpcError as error:
            return failed(f"{target} doesn't tell its health: {error.code().name}", "Its log says why.")
    if status == health_pb2.HealthCheckResponse.SERVING:
        return ok(f"{target} is ready")
    return failed(f"{target} answers, but isn't ready", "Look at token and store above, and at its log.")
