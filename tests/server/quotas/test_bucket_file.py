"""The file that holds the buckets."""

import os
from pathlib import Path

import pytest

from strongroom.server.core.gcra import Limit
from strongroom.server.quotas.bucket_file import BucketFile, BucketsFull, bucket_name

LIMIT = Limit(1, 3)
NAME = bucket_name("111122223333", "symmetric")


def in_one_set(count: int) -> list[bytes]:
    """Names of buckets that share a set."""
    return [bytes([7]) + number.to_bytes(15) for number in range(1, count + 1)]


def test_a_bucket_is_the_same_for_all_who_open_the_file(tmp_path: Path) -> None:
    one, other = (BucketFile(tmp_path / "run" / "quotas", lambda: 100.0) for _ in range(2))
    assert one.take(NAME, LIMIT, 2).permits == 2
    assert other.take(NAME, LIMIT, 2).permits == 1
    assert one.take(NAME, LIMIT, 1).permits == 0


def test_buckets_have_nothing_to_do_with_each_other(tmp_path: Path) -> None:
    file = BucketFile(tmp_path / "quotas", lambda: 100.0)
    assert file.take(NAME, LIMIT, 9).permits == 3
    for other in (bucket_name("111122223333", "rsa"), bucket_name("444455556666", "symmetric")):
        assert file.take(other, LIMIT, 9).permits == 3


@pytest.mark.parametrize("content", [b"", b"x", b"someone's notes" * 100, os.urandom(200_000)])
def test_a_file_that_is_not_ours_is_made_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "quotas"
    path.write_bytes(content)
    file = BucketFile(path, lambda: 100.0)
    assert file.take(NAME, LIMIT, 9).permits == 3
    assert path.read_bytes().startswith(b"strongroom quotas 1\n")


def test_a_file_of_an_earlier_boot_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "quotas"
    BucketFile(path, lambda: 1e6).take(NAME, LIMIT, 9)
    content = bytearray(path.read_bytes())
    content[20:30] = b"0123456789"
    path.write_bytes(content)
    assert BucketFile(path, lambda: 100.0).take(NAME, LIMIT, 9).permits == 3


def test_a_file_that_is_cut_under_way_is_full_again(tmp_path: Path) -> None:
    file = BucketFile(tmp_path / "quotas", lambda: 100.0)
    file.take(NAME, LIMIT, 9)
    os.truncate(tmp_path / "quotas", 0)
    assert file.take(NAME, LIMIT, 9).permits == 3
    assert file.take(NAME, LIMIT, 9).permits == 0


def test_slots_of_full_buckets_are_used_again(tmp_path: Path) -> None:
    now = [100.0]
    file = BucketFile(tmp_path / "quotas", lambda: now[0])
    names = in_one_set(17)
    for name in names[:16]:
        file.take(name, LIMIT, 1)
    with pytest.raises(BucketsFull):
        file.take(names[16], LIMIT, 1)
    assert file.take(names[15], LIMIT, 9).permits == 2
    now[0] += 1  # all but the last are full again
    assert file.take(names[16], LIMIT, 9).permits == 3
    assert file.take(names[15], LIMIT, 9).permits == 1


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "quotas").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError):
        BucketFile(tmp_path / "quotas")
    assert (tmp_path / "precious").read_text() == "kept"


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    BucketFile(tmp_path / "quotas")
    assert (tmp_path / "quotas").stat().st_mode & 0o777 == 0o600
