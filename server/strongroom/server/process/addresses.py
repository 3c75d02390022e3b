"""The address that the workers share."""

import socket
import time
from contextlib import suppress

_ORPHANS_END_WITHIN_S = 15.0
_POLL_S = 0.05


def require_free(listen: str, *, wait_s: float = _ORPHANS_END_WITHIN_S) -> None:
    """Returns if nobody listens at an address: workers share it, and would share it with others' workers too.

    Args:
        listen: host:port.
        wait_s: how long somebody who shares it may stay: workers of a supervisor that was killed end soon.

    Raises:
        OSError: somebody listens, or it isn't this machine's address.
    """
    host, _, port = listen.rpartition(":")
    deadline = time.monotonic() + wait_s
    with suppress(socket.gaierror):  # the workers will say so
        found = socket.getaddrinfo(
            host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for family, _, _, _, address in found:
            try:
                _bind(family, address, is_shared=True)
                while not _is_unshared(family, address):
                    if time.monotonic() > deadline:
                        _bind(family, address, is_shared=False)
                    time.sleep(_POLL_S)
            except OSError as error:
                raise OSError(f"Can't listen on {listen}: {error.strerror}.") from None


def _is_unshared(family: socket.AddressFamily, address: object) -> bool:
    try:
        _bind(family, address, is_shared=False)
    except OSError:
        return False
    return True


def _bind(family: socket.AddressFamily, address: object, *, is_shared: bool) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT if is_shared else socket.SO_REUSEADDR, 1)
        sock.bind(address)  # type: ignore[arg-type] # as getaddrinfo gave it
