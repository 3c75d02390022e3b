"""One HTTP/2 connection of the load generator."""

import ssl
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import h2_frames as h2
from hpack import Decoder

_REFILL_AT_BYTES = 2**30
_RECEIVE_BYTES = 16_384  # one TLS record


class ProtocolFailure(Exception):
    """The server did what this client doesn't understand, or closed the connection in the middle."""


@dataclass(frozen=True)
class Requests:
    """What is sent on every stream.

    Args:
        block: the encoded header block.
        bodies: at most 16384 bytes each.
        status_header: what tells success: `grpc-status` or `:status`.
    """

    block: bytes
    bodies: tuple[bytes, ...]
    status_header: str

    def __post_init__(self) -> None:
        if max(map(len, (self.block, *self.bodies))) > h2.MAX_PAYLOAD_BYTES:
            raise ValueError(f"headers and bodies must fit into a frame of {h2.MAX_PAYLOAD_BYTES} bytes")

    def bodies_from(self, index: int) -> Iterator[bytes]:
        """The bodies without end, beginning with one of them."""
        while True:
            yield self.bodies[index % len(self.bodies)]
            index += 1


@dataclass
class Tally:
    """What came of it: latencies in seconds, of failed requests too, and how often each status came."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)


class Connection:
    """Sends requests on streams of one connection and counts the answers.

    Args:
        sock: connected, non-blocking.
        requests: what to send.
        bodies: where to go on in the bodies.
        tally: where to count.
    """

    def __init__(
        self, sock: ssl.SSLSocket, requests: Requests, bodies: Iterator[bytes], tally: Tally
    ) -> None:
        self.socket = sock
        self.bodies = bodies
        self._requests, self._tally = requests, tally
        self._head = len(requests.block).to_bytes(3, "big") + bytes([h2.HEADERS, h2.END_HEADERS])
        self._decoder = Decoder()
        self._blocks: dict[bytes, str] = {}
        self._in, self._out = bytearray(), bytearray()
        self._next = 1
        self._last = h2.MAX_STREAM_ID
        self._max_streams = 0  # until the server says how many it takes
        self._window = h2.DEFAULT_WINDOW_BYTES
        self._received = 0
        self._started: dict[int, float] = {}
        self.waiting: deque[float] = deque()
        self._handlers: dict[int, Callable[[int, int, bytes], None]] = {
            h2.DATA: self._on_data,
            h2.HEADERS: self._on_headers,
            h2.RST_STREAM: self._on_reset,
            h2.SETTINGS: self._on_settings,
            h2.PING: self._on_ping,
            h2.GOAWAY: self._on_goaway,
            h2.WINDOW_UPDATE: self._on_window_update,
        }
        self._out += h2.PREFACE + h2.settings(
            {h2.HEADER_TABLE_SIZE: 0, h2.INITIAL_WINDOW_SIZE: h2.MAX_WINDOW_BYTES}
        )
        self._grant(h2.MAX_WINDOW_BYTES - h2.DEFAULT_WINDOW_BYTES)

    @property
    def under_way(self) -> int:
        """Requests sent or waiting to be sent."""
        return len(self._started) + len(self.waiting)

    @property
    def is_ready(self) -> bool:
        """True when the server has said what it takes."""
        return self._max_streams > 0

    @property
    def is_spent(self) -> bool:
        """True if no further stream may be opened, and none is open."""
        return self._next > self._last and not self._started

    def ask(self, at: float) -> None:
        """Sends one request as soon as the server takes it; its latency counts from `at`."""
        self.waiting.append(at)
        self._send_waiting()

    def _send_waiting(self) -> None:
        while self.waiting and self._next <= self._last and len(self._started) < self._max_streams:
            if self._window < h2.MAX_PAYLOAD_BYTES:
                return
            body = next(self.bodies)
            self._window -= len(body)
            stream = self._next.to_bytes(4, "big")
            self._out += self._head + stream + self._requests.block
            self._out += len(body).to_bytes(3, "big") + b"\x00\x01" + stream + body  # DATA, END_STREAM
            self._started[self._next] = self.waiting.popleft()
            self._next += 2

    def flush(self) -> None:
        """Sends what the socket takes."""
        while self._out:
            try:
                sent = self.socket.send(self._out)
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
                return
            del self._out[:sent]

    def receive(self) -> int:
        """Reads what is there; gives the number of finished requests."""
        before = len(self._tally.latencies)
        is_open = self._read()
        for kind, flags, stream, payload in h2.take_frames(self._in):
            handle = self._handlers.get(kind)
            if handle is not None:  # RFC 9113 §5.5: unknown kinds are ignored
                handle(flags, stream, payload)
        if not is_open and not self.is_spent:
            raise ProtocolFailure("the server closed the connection")
        return len(self._tally.latencies) - before

    def _read(self) -> bool:
        """Takes what has arrived; False at the end of the connection."""
        while True:
            try:
                data = self.socket.recv(_RECEIVE_BYTES)
            except ssl.SSLWantReadError:
                return True
            self._in += data
            if not data or not self.socket.pending():
                # What comes later wakes the selector; one more recv would cost an exception.
                return bool(data)

    def _on_headers(self, flags: int, stream: int, block: bytes) -> None:
        if flags & (h2.PADDED | h2.PRIORITY) or not flags & h2.END_HEADERS:
            raise ProtocolFailure("padded, prioritised or split headers aren't understood")
        status = self._blocks.get(block)
        if status is None:
            status = self._blocks[block] = self._decode(block)
        if status:
            self._tally.statuses[status] += 1
        if flags & h2.END_STREAM:
            self._finish(stream)

    def _decode(self, block: bytes) -> str:
        """The status in a block, or "": with a table of size 0 a block means the same wherever it comes."""
        for name, value in self._decoder.decode(block):
            if _text(name) == self._requests.status_header:
                return _text(value)
        return ""

    def _on_data(self, flags: int, stream: int, payload: bytes) -> None:
        self._received += len(payload)
        if self._received > _REFILL_AT_BYTES:
            self._grant(self._received)
            self._received = 0
        if flags & h2.END_STREAM:
            self._finish(stream)

    def _on_reset(self, flags: int, stream: int, payload: bytes) -> None:  # noqa: ARG002
        if stream in self._started:
            self._tally.statuses[f"RST_STREAM {int.from_bytes(payload, 'big')}"] += 1
            self._finish(stream)

    def _finish(self, stream: int) -> None:
        self._tally.latencies.append(time.perf_counter() - self._started.pop(stream))
        if self.waiting:
            self._send_waiting()

    def _on_settings(self, flags: int, stream: int, payload: bytes) -> None:  # noqa: ARG002
        if flags & h2.ACK:
            return
        values = h2.read_settings(payload)
        self._max_streams = values.get(h2.MAX_CONCURRENT_STREAMS, self._max_streams or h2.MAX_STREAM_ID)
        if values.get(h2.INITIAL_WINDOW_SIZE, h2.MAX_PAYLOAD_BYTES) < max(map(len, self._requests.bodies)):
            raise ProtocolFailure("the server's streams take less than one body")
        self._out += h2.frame(h2.SETTINGS, h2.ACK, 0, b"")
        self._send_waiting()

    def _on_ping(self, flags: int, stream: int, payload: bytes) -> None:
        if not flags & h2.ACK:
            self._out += h2.frame(h2.PING, h2.ACK, stream, payload)

    def _on_goaway(self, flags: int, stream: int, payload: bytes) -> None:  # noqa: ARG002
        """What the server won't answer any more waits for the next connection (RFC 9113 §6.8)."""
        last = int.from_bytes(payload[:4], "big")
        self._last = min(last, self._next - 1)
        for refused in [number for number in self._started if number > last]:
            self.waiting.append(self._started.pop(refused))

    def _on_window_update(self, flags: int, stream: int, payload: bytes) -> None:  # noqa: ARG002
        if stream == 0:
            self._window += int.from_bytes(payload, "big")
            self._send_waiting()

    def _grant(self, count: int) -> None:
        self._out += h2.frame(h2.WINDOW_UPDATE, 0, 0, count.to_bytes(4, "big"))


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
