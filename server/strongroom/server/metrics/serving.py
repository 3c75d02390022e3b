"""Serving figures over HTTP."""

import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer
from prometheus_client.registry import Collector

TIMEOUT_S = 10.0
"""For which a connection may say nothing: each has a thread."""


class _Handler(WSGIRequestHandler):
    timeout = TIMEOUT_S

    def handle(self) -> None:
        with suppress(OSError):  # it was silent for too long, or is gone
            super().handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # its name there
        """Says nothing: the log is in JSON."""


class _ServerOverIpv6(ThreadingWSGIServer):
    address_family = socket.AF_INET6


def serve_metrics(listen: str, collectors: Iterable[Collector]) -> Callable[[], None]:
    """Serves /metrics over HTTP in a thread; gives what ends it.

    Args:
        listen: host:port.
        collectors: asked for their figures by every scrape.

    Raises:
        OSError: the address can't be listened at.
    """
    host, _, port = listen.rpartition(":")
    registry = CollectorRegistry(auto_describe=False)
    for collector in collectors:
        registry.register(collector)
    found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, *_, address = found[0]
    kind = _ServerOverIpv6 if family is socket.AF_INET6 else ThreadingWSGIServer
    server = make_server(str(address[0]), int(port), make_wsgi_app(registry), kind, _Handler)
    thread = Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
