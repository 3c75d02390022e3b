from collections.abc import Iterator

import pytest

from strongroom.client import Client
from tests.e2e.policies.principals import Principal
from tests.support.deployments import Deployment, Service


@pytest.fixture(scope="package")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    deployment = Deployment.make(tmp_path_factory.mktemp("deployment") / "dev")
    deployment.add_config(
        '[[authentication.trust_domains]]\nname = "partner.example"\naccount_id = "999988887777"\n\n'
        '[[authentication.principals]]\nprincipal = "arn:aws:iam::111122223333:role/team/worker"\n'
        'tags = { tenant = "a" }'
    )
    return deployment


@pytest.fixture(scope="package")
def service(deployment: Deployment) -> Iterator[Service]:
    """One for all of these tests: each has keys and principals of its own."""
    with deployment.served(workers=2) as service:
        yield service


@pytest.fixture
def key_id(client: Client) -> str:
    return client.create_key(tags={"team": "a"}).key_id


@pytest.fixture
def worker(service: Service, client: Client) -> Iterator[Principal]:
    """A principal of the account without any policy."""
    arn = "arn:aws:iam::111122223333:role/team/worker"
    with Client(service.deployment.issue_client("spiffe://dev.strongroom/team/worker")) as mine:
        principal = Principal(arn, mine, client)
        yield principal
        principal.clear()


@pytest.fixture(scope="package")
def partner(service: Service) -> Iterator[Principal]:
    """An administrator of another account."""
    arn = "arn:aws:iam::999988887777:role/partner"
    with Client(service.deployment.appoint("spiffe://partner.example/partner")) as theirs:
        yield Principal(arn, theirs, theirs)
