"""What other processes make on the token is seen, whatever this one does meanwhile."""

import multiprocessing
from dataclasses import replace
from typing import Any

from strongroom.hsm import MaterialId, MaterialRef, Token
from tests.hsm.backends import AES, Backend

LABEL = "strongroom/test/key"


def _id(number: int) -> MaterialId:
    return MaterialId(bytes([number]) * 16)


def _make(backend: Backend, numbers: list[int]) -> None:
    token = backend.open()
    for number in numbers:
        token.generate(_id(number), LABEL, *AES)
    token.close()


def _elsewhere(backend: Backend, numbers: list[int]) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_make, args=(backend, numbers))
    process.start()
    process.join()
    assert process.exitcode == 0


def _seen(token: Token) -> set[int]:
    return {found.material_id[0] for found in token.objects()}


def test_what_others_made_before_our_own_key_is_seen(soft: Backend) -> None:
    token = soft.open()
    try:
        _elsewhere(soft, [1])
        token.generate(_id(2), LABEL, *AES)
        assert _seen(token) == {1, 2}
        _elsewhere(soft, [3])
        token.destroy(_id(2), LABEL)
        assert _seen(token) == {1, 3}
    finally:
        token.close()


def test_processes_that_make_keys_at_once_see_all_of_them(soft: Backend) -> None:
    token = soft.open()
    try:
        context = multiprocessing.get_context("spawn")
        others = [
            context.Process(target=_make, args=(soft, list(range(start, start + 20)))) for start in (100, 200)
        ]
        for process in others:
            process.start()
        for number in range(1, 21):
            token.generate(_id(number), LABEL, *AES)
        for process in others:
            process.join()
        expected = {*range(1, 21), *range(100, 120), *range(200, 220)}
        assert _seen(token) == expected
    finally:
        token.close()


def test_one_search_learns_all_that_others_made(soft: Backend) -> None:
    token, other = soft.open(), multiprocessing.get_context("spawn")
    receiver, sender = other.Pipe(duplex=False)
    try:
        process = other.Process(target=_tell, args=(soft, list(range(1, 6)), sender))
        process.start()
        refs: list[MaterialRef] = receiver.recv()
        process.join()
        assert all(map(token.exists, refs))
        connection = token._link.current()
        connection.handles.clear()
        assert token.exists(refs[0])
        assert {ref.material_id for ref in refs[1:]} <= set(connection.candidates)
        assert all(map(token.exists, refs))
    finally:
        token.close()


def _tell(backend: Backend, numbers: list[int], sender: Any) -> None:
    token = backend.open()
    sender.send([token.generate(_id(number), LABEL, *AES) for number in numbers])
    token.close()


def test_a_search_for_a_key_of_the_service_learns_the_others_too(soft: Backend) -> None:
    token, other = soft.open(), multiprocessing.get_context("spawn")
    receiver, sender = other.Pipe(duplex=False)
    try:
        process = other.Process(target=_tell, args=(soft, [1, 2], sender))
        process.start()
        refs: list[MaterialRef] = receiver.recv()
        process.join()
        assert not token.exists(replace(refs[0], label="strongroom/test/system/key"))
        assert refs[1].material_id in token._link.current().candidates
        assert all(map(token.exists, refs))
    finally:
        token.close()
