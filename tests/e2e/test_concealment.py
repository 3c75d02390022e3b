"""What other processes of the service's user see of its processes."""

import os
import subprocess
from collections.abc import Iterator

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
