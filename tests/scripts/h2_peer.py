"""An HTTP/2 server of a few lines over TLS that answers as a test tells it."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from scripts.bench_parts import h2_frames as h2

SUCCESS = {":status": "200", "grpc-status": "0"}
_MORE = (h2.MAX_WINDOW_BYTES - h2.DEFAULT_WINDOW_BYTES).to_bytes(4, "big")
GREETING = h2.settings({}) + h2.frame(h2.WINDOW_UPDATE, 0, 0, _MORE)


def answer(stream: int, headers: dict[str, str] = SUCCESS) -> bytes:
    """Trailers only."""
    return h2.frame(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, stream, h2.literals(headers))


@dataclass
class Visit:
    """One connection, as the peer has seen it."""

    number: int
    received: int = 0
    streams: list[int] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    pongs: list[bytes] = field(default_factory=list)


Answer = Callable[[Visit, int], bytes | None]


class Peer:
    """Greets every connection, and answers every request with what `respond` gives; None hangs up."""

    def __init__(self, context: ssl.SSLContext, respond: Answer, greeting: bytes = GREETING) -> None:
        self.visits: list[Visit] = []
        self._context, self._respond, self._greeting = context, respond, greeting
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        for thread in self._threads[1:]:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener was shut down
            while True:
                raw, _ = self._listener.accept()
                visit = Visit(len(self.visits))
                self.visits.append(visit)
                thread = threading.Thread(target=self._serve, args=(raw, visit))
                self._threads.append(thread)
                thread.start()

    def _serve(self, raw: socket.socket, visit: Visit) -> None:
        with suppress(OSError), self._context.wrap_socket(raw, server_side=True) as sock:
            sock.sendall(self._greeting)
            buffer = bytearray()
            while data := sock.recv(65536):
                buffer += data
                if visit.received == 0:
                    assert buffer.startswith(h2.PREFACE)
                    del buffer[: len(h2.PREFACE)]
                visit.received += len(data)
                for one in h2.take_frames(buffer):
                    reply = self._on_frame(visit, *one)
                    if reply is None:
                        return
                    sock.sendall(reply)

    def _on_frame(self, visit: Visit, kind: int, flags: int, stream: int, payload: bytes) -> bytes | None:
        if kind == h2.PING:
            visit.pongs.append(payload)
        if kind == h2.DATA:
            visit.bodies.append(payload)
        if kind == h2.DATA and flags & h2.END_STREAM:
            visit.streams.append(stream)
            return self._respond(visit, stream)
        return b""
