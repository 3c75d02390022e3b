"""A small HTTP/2 load generator over mutual TLS: cheaper for each request than any server it measures.

Run as a program: reads one JSON object from standard input (see `Load`), writes one JSON object. Frames are
prebuilt and only stream ids change; SETTINGS_HEADER_TABLE_SIZE=0 makes response header blocks stateless, so
that each distinct block is decoded once. Frame formats: RFC 9113 §4 and §6; header encoding: RFC 7541 §6.2.
"""

import base64
import json
import resource
import selectors
import socket
import ssl
import struct
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import cycle

from hpack import Decoder

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE = 0, 1, 4, 6, 7, 8
_ACK = _END_STREAM = 0x1
_END_HEADERS = 0x4
_MAX_WINDOW = 2**31 - 1
_DEFAULT_WINDOW = 65_535
_REFILL_AT = 2**30
_MAX_STREAM_ID = 2**31 - 1000
_RECEIVE_BYTES = 1 << 20


@dataclass
class Load:
    """What to send.

    Args:
        port: on 127.0.0.1.
        ca: path of the PEM of the server's authority.
        certificate: path of the client's PEM, or None.
        key: path of its key.
        path: the request's path.
        headers: further request headers.
        bodies: base64 of request bodies, sent in turn.
        status_header: what tells success: `grpc-status` or `:status`.
        success: its value on success.
        connections: how many connections.
        streams: how many requests are under way on each.
        seconds: for how long.
        rate: requests a second, or 0 for as many as go.
    """

    port: int
    ca: str
    certificate: str | None
    key: str | None
    path: str
    headers: dict[str, str]
    bodies: list[str]
    status_header: str
    success: str
    connections: int = 4
    streams: int = 16
    seconds: float = 3.0
    rate: float = 0.0


@dataclass
class Tally:
    """What came of it."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)


def literal(name: bytes, value: bytes) -> bytes:
    """One header, literal without indexing and without Huffman coding."""
    return b"\x00" + _prefixed(name) + _prefixed(value)


def _prefixed(text: bytes) -> bytes:
    length, limit = len(text), 127
    if length < limit:
        return bytes([length]) + text
    rest, out = length - limit, bytearray([limit])
    while rest >= 128:  # noqa: PLR2004 # RFC 7541 §5.1
        out.append(rest % 128 + 128)
        rest //= 128
    return bytes(out) + bytes([rest]) + text


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """One frame."""
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


class Connection:
    """One HTTP/2 connection."""

    def __init__(self, load: Load, tally: Tally) -> None:
        self._load, self._tally = load, tally
        self._bodies = cycle([base64.b64decode(body) for body in load.bodies])
        headers = {":method": "POST", ":scheme": "https", ":path": load.path, ":authority": "localhost"}
        block = b"".join(literal(k.encode(), v.encode()) for k, v in {**headers, **load.headers}.items())
        self._headers_tail = block
        self._headers_head = len(block).to_bytes(3) + bytes([_HEADERS, _END_HEADERS])
        self._decoder = Decoder()
        self._blocks: dict[bytes, str] = {}
        self._in = bytearray()
        self._out = bytearray()
        self._next = 1
        self._window = _DEFAULT_WINDOW
        self._received = 0
        self._started: dict[int, float] = {}
        self._waiting: deque[float] = deque()
        self.socket = self._connect()
        settings = struct.pack(">HIHI", 1, 0, 4, _MAX_WINDOW)
        self._out += _PREFACE + frame(_SETTINGS, 0, 0, settings)
        self._out += frame(_WINDOW_UPDATE, 0, 0, (_MAX_WINDOW - _DEFAULT_WINDOW).to_bytes(4))

    def _connect(self) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=self._load.ca)
        context.check_hostname = False
        context.set_alpn_protocols(["h2"])
        if self._load.certificate:
            context.load_cert_chain(self._load.certificate, self._load.key)
        raw = socket.create_connection(("127.0.0.1", self._load.port))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wrapped = context.wrap_socket(raw, server_hostname="localhost")
        wrapped.setblocking(False)
        return wrapped

    @property
    def under_way(self) -> int:
        """Requests sent or waiting to be sent."""
        return len(self._started) + len(self._waiting)

    def ask(self, at: float) -> None:
        """Sends one request; its latency counts from `at`."""
        self._waiting.append(at)
        while self._waiting and self._next < _MAX_STREAM_ID:
            body = next(self._bodies)
            if len(body) > self._window:
                return
            self._window -= len(body)
            stream = self._next.to_bytes(4)
            self._out += self._headers_head + stream + self._headers_tail
            self._out += len(body).to_bytes(3) + b"\x00\x01" + stream + body
            self._started[self._next] = self._waiting.popleft()
            self._next += 2

    def flush(self) -> None:
        """Sends what can be sent."""
        while self._out:
            try:
                sent = self.socket.send(self._out)
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError, BlockingIOError):
                return
            del self._out[:sent]

    def receive(self) -> int:
        """Reads what is there; gives the number of finished requests."""
        finished = 0
        while True:
            try:
                data = self.socket.recv(_RECEIVE_BYTES)
            except (ssl.SSLWantReadError, BlockingIOError):
                return finished
            if not data:
                raise ConnectionError("the server closed the connection")
            self._in += data
            finished += self._parse()

    def _parse(self) -> int:
        buffer, at, finished, end = self._in, 0, 0, len(self._in)
        while end - at >= 9:  # noqa: PLR2004 # a frame's header
            length = buffer[at] << 16 | buffer[at + 1] << 8 | buffer[at + 2]
            if end - at < 9 + length:
                break
            kind, flags = buffer[at + 3], buffer[at + 4]
            stream = int.from_bytes(buffer[at + 5 : at + 9])
            payload = bytes(buffer[at + 9 : at + 9 + length])
            at += 9 + length
            finished += self._handle(kind, flags, stream, payload)
        del buffer[:at]
        return finished

    def _handle(self, kind: int, flags: int, stream: int, payload: bytes) -> int:
        if kind == _HEADERS:
            status = self._status(payload)
            if status:
                self._tally.statuses[status] += 1
        elif kind == _DATA:
            self._count_received(len(payload))
        elif kind == _WINDOW_UPDATE and stream == 0:
            self._window += int.from_bytes(payload)
        elif kind == _SETTINGS and not flags & _ACK:
            self._out += frame(_SETTINGS, _ACK, 0, b"")
        elif kind == _PING and not flags & _ACK:
            self._out += frame(_PING, _ACK, 0, payload)
        elif kind == _GOAWAY:
            raise ConnectionError("the server said GOAWAY")
        if kind in {_HEADERS, _DATA} and flags & _END_STREAM:
            self._tally.latencies.append(time.perf_counter() - self._started.pop(stream))
            return 1
        return 0

    def _count_received(self, length: int) -> None:
        self._received += length
        if self._received > _REFILL_AT:
            self._out += frame(_WINDOW_UPDATE, 0, 0, self._received.to_bytes(4))
            self._received = 0

    def _status(self, block: bytes) -> str:
        status = self._blocks.get(block)
        if status is None:
            headers = {_text(k): _text(v) for k, v in self._decoder.decode(block)}
            status = self._blocks[block] = headers.get(self._load.status_header, "")
        return status


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def run(load: Load) -> dict[str, object]:
    """Sends the load; gives rates, latencies in seconds, statuses and the generator's own cost."""
    tally = Tally()
    selector = selectors.DefaultSelector()
    connections = [Connection(load, tally) for _ in range(load.connections)]
    for connection in connections:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    cpu = time.process_time()
    started = time.perf_counter()
    _drive(load, selector, connections, started)
    seconds = time.perf_counter() - started
    count = len(tally.latencies)
    ordered = sorted(tally.latencies) or [0.0]
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "count": count,
        "seconds": seconds,
        "rate": count / seconds,
        "p50": ordered[len(ordered) // 2],
        "p99": ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)],
        "statuses": dict(tally.statuses),
        "errors": sum(n for status, n in tally.statuses.items() if status != load.success),
        "cpu_us": (time.process_time() - cpu) / max(count, 1) * 1e6,
        "max_rss_kib": usage.ru_maxrss,
    }


def _drive(
    load: Load, selector: selectors.BaseSelector, connections: list[Connection], started: float
) -> None:
    end = started + load.seconds
    sent = 0
    if not load.rate:
        for connection in connections:
            for _ in range(load.streams):
                connection.ask(started)
            connection.flush()
    turns = cycle(connections)
    while (now := time.perf_counter()) < end or any(c.under_way for c in connections):
        if now > end + 10:  # seconds: the server doesn't answer any more
            raise TimeoutError("requests were not answered")
        while load.rate and now < end and sent < (now - started) * load.rate:
            connection = next(turns)
            connection.ask(started + sent / load.rate)
            connection.flush()
            sent += 1
        for key, _ in selector.select(0.0005 if load.rate else 0.1):
            connection = key.data
            finished = connection.receive()
            now = time.perf_counter()
            if not load.rate and now < end:
                for _ in range(finished):
                    connection.ask(now)
            connection.flush()


if __name__ == "__main__":
    json.dump(run(Load(**json.load(sys.stdin))), sys.stdout)
