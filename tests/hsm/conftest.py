import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.hsm import MaterialId, Token
from tests.hsm.backends import AES, KRYOPTIC_MODULE, Backend, has_nss, kryoptic, nss, softhsm

BACKENDS = {"softhsm2": softhsm, "nss": nss}
if KRYOPTIC_MODULE in os.environ:
    BACKENDS["kryoptic"] = kryoptic


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
    missing = token.capabilities.missing_for(*AES)
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
