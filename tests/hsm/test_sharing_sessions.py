"""Many calls in one session: who waits for a session isn't kept waiting by them."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from strongroom.hsm import CallKind, MaterialId, MaterialRef, Token, TokenCall
from tests.hsm.backends import AES, Backend

STEP_S = 0.02
STEPS = 100


@pytest.fixture
def narrow(soft: Backend) -> Iterator[Token]:
    """A token with one session for calls beside the one that logs in."""
    profile = soft.profile.with_overrides(max_sessions=2)
    token = Backend("softhsm2", profile, soft.directory).open()
    yield token
    token.close()


@pytest.fixture
def ref(narrow: Token) -> MaterialRef:
    made = narrow.generate(MaterialId(bytes(16)), "strongroom/test/shared", *AES)
    narrow.use(narrow.encryption(made, b"warm", b""))
    return made


def _slowly(session: Any, handle: int) -> int:
    time.sleep(STEP_S)
    return handle


def test_who_waits_for_a_session_is_given_it_before_the_rest_is_done(narrow: Token, ref: MaterialRef) -> None:
    done: list[int] = []
    slow = [TokenCall(ref, CallKind.SIGN, _slowly, ())] * STEPS
    many = threading.Thread(target=lambda: done.extend(narrow.use_each(slow)))
    many.start()
    time.sleep(3 * STEP_S)
    assert narrow.use(narrow.encryption(ref, b"x", b""))
    assert many.is_alive()
    many.join()
    assert len(done) == STEPS


def test_several_who_wait_are_all_served(narrow: Token, ref: MaterialRef) -> None:
    answers: list[object] = []

    def use() -> None:
        answers.extend(narrow.use(narrow.encryption(ref, b"x", b"")) for _ in range(20))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 160
