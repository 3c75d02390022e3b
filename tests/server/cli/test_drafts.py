"""What killed processes leave beside a deployment that they were making, and who removes it."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.server.cli.conftest import STRONGROOMD, clean_environment, run

Start = Callable[[], tuple[subprocess.Popen[bytes], Path]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts an init that waits in the middle, for a profile that never comes; gives it and its draft."""
    started: list[subprocess.Popen[bytes]] = []
    profile = tmp_path / "profile.toml"
    os.mkfifo(profile)
    options = ("--token-profile", str(profile), "--token-label", "x", "--pin", "env:PIN")

    def start() -> tuple[subprocess.Popen[bytes], Path]:
        before = set(_drafts(tmp_path))
        process = subprocess.Popen(
            [*STRONGROOMD, "init", "--dir", str(tmp_path / "dev"), *options],
            env=clean_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started.append(process)
        while not (begun := [one for one in _drafts(tmp_path) if one not in before]):
            assert process.poll() is None
            time.sleep(0.01)
        return process, begun[0]

    yield start
    for process in started:
        process.kill()
        process.wait(timeout=60)
    profile.unlink()


def _drafts(directory: Path) -> list[Path]:
    return [path.parent for path in directory.glob(".dev.draft-*/strongroom.toml")]


def test_the_next_init_removes_the_draft_of_a_killed_one(tmp_path: Path, start: Start) -> None:
    process, draft = start()
    process.kill()
    process.wait(timeout=60)
    assert draft.is_dir()
    assert run("init", "--dir", tmp_path / "dev").code == 0
    assert not draft.exists()
    assert {path.name for path in tmp_path.iterdir()} == {"dev", "profile.toml"}


def test_a_draft_that_is_being_filled_is_left_alone(tmp_path: Path, start: Start) -> None:
    process, draft = start()
    assert run("init", "--dir", tmp_path / "dev").code == 0
    assert process.poll() is None
    assert (draft / "strongroom.toml").is_file()
    process.terminate()
    process.wait(timeout=60)
    assert not draft.exists()
    assert (tmp_path / "dev" / "strongroom.toml").is_file()


def test_of_several_drafts_only_the_abandoned_are_removed(tmp_path: Path, start: Start) -> None:
    killed, abandoned = start()
    killed.kill()
    killed.wait(timeout=60)
    _, kept = start()
    assert not abandoned.exists()
    assert run("init", "--dir", tmp_path / "dev").code == 0
    assert kept.is_dir()


@pytest.mark.parametrize("name", [".dev.draft-mine", ".other.draft-abcdefgh"])
def test_what_is_no_draft_of_this_place_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "notes").write_text("mine")
    assert run("init", "--dir", tmp_path / "dev").code == 0
    assert (tmp_path / name / "notes").read_text() == "mine"


def test_a_link_by_a_draft_s_name_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "strongroom.toml").touch()
    (tmp_path / ".dev.draft-link").symlink_to(tmp_path / "elsewhere")
    assert run("init", "--dir", tmp_path / "dev").code == 0
    assert (tmp_path / "elsewhere" / "strongroom.toml").is_file()
