"""systemd is told how the service is, where it wants to be."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from strongroom.server.process.notifications import ServiceManager


@pytest.fixture
def manager(tmp_path: Path) -> socket.socket:
    """Where systemd would listen."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(str(tmp_path / "notify"))
    sock.settimeout(10)
    return sock


def _told(sock: socket.socket) -> list[str]:
    return sock.recv(4096).decode().split("\n")


def test_it_is_told_what_happens(manager: socket.socket) -> None:
    with manager:
        service = ServiceManager({"NOTIFY_SOCKET": manager.getsockname()})
        service.say_ready("Serving")
        assert _told(manager) == ["READY=1", "STATUS=Serving"]
        service.say_reloading()
        reloading, when = _told(manager)
        assert (reloading, when.partition("=")[0]) == ("RELOADING=1", "MONOTONIC_USEC")
        service.say_stopping()
        assert _told(manager)[0] == "STOPPING=1"


def test_a_socket_may_have_an_abstract_name() -> None:
    name = f"strongroom-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(f"\0{name}")
        sock.settimeout(10)
        ServiceManager({"NOTIFY_SOCKET": f"@{name}"}).say_ready("Serving")
        assert _told(sock)[0] == "READY=1"


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": "/nowhere/notify"}])
def test_nobody_to_tell_is_no_error(environment: dict[str, str]) -> None:
    ServiceManager(environment).say_ready("Serving")


async def test_signs_of_life_are_given_three_times_an_interval(manager: socket.socket) -> None:
    environment = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "30000"}
    with manager:
        service = ServiceManager(environment)
        assert service.watchdog_s == pytest.approx(0.01)
        alive = asyncio.create_task(service.keep_alive())
        for _ in range(3):
            assert await asyncio.to_thread(_told, manager) == ["WATCHDOG=1"]
        alive.cancel()


async def test_another_process_watchdog_is_not_ours() -> None:
    service = ServiceManager({"WATCHDOG_USEC": "30000", "WATCHDOG_PID": str(os.getppid())})
    assert service.watchdog_s == 0
    await service.keep_alive()
