"""Secrets are nowhere: not in the log, the audit trail, the database, the metrics, arguments or environments."""

import os
import signal
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from strongroom.client import Client, StrongroomError
from strongroom.client.items import EncryptItem
from tests.support.deployments import Deployment, Service, free_port, wait_answered, wait_until
from tests.support.hooking import Hooks
from tests.support.imports import OAEP, external, parameters
from tests.support.secrets import forms_of, found
from tests.support.wrapping import wrap

_CONTEXT = {"table": "context-that-may-be-told"}
_OTHER_CONTEXT = {"table": "another"}


class Scene:
    """A client that remembers what must not be told."""

    def __init__(self, service: Service, client: Client, hooks: Hooks) -> None:
        self.service = service
        self.client = client
        self.hooks = hooks
        self.secrets: dict[str, bytes] = {"PIN": service.deployment.pin.encode()}

    def secret(self, name: str, value: bytes | None = None) -> bytes:
        """A new secret, or one that was answered."""
        return self.secrets.setdefault(name, value or os.urandom(24))

    def fails(self, call: Callable[[], object]) -> None:
        with pytest.raises(StrongroomError):
            call()


def _encrypts(scene: Scene) -> None:
    client, key = scene.client, scene.client.create_key(description="told").key_id
    plaintext = scene.secret("plaintext")
    blob = scene.secret(
        "ciphertext", client.encrypt(key, plaintext, encryption_context=_CONTEXT).ciphertext_blob
    )
    client.decrypt(blob, encryption_context=_CONTEXT)
    moved = client.re_encrypt(
        blob, key, source_encryption_context=_CONTEXT, destination_encryption_context=_OTHER_CONTEXT
    )
    scene.secret("ciphertext moved", moved.ciphertext_blob)
    scene.fails(lambda: client.decrypt(blob, encryption_context=_OTHER_CONTEXT))
    scene.fails(lambda: client.decrypt(blob[:-1] + bytes([blob[-1] ^ 1]), encryption_context=_CONTEXT))
    scene.fails(lambda: client.encrypt(key, plaintext * 200))
    scene.fails(lambda: client.encrypt("alias/absent", plaintext))
    scene.fails(lambda: client.encrypt(key, plaintext, dry_run=True))
    client.batch_encrypt([EncryptItem(key, plaintext, _CONTEXT), EncryptItem("alias/absent", plaintext)])
    client.disable_key(key)
    scene.fails(lambda: client.encrypt(key, plaintext))


def _makes_data_keys(scene: Scene) -> None:
    client, key = scene.client, scene.client.create_key().key_id
    data_key = client.generate_data_key(key, encryption_context=_CONTEXT)
    scene.secret("data key", data_key.plaintext)
    scene.secret("data key sealed", data_key.ciphertext_blob)
    pair = client.generate_data_key_pair(key, "ECC_NIST_P256")
    scene.secret("private key", pair.private_key_plaintext)
    scene.secret("private key sealed", pair.private_key_ciphertext_blob)
    scene.secret("random bytes", client.generate_random(32))


def _signs(scene: Scene) -> None:
    client, message = scene.client, scene.secret("message")
    key = client.create_key(key_spec="ECC_NIST_P256", key_usage="SIGN_VERIFY").key_id
    signature = client.sign(key, message, signing_algorithm="ECDSA_SHA_256").signature
    scene.secret("signature", signature)
    scene.fails(lambda: client.verify(key, message + b"x", signature, signing_algorithm="ECDSA_SHA_256"))
    key = client.create_key(key_spec="HMAC_256", key_usage="GENERATE_VERIFY_MAC").key_id
    mac = scene.secret("MAC", client.generate_mac(key, message, mac_algorithm="HMAC_SHA_256").mac)
    scene.fails(lambda: client.verify_mac(key, message + b"x", mac, mac_algorithm="HMAC_SHA_256"))


def _agrees(scene: Scene) -> None:
    key = scene.client.create_key(key_spec="ECC_NIST_P256", key_usage="KEY_AGREEMENT").key_id
    peer = ec.generate_private_key(ec.SECP256R1()).public_key()
    spki = peer.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    scene.secret("shared secret", scene.client.derive_shared_secret(key, spki).shared_secret)


def _imports(scene: Scene) -> None:
    client, key = scene.client, external(scene.client)
    material = scene.secret("material", os.urandom(32))
    given = parameters(client, key)
    scene.secret("import token", given.import_token)
    wrapped = scene.secret("wrapped material", wrap(given.public_key, OAEP, material))
    scene.fails(lambda: client.import_key_material(key, given.import_token, wrapped[::-1]))
    scene.hooks.crash.arm_defect("import.made")
    scene.fails(lambda: client.import_key_material(key, given.import_token, wrapped))
    assert scene.hooks.crash.has_struck()


def _sends_what_is_no_message(scene: Scene) -> None:
    endpoint = scene.service.deployment.endpoint()
    body = b"\xff" + scene.secret("stray bytes")
    with grpc.secure_channel(endpoint.address, endpoint.credentials()) as channel:
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
            "/strongroom.v1.CryptoService/Encrypt"
        )
        with pytest.raises(grpc.RpcError):
            call(body, timeout=20)


def _crashes(scene: Scene) -> None:
    scene.hooks.crash.arm("creation.made")
    with suppress(StrongroomError):
        scene.client.create_key()
    wait_until(scene.hooks.crash.has_struck)
    wait_answered(scene.client)
    os.kill(scene.service.children()["housekeeper"], signal.SIGKILL)
    wait_until(lambda: "housekeeper" in scene.service.children(), 30)


_LIFE = (
    _encrypts,
    _makes_data_keys,
    _signs,
    _agrees,
    _imports,
    _sends_what_is_no_message,
    _crashes,
)


def _from_file(deployment: Deployment, directory: Path) -> dict[str, str]:
    return {}


def _from_environment(deployment: Deployment, directory: Path) -> dict[str, str]:
    deployment.replace_config('"file:pin"', '"env:TOKEN_PIN"')
    return {"TOKEN_PIN": deployment.pin}


def _from_credential(deployment: Deployment, directory: Path) -> dict[str, str]:
    """As systemd hands it over."""
    (directory / "pin").write_text(deployment.pin)
    deployment.replace_config('"file:pin"', '"credential:pin"')
    return {"CREDENTIALS_DIRECTORY": str(directory)}


def _processes(service: Service, file: str) -> Iterator[tuple[str, bytes]]:
    for name, pid in {"supervisor": service.process.pid, **service.children()}.items():
        yield f"{file} of {name}", Path(f"/proc/{pid}/{file}").read_bytes()


def _places(service: Service, metrics: int) -> dict[str, bytes]:
    """All that leaves the service, but its answers."""
    directory = service.deployment.directory
    files = [service.log, *directory.glob("audit/*"), *directory.glob("strongroom.db*")]
    with urllib.request.urlopen(f"http://127.0.0.1:{metrics}/metrics", timeout=20) as answer:
        figures = answer.read()
    return {
        "metrics": figures,
        **{file.name: file.read_bytes() for file in files},
        **dict(_processes(service, "cmdline")),
        **(dict(_processes(service, "environ")) if os.geteuid() == 0 else {}),
    }


@pytest.mark.parametrize("source", [_from_file, _from_environment, _from_credential])
def test_secrets_are_nowhere(
    own_deployment: Deployment, tmp_path: Path, source: Callable[[Deployment, Path], dict[str, str]]
) -> None:
    metrics, hooks = free_port(), Hooks.in_directory(tmp_path)
    own_deployment.add_config(
        f'[log]\nlevel = "debug"\nrequests = "all"\n[metrics]\nlisten = "127.0.0.1:{metrics}"'
    )
    variables = source(own_deployment, tmp_path)
    with (
        own_deployment.served(hooks=hooks, variables=variables) as service,
        own_deployment.client() as client,
    ):
        scene = Scene(service, client, hooks)
        for part in _LIFE:
            part(scene)
        service.do_round()
        places = _places(service, metrics)
        leaks = found(scene.secrets, places)
    leaks = [(name, place) for name, place in leaks if not _is_documented(name, place, variables)]
    assert leaks == []
    assert found({"context": _CONTEXT["table"].encode()}, places)  # it looks where something is told
    assert b"a defect, made by a test" in places[service.log.name]


def _is_documented(name: str, place: str, variables: dict[str, str]) -> bool:
    """The variable of `env:NAME` stays: deploy/README.md."""
    return name == "PIN" and place.startswith("environ of") and "TOKEN_PIN" in variables


@pytest.mark.parametrize("before", [b"", b"1", b"12"])
@pytest.mark.parametrize("after", [b"", b"1", b"12"])
def test_secrets_are_found_wherever_they_begin(before: bytes, after: bytes) -> None:
    import base64

    secret = os.urandom(24)
    text = base64.b64encode(before + secret + after)
    assert any(form in text for form in forms_of(secret))
    assert found({"secret": secret}, {"place": text}) == [("secret", "place")]


def test_a_wrong_pin_is_not_told_either(own_deployment: Deployment) -> None:
    wrong = os.urandom(12).hex()
    (own_deployment.directory / "pin").write_text(wrong)
    service = Service.start(own_deployment, 1, wait=False)
    assert service.process.wait(60) == 78
    assert found({"PIN": wrong.encode()}, {"log": service.log.read_bytes()}) == []
