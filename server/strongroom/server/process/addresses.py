"""The address that the workers share."""

import socket
from contextlib import suppress


def require_free(listen: str) -> None:
    """Returns if nobody listens at an address: workers share it, and would share it with a stranger too.

    Raises:
        OSError: somebody does, or it isn't this machine's.
    """
    host, _, port = listen.rpartition(":")
    with suppress(socket.gaierror):  # the workers will say so
        found = socket.getaddrinfo(
            host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for family, kind, protocol, _, address in found:
            with socket.socket(family, kind, protocol) as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                _bind(sock, address, listen)


def _bind(sock: socket.socket, address: object, listen: str) -> None:
    try:
        sock.bind(address)  # type: ignore[arg-type] # as getaddrinfo gave it
    except OSError as error:
        raise OSError(f"Can't listen on {listen}: {error.strerror}.") from None
