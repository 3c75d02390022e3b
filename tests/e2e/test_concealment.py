"""What other processes of the service's user see of its processes."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deployments import Deployment, Service

# Root may read everything. Without capabilities it is a user like others.
_AS_A_USER = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else ()
_SECRET_FILES = ("environ", "mem", "maps")


@pytest.fixture
def pids(own_deployment: Deployment) -> Iterator[dict[str, int]]:
    with own_deployment.served(prefix=_AS_A_USER) as service:
        yield _pids(service)


def _pids(service: Service) -> dict[str, int]:
    return {"supervisor": service.process.pid, **service.children()}


def _can_open(pid: int, file: str) -> bool:
    program = [*_AS_A_USER, "sh", "-c", f"exec 3< /proc/{pid}/{file}"]
    return subprocess.run(program, check=False, stderr=subprocess.DEVNULL).returncode == 0


def test_no_other_process_reads_memory_and_environment(pids: dict[str, int]) -> None:
    assert set(pids) == {"supervisor", "worker-0", "housekeeper"}
    for pid in pids.values():
        assert not any(_can_open(pid, file) for file in _SECRET_FILES)
        assert _can_open(pid, "status")


def test_nothing_leaves_a_core(pids: dict[str, int]) -> None:
    for pid in pids.values():
        listed = subprocess.run(
            ["prlimit", "--core", "--raw", "--noheadings", "--output=SOFT,HARD", f"--pid={pid}"],
            check=True,
            capture_output=True,
            text=True,
        )
        assert listed.stdout.split() == ["0", "0"]


def test_a_developer_may_look_inside(own_deployment: Deployment) -> None:
    own_deployment.replace_config("[server]\n", "[server]\ntraceable = true\n")
    with own_deployment.served(prefix=_AS_A_USER) as service:
        for pid in _pids(service).values():
            assert all(_can_open(pid, file) for file in _SECRET_FILES if file != "mem")  # Yama may keep that


_LISTS_WHAT_IS_IMPORTED_IN_THE_OPEN = """
import ctypes, os, sys
libc = ctypes.CDLL(None)
log = os.open(os.path.join(os.environ["IMPORTED"], str(os.getpid())), os.O_WRONLY | os.O_CREAT)
def look(event, arguments):
    if event == "import" and libc.prctl(3, 0, 0, 0, 0) == 1:  # PR_GET_DUMPABLE
        if arguments[0].partition(".")[0] not in sys.stdlib_module_names:
            os.write(log, arguments[0].encode() + b" ")
sys.addaudithook(look)
"""
_PACKAGES = {"strongroom", "strongroom.server", "strongroom.server.process"}
_OF_CHILDREN = _PACKAGES | {"strongroom.server.process.limits", "strongroom.server.process.__main__"}
_OF_COMMANDS = _PACKAGES | {"strongroom.server.process.limits", "strongroom.server.cli"}


def test_processes_are_closed_before_they_import_anything_large(
    own_deployment: Deployment, tmp_path: Path
) -> None:
    hooks, imported = tmp_path / "hooks", tmp_path / "imported"
    hooks.mkdir()
    imported.mkdir()
    (hooks / "sitecustomize.py").write_text(_LISTS_WHAT_IS_IMPORTED_IN_THE_OPEN)
    variables = {"PYTHONPATH": str(hooks), "IMPORTED": str(imported)}
    with own_deployment.served(variables=variables) as service:
        for name, pid in _pids(service).items():
            early = set((imported / str(pid)).read_text().split())
            assert "strongroom.server.process.limits" in early
            assert early <= (_OF_COMMANDS if name == "supervisor" else _OF_CHILDREN)
