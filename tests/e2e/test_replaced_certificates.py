"""Connections that are open lose access when their certificate is revoked, or its authority removed."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from strongroom.client import Client, Endpoint, errors
from strongroom.server.cli.development_pki import Issued, issue_client, issue_server, make_authority
from strongroom.v1 import crypto_service_pb2_grpc as crypto_grpc
from strongroom.v1 import encryption_pb2 as messages
from tests.support.authorities import (
    DAY,
    make_bare_client,
    make_intermediate,
    make_root,
    revocation_list,
)
from tests.support.deployments import Deployment, Service, wait_until
from tests.support.hooking import Hooks

ADMINISTRATOR = "spiffe://dev.strongroom/client/admin"


class World:
    """A served deployment, its authority, and a client of it that stays connected."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.pki = deployment.directory / "pki"
        self.authority = deployment.authority()
        self.issued = issue_client(self.authority, ADMINISTRATOR)
        self.crl = self.pki / "ca.crl"
        self.crl.write_bytes(revocation_list(self.authority))
        deployment.replace_config("[tls]\n", '[tls]\nclient_crl = "pki/ca.crl"\n')

    def endpoint(self, client: Issued) -> Endpoint:
        address = f"127.0.0.1:{self.deployment.port}"
        return Endpoint(address, self.authority.certificate_pem, client.certificate_pem, client.key_pem)

    def replace(self, path: Path, content: bytes) -> None:
        fresh = path.with_suffix(".new")
        fresh.write_bytes(content)
        fresh.chmod(0o600)
        fresh.rename(path)


@pytest.fixture
def world(own_deployment: Deployment) -> World:
    return World(own_deployment)


@pytest.fixture
def service(world: World) -> Iterator[Service]:
    with world.deployment.served(workers=1) as service:
        yield service


def _call(channel: grpc.Channel) -> grpc.StatusCode:
    try:
        crypto_grpc.CryptoServiceStub(channel).GenerateRandom(
            messages.GenerateRandomRequest(number_of_bytes=1), timeout=20
        )
    except grpc.RpcError as error:
        return error.code()
    return grpc.StatusCode.OK


def test_an_open_connection_is_refused_once_its_certificate_is_revoked(
    world: World, service: Service
) -> None:
    other = issue_client(world.authority, ADMINISTRATOR)
    endpoint = world.endpoint(world.issued)
    with (
        grpc.secure_channel(endpoint.address, endpoint.credentials()) as channel,
        Client(world.endpoint(other)) as client,
    ):
        assert _call(channel) is grpc.StatusCode.OK
        world.replace(world.crl, b"-----BEGIN X509 CRL-----\nAAAA")
        wait_until(lambda: "not reloaded, the old stays in use" in service.events())
        assert _call(channel) is grpc.StatusCode.OK
        world.replace(world.crl, revocation_list(world.authority, [world.issued]))
        wait_until(lambda: _call(channel) is grpc.StatusCode.UNAUTHENTICATED)
        client.generate_random(1)
        world.replace(world.crl, revocation_list(world.authority))
        wait_until(lambda: _call(channel) is grpc.StatusCode.OK)


def test_an_open_connection_is_refused_once_its_authority_is_removed(world: World, service: Service) -> None:
    endpoint = world.endpoint(world.issued)
    new = make_authority("new")
    with grpc.secure_channel(endpoint.address, endpoint.credentials()) as channel:
        assert _call(channel) is grpc.StatusCode.OK
        both = world.authority.certificate_pem + new.certificate_pem
        world.replace(world.pki / "ca.pem", both)
        fresh = world.endpoint(issue_client(new, ADMINISTRATOR))
        with Client(fresh, timeout_s=20) as client:
            wait_until(lambda: _is_answered(client), 30)
            assert _call(channel) is grpc.StatusCode.OK
            world.replace(world.crl, revocation_list(new))
            world.replace(world.pki / "ca.pem", new.certificate_pem)
            wait_until(lambda: _call(channel) is grpc.StatusCode.UNAUTHENTICATED)
            client.generate_random(1)


def _is_answered(client: Client) -> bool:
    try:
        return bool(client.generate_random(1))
    except errors.ServiceUnavailable:
        return False


def test_who_comes_by_an_intermediate_is_answered_and_refused_once_that_is_revoked(world: World) -> None:
    root = make_root("root")
    between = make_intermediate(root, "between")
    client = issue_client(between, ADMINISTRATOR)
    (world.pki / "ca.pem").write_bytes(world.authority.certificate_pem + root.certificate_pem)
    chain = client.certificate_pem + between.certificate_pem
    credentials = grpc.ssl_channel_credentials(world.authority.certificate_pem, client.key_pem, chain)
    address = f"127.0.0.1:{world.deployment.port}"
    with world.deployment.served(workers=1), grpc.secure_channel(address, credentials) as channel:
        assert _call(channel) is grpc.StatusCode.OK
        lists = revocation_list(world.authority) + revocation_list(root, [between])
        world.replace(world.crl, lists)
        wait_until(lambda: _call(channel) is grpc.StatusCode.UNAUTHENTICATED)


def test_an_open_connection_is_refused_once_its_certificate_runs_out(world: World, tmp_path: Path) -> None:
    deployment, hooks = world.deployment, Hooks.in_directory(tmp_path)
    principal = "arn:aws:iam::000000000000:role/short"
    deployment.make_administrator(principal)
    deployment.add_config(
        f'[[authentication.certificates]]\nprincipal = "{principal}"\ncommon_name = "short"'
    )
    short = world.endpoint(make_bare_client(world.authority, "short", ends_in=dt.timedelta(hours=1)))
    with (
        deployment.served(workers=1, hooks=hooks),
        grpc.secure_channel(short.address, short.credentials()) as channel,
    ):
        assert _call(channel) is grpc.StatusCode.OK
        hooks.clock.pass_by(hours=2)
        assert _call(channel) is grpc.StatusCode.UNAUTHENTICATED


def test_a_certificate_without_its_key_leaves_the_old_in_use(world: World, service: Service) -> None:
    issued = issue_server(world.authority, ("localhost", "127.0.0.1"))
    world.replace(world.pki / "server.pem", issued.certificate_pem)
    wait_until(lambda: "not reloaded, the old stays in use" in service.events())
    with Client(world.endpoint(world.issued)) as client:
        client.generate_random(1)
    world.replace(world.pki / "server.key", issued.key_pem)
    wait_until(lambda: "reloaded" in service.events())
    with Client(world.endpoint(world.issued)) as client:
        client.generate_random(1)
    assert service.events().count("not reloaded, the old stays in use") == 1


def test_a_list_that_runs_out_is_told_and_its_clients_are_refused(world: World, tmp_path: Path) -> None:
    hooks, endpoint = Hooks.in_directory(tmp_path), world.endpoint(world.issued)
    with (
        world.deployment.served(workers=1, hooks=hooks) as service,
        grpc.secure_channel(endpoint.address, endpoint.credentials()) as channel,
    ):
        assert _call(channel) is grpc.StatusCode.OK
        hooks.clock.pass_by(days=2)
        assert _call(channel) is grpc.StatusCode.UNAUTHENTICATED
        wait_until(lambda: "revocation lists ran out: whom these vouch for is refused" in service.events())


def test_an_authority_and_a_list_that_ran_out_hold_no_other_list_back(world: World) -> None:
    expired = make_root("expired", ends_in=-DAY / 2)
    late = make_root("late")
    of_late = revocation_list(late, ends_in=-DAY / 2)
    authorities = (world.authority, expired, late)
    (world.pki / "ca.pem").write_bytes(b"".join(one.certificate_pem for one in authorities))
    world.crl.write_bytes(revocation_list(world.authority) + of_late)
    endpoint, of_others = world.endpoint(world.issued), world.endpoint(issue_client(late, ADMINISTRATOR))
    with (
        world.deployment.served(workers=1) as service,
        grpc.secure_channel(endpoint.address, endpoint.credentials()) as channel,
        grpc.secure_channel(of_others.address, of_others.credentials()) as other_channel,
    ):
        assert _call(channel) is grpc.StatusCode.OK
        assert _call(other_channel) is grpc.StatusCode.UNAUTHENTICATED
        wait_until(lambda: "authorities aren't valid now: these vouch for nobody" in service.events())
        wait_until(lambda: "revocation lists ran out: whom these vouch for is refused" in service.events())
        world.replace(world.crl, revocation_list(world.authority, [world.issued]) + of_late)
        wait_until(lambda: _call(channel) is grpc.StatusCode.UNAUTHENTICATED)
        assert "not reloaded, the old stays in use" not in service.events()


def test_who_comes_by_an_authority_is_refused_once_that_is_revoked(world: World, service: Service) -> None:
    root = make_root("root")
    between = make_intermediate(root, "between")
    endpoint = world.endpoint(issue_client(between, ADMINISTRATOR))
    authorities = (world.authority, root, between)
    world.replace(world.pki / "ca.pem", b"".join(one.certificate_pem for one in authorities))
    with grpc.secure_channel(endpoint.address, endpoint.credentials()) as channel:
        wait_until(lambda: _call(channel) is grpc.StatusCode.OK, 30)
        world.replace(world.crl, revocation_list(world.authority) + revocation_list(root, [between]))
        wait_until(lambda: _call(channel) is grpc.StatusCode.UNAUTHENTICATED)


def test_a_list_that_no_authority_signed_keeps_the_service_from_starting(world: World) -> None:
    by = make_authority("Strongroom development CA (dev)")
    world.crl.write_bytes(revocation_list(by))
    service = Service.start(world.deployment, 1, wait=False)
    assert service.process.wait(30) == 78
    assert "none of the authorities" in service.log.read_text()
    assert "tls.client_crl" in service.log.read_text()
