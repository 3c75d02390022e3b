"""A key with material that the test knows."""

import os

import pytest

from strongroom.client import Client
from tests.support.imports import bring, external


@pytest.fixture
def secret() -> bytes:
    return os.urandom(32)


@pytest.fixture
def key_id(client: Client, secret: bytes) -> str:
    """A symmetric key with this material."""
    key_id = external(client)
    bring(client, key_id, secret)
    return key_id
