"""A small HTTP/2 load generator over mutual TLS: cheaper for each request than any server it measures.

Run as a program: reads one JSON object from standard input (see `Load`), writes one JSON object (see `run`).
Frames are prebuilt and only stream ids change; SETTINGS_HEADER_TABLE_SIZE=0 makes response header blocks
stateless, so that each distinct block is decoded once.
"""

import base64
import json
import selectors
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from h2_connection import Connection, Requests, Tally
from h2_frames import literals

_PATIENCE_S = 10.0
_IDLE_S = 0.1


@dataclass(frozen=True)
class Load:
    """What to send.

    Args:
        port: on 127.0.0.1.
        ca: path of the PEM of the server's authority.
        certificate: path of the client's PEM, or None.
        key: path of its key.
        path: the request's path.
        headers: further request headers.
        bodies: base64 of request bodies, sent in turn; each connection begins elsewhere.
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

    def requests(self) -> Requests:
        """The load as it goes over the wire."""
        fixed = {":method": "POST", ":scheme": "https", ":path": self.path, ":authority": "localhost"}
        bodies = tuple(map(base64.b64decode, self.bodies))
        return Requests(literals({**fixed, **self.headers}), bodies, self.status_header)

    def connect(self) -> ssl.SSLSocket:
        """A connection that has agreed on HTTP/2."""
        context = ssl.create_default_context(cafile=self.ca)
        context.set_alpn_protocols(["h2"])
        if self.certificate:
            context.load_cert_chain(self.certificate, self.key)
        raw = socket.create_connection(("127.0.0.1", self.port))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wrapped = context.wrap_socket(raw, server_hostname="localhost")
        wrapped.setblocking(False)
        return wrapped


class _Pool:
    """The connections; a spent one is replaced."""

    def __init__(self, load: Load, tally: Tally) -> None:
        self._load, self._tally = load, tally
        self._requests = load.requests()
        # Not epoll: its timeouts are whole milliseconds, longer than the latencies that are measured.
        self._selector = selectors.SelectSelector()
        step = len(self._requests.bodies) / load.connections
        for number in range(load.connections):
            self._open(self._requests.bodies_from(int(number * step)))

    def _open(self, bodies: Iterator[bytes]) -> Connection:
        connection = Connection(self._load.connect(), self._requests, bodies, self._tally)
        self._selector.register(connection.socket, selectors.EVENT_READ, connection)
        return connection

    def all(self) -> list[Connection]:
        """The connections that are open now."""
        return [key.data for key in self._selector.get_map().values()]

    def ready(self, timeout_s: float) -> list[Connection]:
        """Waits until something has arrived; gives the connections where it has."""
        return [key.data for key, _ in self._selector.select(timeout_s)]

    def renew(self, connection: Connection) -> Connection:
        """A new connection for one that is spent, with what waited on it."""
        self._selector.unregister(connection.socket)
        connection.socket.close()
        fresh = self._open(connection.bodies)
        for at in connection.waiting:
            fresh.ask(at)
        return fresh


def run(load: Load) -> dict[str, object]:
    """Sends the load; gives rates, latencies in seconds, statuses and the generator's own cost.

    `errors` counts every answer but a success: a failed status, none at all, or a reset stream.
    """
    tally = Tally()
    pool = _Pool(load, tally)
    _settle(pool)
    cpu, started = time.process_time(), time.perf_counter()
    _drive(load, pool, started)
    seconds = time.perf_counter() - started
    cpu = time.process_time() - cpu
    count = len(tally.latencies)
    ordered = sorted(tally.latencies) or [0.0]
    tally.statuses["none"] = count - tally.statuses.total()
    return {
        "count": count,
        "seconds": seconds,
        "rate": count / seconds,
        "p50": ordered[count // 2],
        "p99": ordered[count * 99 // 100],
        "statuses": dict(+tally.statuses),
        "errors": count - tally.statuses[load.success],
        "cpu_us": cpu / max(count, 1) * 1e6,
    }


def _settle(pool: _Pool) -> None:
    """Waits until every connection is ready, so that no request's latency has a handshake in it."""
    deadline = time.perf_counter() + _PATIENCE_S
    while not all(connection.is_ready for connection in pool.all()):
        if time.perf_counter() > deadline:
            raise TimeoutError("the server didn't greet")
        for connection in pool.all():
            connection.flush()
        for connection in pool.ready(_IDLE_S):
            connection.receive()


def _drive(load: Load, pool: _Pool, started: float) -> None:
    end = started + load.seconds
    sent = 0
    if not load.rate:
        for connection in pool.all():
            for _ in range(load.streams):
                connection.ask(started)
    while (now := time.perf_counter()) < end or any(c.under_way for c in pool.all()):
        if now > end + _PATIENCE_S:
            raise TimeoutError("requests were not answered")
        timeout_s = _IDLE_S
        if load.rate and now < end:
            sent = _ask_due(pool, started, load.rate, sent, now)
            timeout_s = max(0.0, started + sent / load.rate - time.perf_counter())
        for connection in pool.all():
            connection.flush()
        for connection in pool.ready(timeout_s):
            finished = connection.receive()
            _go_on(pool, connection, 0 if load.rate else finished, end)


def _ask_due(pool: _Pool, started: float, rate: float, sent: int, now: float) -> int:
    """Asks for what is due by now, on the connections in turn; gives how much has been asked for."""
    connections = pool.all()
    while sent < (now - started) * rate:
        connections[sent % len(connections)].ask(started + sent / rate)
        sent += 1
    return sent


def _go_on(pool: _Pool, connection: Connection, finished: int, end: float) -> None:
    """Asks again for as many as were answered, unless the time is over."""
    if connection.is_spent:
        connection = pool.renew(connection)
    now = time.perf_counter()
    for _ in range(finished if now < end else 0):
        connection.ask(now)
    connection.flush()


if __name__ == "__main__":
    json.dump(run(Load(**json.load(sys.stdin))), sys.stdout)
