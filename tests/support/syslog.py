"""A receiver of syslog messages, over TCP or TLS, in a thread."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class SyslogReceiver:
    """Collects messages by their length (RFC 6587 §3.4.1)."""

    def __init__(self, port: int = 0, context: ssl.SSLContext | None = None) -> None:
        self.messages: list[bytes] = []
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", port), reuse_port=False)
        self._open: list[socket.socket] = []
        self.port = int(self._listening.getsockname()[1])
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def close(self) -> None:
        """Is away, and leaves its connections."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                found, _ = self._listening.accept()
            except OSError:
                break
            self._open.append(found)
            threading.Thread(target=self._read, args=(found,), daemon=True).start()
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _read(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError):
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            with connection.makefile("rb") as file:
                while length := _number(file):
                    self.messages.append(file.read(length))


def _number(file: object) -> int:
    digits = b""
    while (one := file.read(1)) not in {b" ", b""}:  # type: ignore[attr-defined] # a file of bytes
        digits += one
    return int(digits or b"0")


@contextmanager
def receiving(port: int = 0, context: ssl.SSLContext | None = None) -> Iterator[SyslogReceiver]:
    receiver = SyslogReceiver(port, context)
    try:
        yield receiver
    finally:
        receiver.close()
