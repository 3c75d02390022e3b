from collections.abc import Iterator

import pytest

from strongroom.client import Client
from tests.support.deployments import Deployment, Service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    deployment = Deployment.make(tmp_path_factory.mktemp("deployment") / "dev")
    with deployment.served() as service:
        yield service


@pytest.fixture
def client(service: Service) -> Iterator[Client]:
    with service.deployment.client() as client:
        yield client
