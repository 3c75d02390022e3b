"""A load of Encrypt and Decrypt that keeps what was answered."""

import threading
import time
from typing import Any, Self

import grpc

from strongroom.v1 import crypto_service_pb2_grpc as crypto_grpc
from strongroom.v1 import encryption_pb2 as messages
from tests.support.deployments import Deployment


class Load:
    """Encrypts and decrypts from several threads, and keeps what was answered."""

    def __init__(self, deployment: Deployment, key_id: str, threads: int = 4) -> None:
        self.key_id = key_id
        self.endpoint = deployment.endpoint()
        self.failures: list[Any] = []
        self.wrong: list[object] = []
        self.successes: list[float] = []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._run) for _ in range(threads)]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def _run(self) -> None:
        with grpc.secure_channel(self.endpoint.address, self.endpoint.credentials()) as channel:
            stub = crypto_grpc.CryptoServiceStub(channel)
            count = 0
            while not self.stopping.is_set():
                count += 1
                plaintext = f"{threading.get_ident()} {count}".encode()
                try:
                    request = messages.EncryptRequest(key_id=self.key_id, plaintext=plaintext)
                    blob = stub.Encrypt(request, timeout=10).ciphertext_blob
                    opened = stub.Decrypt(messages.DecryptRequest(ciphertext_blob=blob), timeout=10)
                except grpc.RpcError as error:
                    self.failures.append(error)
                    time.sleep(0.005)
                else:
                    self.successes.append(time.monotonic())
                    if opened.plaintext != plaintext:
                        self.wrong.append(plaintext)
