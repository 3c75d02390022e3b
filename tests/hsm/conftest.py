from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.hsm import Capability, MaterialId, Token
from tests.hsm.backends import Backend, has_nss, nss, softhsm

BACKENDS = {"softhsm2": softhsm, "nss": nss}


@pytest.fixture(params=sorted(BACKENDS))
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    if request.param == "nss" and not has_nss():
        pytest.skip("NSS softokn isn't installed: apt-get install libnss3 libnss3-tools")
    return BACKENDS[request.param](tmp_path)


@pytest.fixture
def token(backend: Backend) -> Iterator[Token]:
    token = backend.open()
    yield token
    token.close()


@pytest.fixture
def keys(token: Token) -> Token:
    """The token, if it can make keys."""
    missing = token.missing(Capability.AES_256_GCM)
    if missing:
        pytest.skip(missing)
    return token


@pytest.fixture
def soft(tmp_path: Path) -> Backend:
    """SoftHSM2, for what can only be done to its files."""
    return softhsm(tmp_path)


@pytest.fixture
def material_id() -> MaterialId:
    return MaterialId(b"0123456789abcdef")
