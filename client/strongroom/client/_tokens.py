"""Bearer tokens, for services where clients show no certificate."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc

from strongroom.client.errors import ServiceUnavailable

TokenSource = Callable[[], str]
"""Gives the token for the next call; called from threads of gRPC's, and shouldn't take long."""


class TokenFile:
    """A token in a file, read anew when that is replaced, as Kubernetes does with projected tokens.

    Args:
        path: the file.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._lock = threading.Lock()
        self._seen: tuple[int, ...] = ()
        self._token = ""

    def __call__(self) -> str:
        """The token; the old one while the file can't be used, as when it is being written.

        Raises:
            ServiceUnavailable: there was none yet.
        """
        with self._lock:
            try:
                self._follow()
            except ServiceUnavailable:
                if not self._token:
                    raise
            return self._token

    def _follow(self) -> None:
        try:
            self._read_if_replaced()
        except OSError as error:
            raise ServiceUnavailable(f"{self._path} can't be read: {error.strerror}.") from None

    def _read_if_replaced(self) -> None:
        found = self._path.stat()
        seen = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        if seen != self._seen:
            self._token = require_token(self._path.read_text("ascii", "replace"), str(self._path))
            self._seen = seen


def require_token(text: str, origin: str) -> str:
    """The token in a text, without the blanks around it; never in what is raised.

    Raises:
        ServiceUnavailable: there is none.
    """
    token = text.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ServiceUnavailable(f"{origin} holds no token.")
    return token


def call_credentials(source: TokenSource) -> grpc.CallCredentials:
    """Sends the token of a source with every call."""
    return grpc.metadata_call_credentials(_Plugin(source), "strongroom")


class _Plugin(grpc.AuthMetadataPlugin):
    def __init__(self, source: TokenSource) -> None:
        self._source = source

    def __call__(self, context: Any, callback: Any) -> None:  # noqa: ANN401, ARG002 # gRPC's
        try:
            token = require_token(self._source(), "The token's source")
        except Exception as error:  # noqa: BLE001 # whatever it is, the call must end
            callback((), _Failure(type(error).__name__))  # its text may have the token
        else:
            callback((("authorization", f"Bearer {token}"),), None)


class _Failure(Exception):
    """The source failed; says how, without any text of its own."""
