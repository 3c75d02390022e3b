import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from strongroom.client import Client
from tests.support.commands import strongroom as preloaded
from tests.support.deployments import Deployment, Service

Command = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    deployment = Deployment.make(tmp_path_factory.mktemp("deployment") / "dev")
    with deployment.served() as service:
        yield service


@pytest.fixture
def client(service: Service) -> Iterator[Client]:
    with service.deployment.client() as client:
        yield client


@pytest.fixture
def strongroom(service: Service, tmp_path: Path) -> Command:
    pki = service.deployment.directory / "pki"
    environment = {
        **os.environ,
        "STRONGROOM_ENDPOINT": f"127.0.0.1:{service.deployment.port}",
        "STRONGROOM_CA": str(pki / "ca.pem"),
        "STRONGROOM_CERT": str(pki / "client.pem"),
        "STRONGROOM_KEY": str(pki / "client.key"),
    }

    def run(
        *arguments: str,
        stdin: bytes = b"",
        stdout: int | IO[bytes] = subprocess.PIPE,
        stderr: int = subprocess.PIPE,
        program: str = "",
        **more: str,
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*((sys.executable, "-c", program) if program else preloaded()), *arguments],
            input=stdin,
            stdout=stdout,
            stderr=stderr,
            cwd=tmp_path,
            env={**environment, **more},
            check=False,
        )

    return run


@pytest.fixture
def key_id(client: Client) -> str:
    return client.create_key().key_id
