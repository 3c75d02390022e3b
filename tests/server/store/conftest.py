from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.server.store import Deployment, Store
from tests.server.store.samples import Clock

DEPLOYMENT = Deployment("test", "111122223333", "eu-test-1")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def url(path: Path, clock: Clock) -> str:
    """An empty store's."""
    url = f"sqlite:///{path}"
    Store.create(url, DEPLOYMENT, clock)
    return url


@pytest.fixture
def store(url: str, clock: Clock) -> Iterator[Store]:
    store = Store.open(url, clock=clock)
    yield store
    store.close()


@pytest.fixture
def other(url: str, clock: Clock) -> Iterator[Store]:
    """The same store, as another process has it."""
    store = Store.open(url, clock=clock)
    yield store
    store.close()
