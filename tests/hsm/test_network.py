"""A network HSM goes away under our calls, and comes back."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread, Timer

import pytest

from strongroom.hsm import (
    Finding,
    HsmError,
    MaterialId,
    MechanismUnsupported,
    Token,
    TokenNotFound,
    TokenState,
    TokenUnavailable,
)
from tests.hsm.backends import AES
from tests.hsm.network import NetworkHsm, has_p11_kit
from tests.support.deployments import wait_until

pytestmark = pytest.mark.skipif(
    not has_p11_kit(), reason="p11-kit isn't installed: apt-get install p11-kit p11-kit-modules"
)

AT_ONCE_S = 1
RETURN_S = 2


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests of this process: p11-kit's client looks it up when it is loaded, and never again."""
    return tmp_path_factory.mktemp("network") / "hsm"


@pytest.fixture
def hsm(tmp_path: Path, address: Path) -> Iterator[NetworkHsm]:
    hsm = NetworkHsm(tmp_path, address)
    hsm.start()
    yield hsm
    hsm.kill()


@pytest.fixture
def token(hsm: NetworkHsm) -> Iterator[Token]:
    token = hsm.backend.open()
    yield token
    token.close()


def _assert_returns(token: Token) -> None:
    returned = time.monotonic()
    wait_until(lambda: token.state is TokenState.UP, RETURN_S)
    assert len(token.random(32)) == 32
    assert time.monotonic() - returned < RETURN_S


def test_a_network_token_is_used_as_far_as_it_goes(token: Token, material_id: MaterialId) -> None:
    assert len(token.random(5000)) == 5000
    assert token.heartbeat()
    assert token.objects() == ()
    if token.capabilities.missing_for(*AES):  # p11-kit passes it since 0.25
        with pytest.raises(MechanismUnsupported):
            token.generate(material_id, "strongroom/test/key", *AES)
    else:
        ref = token.generate(material_id, "strongroom/test/key", *AES)
        assert token.use(token.encryption(ref, b"x", b""))


def test_a_killed_server_is_noticed_at_once_and_used_again_within_two_seconds(
    hsm: NetworkHsm, token: Token
) -> None:
    for outage_s in (0, 0.3, 1.2):
        token.random(1)
        hsm.kill()
        killed = time.monotonic()
        for call in (lambda: token.random(32), token.objects, lambda: token.random(1)):
            with pytest.raises(TokenUnavailable):
                call()
        assert not token.heartbeat()
        assert time.monotonic() - killed < AT_ONCE_S
        time.sleep(outage_s)
        assert token.state is TokenState.RECOVERING
        hsm.start()
        _assert_returns(token)


@pytest.mark.parametrize("call", [Token.heartbeat, Token.objects, lambda token: token.random(1)])
def test_a_loss_is_noticed_by_whatever_is_called_first(
    hsm: NetworkHsm, token: Token, call: Callable[[Token], object]
) -> None:
    hsm.kill()
    with suppress(TokenUnavailable):
        assert call(token) is False
    assert token.state is TokenState.RECOVERING
    hsm.start()
    _assert_returns(token)


def _draw_until_it_fails(token: Token, failures: list[Exception]) -> None:
    try:
        while True:
            assert len(token.random(32)) == 32
    except Exception as error:  # noqa: BLE001 # which it was is what is tested
        failures.append(error)


def test_every_call_under_which_the_server_is_killed_ends_at_once(hsm: NetworkHsm, token: Token) -> None:
    for _ in range(5):
        failures: list[Exception] = []
        threads = [Thread(target=_draw_until_it_fails, args=(token, failures)) for _ in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(0.2)
        hsm.kill()
        killed = time.monotonic()
        for thread in threads:
            thread.join()
        assert time.monotonic() - killed < AT_ONCE_S
        assert {type(failure) for failure in failures} == {TokenUnavailable}
        hsm.start()
        _assert_returns(token)


def test_a_token_lost_while_it_is_opened_is_not_taken_for_one_that_can_do_less(hsm: NetworkHsm) -> None:
    for delay_ms in range(0, 40, 2):
        Timer(delay_ms / 1000, hsm.kill).start()
        try:
            token = hsm.backend.open()
        except HsmError:
            pass
        else:
            assert Finding.FAILED not in {row.finding for row in token.capabilities.rows}
            token.close()
        wait_until(lambda: not hsm.runs)
        hsm.start()


def test_a_server_that_is_absent_at_the_start_is_named_with_the_remedy(hsm: NetworkHsm) -> None:
    hsm.kill()
    with pytest.raises(TokenNotFound, match="switched on"):
        hsm.backend.open()
    hsm.start()
    token = hsm.backend.open()
    assert token.heartbeat()
    token.close()
