from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.client import Client
from tests.support.deployments import Deployment, Service
from tests.support.housekeeping import Housekeeping


@pytest.fixture(scope="session")
def shared_deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return Deployment.make(tmp_path_factory.mktemp("shared") / "dev")


@pytest.fixture(scope="session")
def shared_service(shared_deployment: Deployment) -> Iterator[Service]:
    with shared_deployment.served(workers=2) as service:
        yield service


@pytest.fixture(scope="module")
def deployment(shared_deployment: Deployment) -> Deployment:
    """One for all modules that don't say otherwise: each test has keys of its own."""
    return shared_deployment


@pytest.fixture(scope="module")
def service(
    request: pytest.FixtureRequest, deployment: Deployment, shared_deployment: Deployment
) -> Iterator[Service]:
    """What serves the module's deployment."""
    if deployment is shared_deployment:
        yield request.getfixturevalue("shared_service")
        return
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
