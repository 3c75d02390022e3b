"""Files are read again when they are replaced, in whatever way; what can't be used leaves the old."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from strongroom.server.config.tls_files import FileUnusable
from strongroom.server.config.watched_files import WatchedFiles


class Pair:
    """Two files that must say the same."""

    def __init__(self, directory: Path) -> None:
        self.one, self.other = directory / "one", directory / "other"
        self.write("first")
        self.reads = 0
        self.told: list[str] = []
        self.watched = WatchedFiles("pair", (self.one, self.other), self._read)
        self.watched.on_change(self.told.append)

    def write(self, text: str) -> None:
        self.one.write_text(text)
        self.other.write_text(text)

    def _read(self) -> str:
        self.reads += 1
        try:
            texts = {self.one.read_text(), self.other.read_text()}
        except OSError:
            raise FileUnusable("gone") from None
        if len(texts) != 1:
            raise FileUnusable("they don't fit")
        return texts.pop()


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def test_what_is_unchanged_is_not_read(pair: Pair) -> None:
    pair.watched.look()
    assert (pair.reads, pair.told) == (1, [])
    pair.watched.look(in_any_case=True)
    assert (pair.reads, pair.told) == (2, ["first"])


def _in_place(path: Path) -> None:
    path.write_text("later")


def _renamed(path: Path) -> None:
    path.with_suffix(".new").write_text("later")
    path.with_suffix(".new").rename(path)


def _as_old_as_before(path: Path) -> None:
    before = path.stat()
    path.write_text("later")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("replace", [_in_place, _renamed, _as_old_as_before])
def test_a_replaced_pair_is_read(pair: Pair, replace: Callable[[Path], None]) -> None:
    replace(pair.one)
    replace(pair.other)
    pair.watched.look()
    assert (pair.watched.value, pair.told) == ("later", ["later"])


def test_half_a_pair_leaves_the_old_until_its_partner_comes(
    pair: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    pair.one.write_text("second")
    for _ in range(3):
        pair.watched.look()
    assert (pair.watched.value, pair.told) == ("first", [])
    assert capsys.readouterr().out.count("not reloaded") == 1
    pair.other.write_text("second")
    pair.watched.look()
    assert (pair.watched.value, pair.told) == ("second", ["second"])


def test_a_file_that_is_away_leaves_the_old(pair: Pair) -> None:
    pair.one.unlink()
    pair.watched.look()
    assert pair.watched.value == "first"
    pair.write("second")
    pair.watched.look()
    assert pair.watched.value == "second"


def test_a_swapped_link_is_a_replaced_file(tmp_path: Path) -> None:
    """As Kubernetes swaps a volume: the path stays, a directory's link on the way to it changes."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "token").write_text(name)
    data, path = tmp_path / "..data", tmp_path / "..data" / "token"
    data.symlink_to("first")
    watched = WatchedFiles("token", (path,), path.read_text)
    (tmp_path / "..new").symlink_to("second")
    (tmp_path / "..new").rename(data)
    watched.look()
    assert watched.value == "second"


def test_what_cannot_be_used_at_first_cannot_be_watched(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        WatchedFiles("gone", (tmp_path / "gone",), (tmp_path / "gone").read_bytes)
