"""Several workers are one service."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import grpc
import pytest

from strongroom.v1 import crypto_service_pb2_grpc as crypto_grpc
from strongroom.v1 import encryption_pb2 as messages
from strongroom.v1 import key_service_pb2 as keys
from strongroom.v1 import key_service_pb2_grpc as keys_grpc
from tests.support.deployments import Deployment, Service

MAX_CONNECTIONS = 64


class Peer:
    """One connection, and so one worker."""

    def __init__(self, deployment: Deployment) -> None:
        self.name = uuid.uuid4().hex
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.primary_user_agent", self.name)]
        endpoint = deployment.endpoint()
        self.channel = grpc.secure_channel(endpoint.address, endpoint.credentials(), options=options)
        self.keys = keys_grpc.KeyServiceStub(self.channel)
        self.crypto = crypto_grpc.CryptoServiceStub(self.channel)

    def worker(self, deployment: Deployment) -> str:
        """The worker that answers this connection: the one that recorded its user agent."""
        self.crypto.GenerateRandom(messages.GenerateRandomRequest(number_of_bytes=1))
        for file in (deployment.directory / "audit").glob("worker-*.jsonl"):
            if self.name in file.read_text():
                return file.stem.rpartition("-")[0]
        raise AssertionError("no worker recorded the request")


@pytest.fixture
def peers(service: Service) -> Iterator[tuple[Peer, Peer]]:
    """A connection to each of the two workers."""
    with ExitStack() as stack:
        found: dict[str, Peer] = {}
        for _ in range(MAX_CONNECTIONS):
            peer = Peer(service.deployment)
            stack.callback(peer.channel.close)
            found.setdefault(peer.worker(service.deployment), peer)
            if len(found) == 2:
                break
        assert set(found) == {"worker-0", "worker-1"}
        yield found["worker-0"], found["worker-1"]


def test_a_key_created_through_one_worker_is_used_at_once_through_the_other(peers: tuple[Peer, Peer]) -> None:
    for maker, user in (peers, peers[::-1]):
        for _ in range(10):
            key_id = maker.keys.CreateKey(keys.CreateKeyRequest()).key_metadata.key_id
            blob = user.crypto.Encrypt(messages.EncryptRequest(key_id=key_id, plaintext=b"x")).ciphertext_blob
            opened = maker.crypto.Decrypt(messages.DecryptRequest(ciphertext_blob=blob))
            assert opened.plaintext == b"x"


def test_what_one_worker_disables_the_other_refuses_at_once(peers: tuple[Peer, Peer]) -> None:
    one, other = peers
    key_id = one.keys.CreateKey(keys.CreateKeyRequest()).key_metadata.key_id
    request = messages.EncryptRequest(key_id=key_id, plaintext=b"x")
    for _ in range(25):
        other.crypto.Encrypt(request)
        one.keys.DisableKey(keys.DisableKeyRequest(key_id=key_id))
        with pytest.raises(grpc.RpcError) as caught:
            other.crypto.Encrypt(request)
        assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        one.keys.EnableKey(keys.EnableKeyRequest(key_id=key_id))


def test_slow_keys_do_not_keep_others_waiting(own_deployment: Deployment) -> None:
    """Six RSA-3072 pairs keep both key-making threads busy; everything else goes on."""
    with own_deployment.served(workers=1), own_deployment.client(timeout_s=120) as client:
        key, switched = client.create_key().key_id, client.create_key().key_id
        with ThreadPoolExecutor(8) as pool:
            slow = [pool.submit(client.generate_data_key_pair, key, "RSA_3072") for _ in range(6)]
            answered = 0
            while not all(future.done() for future in slow):
                client.disable_key(switched)
                client.enable_key(switched)
                answered += 1
        assert answered > len(slow)
        assert all(future.result().private_key_plaintext for future in slow)
