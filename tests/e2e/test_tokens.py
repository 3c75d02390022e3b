"""Clients with a bearer token: where they are served, as whom, and that nothing else lets anybody in."""

import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strongroom.client import AsyncClient, Client, Endpoint, errors
from strongroom.v1 import crypto_service_pb2_grpc as crypto_grpc
from strongroom.v1 import encryption_pb2 as messages
from tests.support.bearers import ISSUER, ROLE, SUBJECT, Address, Issuer, served_keys
from tests.support.commands import strongroom
from tests.support.deployments import Deployment, Service, free_port, wait_until

PRINCIPAL = ROLE + SUBJECT.replace(":", "/")
REQUEST = messages.GenerateRandomRequest(number_of_bytes=1)
ADMINISTRATOR = "arn:aws:iam::000000000000:role/remote"
REMOTE = "https://remote.example"


@dataclass
class World:
    """A deployment that believes an issuer whose keys are in a file, and one whose keys are fetched."""

    deployment: Deployment
    port: int
    issuer: Issuer
    jwks: Path
    remote: Issuer
    address: Address

    def channel(self) -> grpc.Channel:
        authority = self.deployment.authority().certificate_pem
        return grpc.secure_channel(f"127.0.0.1:{self.port}", grpc.ssl_channel_credentials(authority))

    def call(self, *authorization: str) -> Any:
        with self.channel() as channel:
            return _random(channel, *authorization)


def _random(channel: grpc.Channel, *authorization: str) -> Any:
    metadata = tuple(("authorization", value) for value in authorization)
    return crypto_grpc.CryptoServiceStub(channel).GenerateRandom(REQUEST, timeout=20, metadata=metadata)


def _refused(channel: grpc.Channel, *authorization: str) -> str:
    """The text of a refusal."""
    with pytest.raises(grpc.RpcError) as caught:
        _random(channel, *authorization)
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    return str(caught.value.details())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("deployment")
    deployment, port = Deployment.make(directory / "dev"), free_port()
    issuer, remote = Issuer("RS256"), Issuer(name=REMOTE)
    with served_keys(directory, remote.jwks_bytes) as address:
        jwks = deployment.directory / "jwks.json"
        jwks.write_bytes(issuer.jwks_bytes)
        deployment.replace_config("[server]\n", f'[server]\nlisten_tokens = "127.0.0.1:{port}"\n')
        deployment.add_config(
            "[[authentication.token_issuers]]\n"
            f'issuer = "{ISSUER}"\naudiences = ["strongroom"]\njwks = "jwks.json"\nprincipal = "{ROLE}{{sub}}"\n'
            "[[authentication.token_issuers]]\n"
            f'issuer = "{REMOTE}"\naudiences = ["strongroom"]\njwks = "{address.url}"\n'
            f'jwks_ca = "{address.ca}"\nsubjects = {{ "admin" = "{ADMINISTRATOR}" }}\n'
        )
        for principal in (PRINCIPAL, ADMINISTRATOR):
            deployment.make_administrator(principal)
        yield World(deployment, port, issuer, jwks, remote, address)


@pytest.fixture(scope="module")
def service(world: World) -> Iterator[Service]:
    with world.deployment.served(workers=2) as service:
        yield service


@pytest.fixture
def channel(world: World, service: Service) -> Iterator[grpc.Channel]:
    with world.channel() as channel:
        yield channel


def test_a_token_stands_for_its_subject(world: World, channel: grpc.Channel) -> None:
    assert _random(channel, f"Bearer {world.issuer.token()}").plaintext
    record = [r for r in world.deployment.audit_records() if r["eventName"] == "GenerateRandom"][-1]
    assert record["userIdentity"] == {
        "type": "AssumedRole",
        "principalId": f"jwt:{ISSUER}:{SUBJECT}",
        "arn": PRINCIPAL,
        "accountId": "000000000000",
    }


def test_a_subject_without_policies_may_do_nothing(world: World, channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        _random(channel, f"Bearer {world.issuer.token(sub='system:serviceaccount:other:api')}")
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED


def test_every_refused_token_is_told_the_same(world: World, channel: grpc.Channel) -> None:
    issuer = world.issuer
    good = issuer.token()
    tokens = [
        "nonsense",
        f"{good[:-8]}AAAAAAAA",
        issuer.token(exp=1),
        issuer.token(aud="other"),
        issuer.token(iss="https://other.example"),
        issuer.token(sub="a/b"),
        issuer.token({"kid": "other"}),
        issuer.token({"alg": "none"}),
    ]
    texts = {_refused(channel, f"Bearer {token}") for token in tokens}
    assert len(texts) == 1
    assert "nonsense" not in texts.pop()


@pytest.mark.parametrize(
    "authorization",
    [(), ("",), ("Basic YTpi",), ("Bearer",), ("Bearer x.y.z", "Bearer x.y.z"), ("Bearer " + "a" * 9000,)],
    ids=["none", "empty", "basic", "no token", "two", "long"],
)
def test_what_is_no_token_is_refused(channel: grpc.Channel, authorization: tuple[str, ...]) -> None:
    text = _refused(channel, *authorization)
    assert "x.y.z" not in text


@pytest.mark.parametrize("name", ["GenerateRandom", "BatchEncrypt"])
def test_nothing_is_read_of_a_request_without_a_token(channel: grpc.Channel, name: str) -> None:
    call: Any = channel.unary_unary(f"/strongroom.v1.CryptoService/{name}")
    with pytest.raises(grpc.RpcError) as caught:
        call(b"\xff" * 1000, timeout=20)
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_two_good_tokens_are_refused(world: World, channel: grpc.Channel) -> None:
    token = f"Bearer {world.issuer.token()}"
    assert "more than one" in _refused(channel, token, token)


def test_a_certificate_and_a_token_together_are_refused(world: World, service: Service) -> None:
    endpoint = world.deployment.endpoint()
    with grpc.secure_channel(endpoint.address, endpoint.credentials()) as channel:
        assert _random(channel).plaintext
        for value in (f"Bearer {world.issuer.token()}", "nonsense"):
            assert "two credentials" in _refused(channel, value)


def test_a_token_is_no_certificate(world: World, service: Service) -> None:
    credentials = grpc.ssl_channel_credentials(world.deployment.authority().certificate_pem)
    address = f"127.0.0.1:{world.deployment.port}"
    with grpc.secure_channel(address, credentials) as channel, pytest.raises(grpc.RpcError) as caught:
        _random(channel, f"Bearer {world.issuer.token()}")
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_a_certificate_is_no_token(world: World, service: Service) -> None:
    endpoint = world.deployment.endpoint()
    address = f"127.0.0.1:{world.port}"
    with grpc.secure_channel(address, endpoint.credentials()) as channel:
        assert "needed" in _refused(channel)
        assert _random(channel, f"Bearer {world.issuer.token()}").plaintext


def test_nothing_is_served_there_that_needs_no_token(channel: grpc.Channel) -> None:
    health: Any = health_pb2_grpc.HealthStub(channel)
    reflection: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
    question = reflection_pb2.ServerReflectionRequest(list_services="")
    for call in (
        lambda: health.Check(health_pb2.HealthCheckRequest(), timeout=20),
        lambda: list(reflection.ServerReflectionInfo(iter([question]), timeout=20)),
    ):
        with pytest.raises(grpc.RpcError) as caught:
            call()
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_no_token_is_in_log_or_records(world: World, service: Service, channel: grpc.Channel) -> None:
    good, bad = world.issuer.token(), world.issuer.token(exp=1)
    _random(channel, f"Bearer {good}")
    _refused(channel, f"Bearer {bad}")
    wait_until(lambda: "token refused" in service.log.read_text())
    files = (service.log, *(world.deployment.directory / "audit").glob("*.jsonl"))
    texts = [file.read_text() for file in files]
    assert not [
        part for token in (good, bad) for part in token.split(".")[1:] if any(part in t for t in texts)
    ]


def test_keys_in_a_file_are_replaced_without_a_signal(world: World, channel: grpc.Channel) -> None:
    old = world.issuer.token()
    assert _random(channel, f"Bearer {old}").plaintext
    whole = world.issuer.jwks_bytes
    world.jwks.write_bytes(whole[: len(whole) // 2])  # half-written: the old keys stay
    world.issuer.rotate("second")
    assert _random(channel, f"Bearer {old}").plaintext
    _replace(world.jwks, world.issuer.jwks_bytes)
    wait_until(lambda: _is_refused(channel, old))
    wait_until(lambda: not _is_refused(channel, world.issuer.token()))


def test_no_token_is_believed_once_a_file_withdraws_all_keys(
    world: World, service: Service, channel: grpc.Channel
) -> None:
    token, before = world.issuer.token(), world.jwks.read_bytes()
    wait_until(lambda: not _is_refused(channel, token))  # whichever worker this connection has
    _replace(world.jwks, b'{"keys": []}')
    wait_until(lambda: _is_refused(channel, token))
    wait_until(lambda: "no keys: every token of this issuer is refused" in service.events())
    _replace(world.jwks, before)
    wait_until(lambda: not _is_refused(channel, token))


def _replace(file: Path, content: bytes) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.rename(file)


def test_keys_of_an_address_are_fetched_anew_for_a_key_that_is_missing(
    world: World, channel: grpc.Channel
) -> None:
    old = world.remote.token(sub="admin")
    wait_until(lambda: not _is_refused(channel, old), 30)
    world.remote.rotate("second")
    world.address.body = world.remote.jwks_bytes
    wait_until(lambda: not _is_refused(channel, world.remote.token(sub="admin")), 30)
    wait_until(lambda: _is_refused(channel, old), 30)


def _is_refused(channel: grpc.Channel, token: str) -> bool:
    """True if it isn't believed, or can't be told yet."""
    try:
        _random(channel, f"Bearer {token}")
    except grpc.RpcError as error:
        if error.code() not in {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.UNAVAILABLE}:
            raise
        return True
    return False


def test_a_taken_address_for_tokens_keeps_the_service_from_starting(own_deployment: Deployment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        own_deployment.replace_config("[server]\n", f'[server]\nlisten_tokens = "{address}"\n')
        service = Service.start(own_deployment, 1, wait=False)
        assert service.process.wait(60) == 75
    assert f"Can't listen on {address}" in service.log.read_text()


def _endpoint(world: World, token: Any) -> Endpoint:
    address = f"127.0.0.1:{world.port}"
    return Endpoint.with_token(address, ca=world.deployment.directory / "pki" / "ca.pem", token=token)


def test_a_client_takes_its_token_from_a_file_that_is_replaced(
    world: World, service: Service, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(world.issuer.token(exp=1))
    with Client(_endpoint(world, file), timeout_s=20) as client:
        with pytest.raises(errors.CredentialsInvalid):
            client.generate_random(1)
        file.write_text(f"{world.issuer.token()}\n")
        assert client.generate_random(1)
        file.unlink()
        assert client.generate_random(1)  # the old one is good still
        file.write_text(world.issuer.token(exp=1))
        with pytest.raises(errors.CredentialsInvalid):
            client.generate_random(1)


async def test_an_asynchronous_client_asks_for_its_token_at_each_call(world: World, service: Service) -> None:
    given: list[str] = []

    def source() -> str:
        given.append(world.issuer.token())
        return given[-1]

    async with AsyncClient(_endpoint(world, source), timeout_s=20) as client:
        key = await client.create_key()
        sealed = await client.encrypt(key.key_id, b"x")
        assert (await client.decrypt(sealed.ciphertext_blob)).plaintext == b"x"
    assert len(given) == 3


def test_what_a_source_says_that_fails_is_not_told(world: World, service: Service) -> None:
    def failing() -> str:
        raise ValueError("secret")

    for source in (failing, lambda: "", lambda: "secret token", lambda: "secret\r\nx: y"):
        with (
            Client(_endpoint(world, source), timeout_s=2) as client,
            pytest.raises(errors.StrongroomError) as caught,
        ):
            client.generate_random(1)
        assert "secret" not in str(caught.value)


def test_the_command_takes_a_token_file(world: World, service: Service, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(world.issuer.token())
    variables = {
        "STRONGROOM_ENDPOINT": f"127.0.0.1:{world.port}",
        "STRONGROOM_CA": str(world.deployment.directory / "pki" / "ca.pem"),
    }
    by_option = ["--token-file", str(tmp_path / "token")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STRONGROOM_")}
    for options, more in ((by_option, {}), ([], {"STRONGROOM_TOKEN_FILE": by_option[1]})):
        done = subprocess.run(
            [*strongroom(), *options, "random", "3", "--encoding", "hex"],
            env={**environment, **variables, **more},
            capture_output=True,
            check=True,
        )
        assert len(bytes.fromhex(done.stdout.decode())) == 3


PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PRINTABLE | PRINTABLE.map(lambda text: f"Bearer {text}"), max_size=3))
def test_no_other_authorization_is_access_or_a_defect(
    channel: grpc.Channel, authorization: list[str]
) -> None:
    _refused(channel, *authorization)
