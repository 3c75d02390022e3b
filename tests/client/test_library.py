"""The Python client."""

import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

import strongroom.client
from strongroom.client import AsyncClient, Client, errors
from strongroom.client._statuses import _BY_REASON
from strongroom.server.core import errors as server_errors
from strongroom.v1 import crypto_service_pb2, key_service_pb2, policy_service_pb2
from tests.support.deployments import Service, wait_answered


def test_the_public_surface_is_the_documented_one() -> None:
    assert set(strongroom.client.__all__) == {
        "DEFAULT_TIMEOUT_S", "AccessExplained", "AliasEntry", "AliasPage", "AsyncClient", "Client", "DataKey", "DataKeyPair", "DataKeyPairSupport",
        "Decapsulated", "DecryptItem", "Decrypted", "Encapsulated", "EncryptItem", "Encrypted", "Endpoint",
        "GenerateDataKeyItem", "GenerateMacItem", "GrantCreated", "GrantEntry", "GrantPage", "ImportParameters", "KeyEntry", "KeyLastUsage", "KeyMaterial", "KeyMetadata", "KeyPage", "KeySpecSupport", "Mac",
        "MacVerified", "PrincipalEntry", "PrincipalPage", "PublicKey", "ReEncrypted", "RotationEntry", "RotationPage", "RotationStatus", "ScheduledDeletion", "SharedSecret", "SignItem", "Signed", "StrongroomError",
        "TagPage", "Token", "TokenCapability", "Verified", "VerifyItem", "errors", "names",
    }  # fmt: skip
    for name in strongroom.client.__all__:
        assert hasattr(strongroom.client, name)


def test_both_clients_have_the_same_methods() -> None:
    def methods(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")}

    assert methods(Client) == methods(AsyncClient)


def test_the_client_for_threads_is_made_from_the_one_for_asyncio() -> None:
    root = Path(__file__).resolve().parents[2]
    subprocess.run([root / "scripts" / "gen-client", "--check"], check=True)


def test_every_operation_has_a_method() -> None:
    services = (
        (crypto_service_pb2, "CryptoService"),
        (key_service_pb2, "KeyService"),
        (policy_service_pb2, "PolicyService"),
    )
    operations = [m.name for file, name in services for m in file.DESCRIPTOR.services_by_name[name].methods]
    names = {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower() for name in operations}
    assert len(names) == len(operations)
    assert names <= set(dir(Client))


def test_every_reason_of_the_service_has_an_error_class() -> None:
    def kinds(kind: Any) -> set[Any]:
        return {kind}.union(*(kinds(sub) for sub in kind.__subclasses__()))

    reasons = {k.reason for k in kinds(server_errors.KmsError) if hasattr(k, "reason")}
    assert reasons == set(_BY_REASON)


async def test_the_asynchronous_client_does_the_main_job(service: Service) -> None:
    async with AsyncClient(service.deployment.endpoint()) as client:
        key = await client.create_key(description="async")
        sealed = await client.encrypt(key.key_id, b"x", encryption_context={"a": "b"})
        opened = await client.decrypt(sealed.ciphertext_blob, encryption_context={"a": "b"})
        assert opened.plaintext == b"x"
        assert key.key_id in [entry.key_id async for entry in client.all_keys()]
        with pytest.raises(errors.InvalidCiphertext) as caught:
            await client.decrypt(sealed.ciphertext_blob)
        assert caught.value.request_id


def test_results_do_not_show_secrets(client: Client) -> None:
    key = client.create_key()
    data_key = client.generate_data_key(key.key_id)
    opened = client.decrypt(data_key.ciphertext_blob)
    assert repr(data_key.plaintext) not in repr(data_key)
    assert repr(opened.plaintext) not in repr(opened)
    assert "BEGIN" not in repr(client)


def test_a_client_waits_for_a_service_that_restarts(service: Service) -> None:
    with Client(service.deployment.endpoint(), timeout_s=20) as client:
        assert any(_answers_meanwhile(service, client) for _ in range(5))


def _answers_meanwhile(service: Service, client: Client) -> bool:
    """Kills the workers; False if these took longer to start again than a client waits."""
    wait_answered(client)
    for pid in [pid for name, pid in service.children().items() if name.startswith("worker")]:
        os.kill(pid, signal.SIGKILL)
    try:
        return len(client.generate_random(5)) == 5
    except errors.ServiceUnavailable:
        return False
