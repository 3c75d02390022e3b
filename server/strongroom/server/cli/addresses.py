"""Where to reach a service by the address that it listens on."""

from collections.abc import Mapping

_ANY: Mapping[str, str] = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 # only looked up


def reachable(listen: str) -> tuple[str, int]:
    """Host and port to call; this machine's own for a service that listens on all addresses."""
    host, _, port = listen.rpartition(":")
    return _ANY.get(host, host), int(port)
