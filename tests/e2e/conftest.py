from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.client import Client
from tests.support.deployments import Deployment, Service
from tests.support.housekeeping import Housekeeping


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return Deployment.make(tmp_path_factory.mktemp("deployment") / "dev")


@pytest.fixture(scope="module")
def service(deployment: Deployment) -> Iterator[Service]:
    with deployment.served(workers=2) as service:
        yield service


@pytest.fixture
def client(service: Service) -> Iterator[Client]:
    with service.deployment.client() as client:
        yield client


@pytest.fixture
def own_deployment(tmp_path: Path) -> Deployment:
    return Deployment.make(tmp_path / "dev")


@pytest.fixture
def rounds(service: Service) -> Iterator[Housekeeping]:
    found = Housekeeping(service.deployment)
    yield found
    found.close()
