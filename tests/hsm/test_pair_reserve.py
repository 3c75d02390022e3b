"""Data key pairs that are made ahead, and wait in the token."""

import shutil
from collections.abc import Iterator

import pytest

from strongroom.hsm import KeyKind, Token, TokenState, TokenUnavailable
from tests.hsm.backends import Backend
from tests.support.deployments import wait_until

KIND = KeyKind.RSA_2048


@pytest.fixture
def ahead(soft: Backend) -> Iterator[Token]:
    token = soft.open(pairs_ahead={KIND: 2})
    yield token
    token.close()


def _ready(token: Token) -> int:
    return token.pairs_ahead()[KIND].ready


def test_pairs_are_made_ahead_from_the_first_request_on(ahead: Token) -> None:
    assert _ready(ahead) == 0
    first = ahead.generate_data_key_pair(KIND)
    wait_until(lambda: _ready(ahead) == 2, 60)
    more = [ahead.generate_data_key_pair(KIND) for _ in range(3)]
    assert len({pair.public_key for pair in (first, *more)}) == 4
    figures = ahead.pairs_ahead()[KIND]
    assert figures.hits >= 2
    assert figures.misses >= 1
    assert ahead.objects() == ()


def test_a_kind_that_is_used_up_fast_starves_no_other(soft: Backend) -> None:
    token = soft.open(pairs_ahead={KIND: 2, KeyKind.RSA_3072: 1})
    try:
        token.generate_data_key_pair(KeyKind.RSA_3072)

        def is_filled() -> bool:
            token.generate_data_key_pair(KIND)
            return token.pairs_ahead()[KeyKind.RSA_3072].ready == 1

        wait_until(is_filled, 60)
    finally:
        token.close()


def test_waiting_pairs_do_not_hinder_recovery(soft: Backend, ahead: Token) -> None:
    ahead.generate_data_key_pair(KIND)
    wait_until(lambda: _ready(ahead) == 2, 60)
    soft.tokens.rename(soft.directory / "away")
    assert not ahead.heartbeat()
    with pytest.raises(TokenUnavailable):
        ahead.generate_data_key_pair(KIND)
    shutil.move(soft.directory / "away", soft.tokens)
    wait_until(lambda: ahead.state is TokenState.UP)
    assert ahead.generate_data_key_pair(KIND).private_key


def test_a_token_with_few_sessions_keeps_none_for_pairs(soft: Backend) -> None:
    profile = soft.profile.with_overrides(max_sessions=4)
    token = Backend("softhsm2", profile, soft.directory).open(pairs_ahead={KIND: 2})
    try:
        assert token.generate_data_key_pair(KIND).private_key
        assert token.pairs_ahead() == {}
    finally:
        token.close()
