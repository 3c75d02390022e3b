"""Serving figures over HTTP."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.registry import Collector


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
    server, thread = start_http_server(int(port), host.strip("[]"), registry)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
