import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deployments import Deployment
from tests.vectors.service import Service, opened

_MEMORY = Path("/dev/shm")  # noqa: S108 # a directory of our own is made there


@pytest.fixture(scope="session")
def deployment() -> Iterator[Deployment]:
    """In memory where that can be had: thousands of keys are written, each synced to disk several times."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as directory:
        yield Deployment.make(Path(directory) / "dev")


@pytest.fixture(scope="module")
def service(deployment: Deployment) -> Iterator[Service]:
    """Open for one module, for a process has one token, and the tests of others open theirs."""
    with opened(deployment) as service:
        yield service
