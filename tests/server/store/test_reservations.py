"""Encryptions are counted in blocks: no two workers ever get the same one, and none beyond the limit."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from strongroom.server.store import EncryptionsExhausted, NoSuchKey, Reservation, Store
from tests.server.store.samples import create, material_id

_RESERVE = """
import sys
from strongroom.server.store import EncryptionsExhausted, Store
store = Store.open(sys.argv[1], busy_timeout_s=60)
while True:
    try:
        got = store.reserve_encryptions(bytes.fromhex(sys.argv[2]), 7, limit=1000)
    except EncryptionsExhausted:
        break
    print(got.start, got.count)
"""


def _assert_disjoint_and_whole(taken: list[Reservation], limit: int) -> None:
    taken.sort(key=lambda reservation: reservation.start)
    assert taken[0].start == 0
    for left, right in pairwise(taken):
        assert left.start + left.count == right.start
    assert taken[-1].start + taken[-1].count == limit


def test_encryptions_are_reserved_up_to_the_limit(store: Store) -> None:
    create(store)
    assert store.reserve_encryptions(material_id(1), 60, limit=100) == Reservation(0, 60)
    assert store.reserve_encryptions(material_id(1), 60, limit=100) == Reservation(60, 40)
    with pytest.raises(EncryptionsExhausted):
        store.reserve_encryptions(material_id(1), 1, limit=100)
    with pytest.raises(NoSuchKey):
        store.reserve_encryptions(material_id(2), 1, limit=100)


def test_the_limit_of_nist_is_counted_exactly(store: Store) -> None:
    create(store)
    assert store.reserve_encryptions(material_id(1), 2**32 - 1, limit=2**32).count == 2**32 - 1
    assert store.reserve_encryptions(material_id(1), 1000, limit=2**32) == Reservation(2**32 - 1, 1)
    with pytest.raises(EncryptionsExhausted):
        store.reserve_encryptions(material_id(1), 1, limit=2**32)


def test_threads_never_get_the_same_encryptions(store: Store) -> None:
    create(store)

    def reserve(_worker: int) -> list[Reservation]:
        got = []
        while True:
            try:
                got.append(store.reserve_encryptions(material_id(1), 3, limit=200))
            except EncryptionsExhausted:
                return got

    with ThreadPoolExecutor(4) as pool:
        taken = [reservation for share in pool.map(reserve, range(4)) for reservation in share]
    _assert_disjoint_and_whole(taken, 200)


def test_processes_never_get_the_same_encryptions(store: Store, url: str) -> None:
    create(store)
    command = [sys.executable, "-c", _RESERVE, url, material_id(1).hex()]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    taken = []
    for process in processes:
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        taken += [Reservation(*map(int, line.split())) for line in out.splitlines()]
    _assert_disjoint_and_whole(taken, 1000)
