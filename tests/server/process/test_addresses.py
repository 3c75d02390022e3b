"""An address that somebody uses is refused, at once if it isn't shared."""

import socket
import threading

import pytest

from strongroom.server.process.addresses import require_free


def _listening(option: int) -> tuple[socket.socket, str]:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, option, 1)
    sock.bind(("127.0.0.1", 0))
    sock.listen()
    return sock, f"127.0.0.1:{sock.getsockname()[1]}"


def test_a_free_address_is_free() -> None:
    sock, address = _listening(socket.SO_REUSEADDR)
    sock.close()
    require_free(address)


@pytest.mark.parametrize("option", [socket.SO_REUSEADDR, socket.SO_REUSEPORT])
def test_an_address_in_use_is_refused(option: int) -> None:
    sock, address = _listening(option)
    with sock, pytest.raises(OSError, match=address):
        require_free(address, wait_s=0.2)


def test_workers_that_are_about_to_end_are_waited_for() -> None:
    sock, address = _listening(socket.SO_REUSEPORT)
    ending = threading.Timer(0.3, sock.close)
    ending.start()
    require_free(address)
    assert sock.fileno() == -1
    ending.join()


def test_another_machines_address_is_refused() -> None:
    with pytest.raises(OSError, match=r"192\.0\.2\.1"):
        require_free("192.0.2.1:1", wait_s=0.2)
