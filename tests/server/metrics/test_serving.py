"""Figures are served over HTTP, and no connection keeps a thread for good."""

import socket
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from strongroom.server.metrics import serve_metrics, serving
from tests.support.deployments import free_port


class _One(Collector):
    def collect(self) -> Iterator[Metric]:
        made = GaugeMetricFamily("one", "One.")
        made.add_metric([], 1)
        yield made


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", pytest.param("[::1]", marks=pytest.mark.skipif(not _has_ipv6(), reason="no IPv6"))],
)
def test_figures_are_served(host: str) -> None:
    listen = f"{host}:{free_port()}"
    stop = serve_metrics(listen, [_One()])
    with urllib.request.urlopen(f"http://{listen}/metrics", timeout=20) as answer:
        assert b"one 1.0" in answer.read()
    stop()


@pytest.mark.parametrize("said", [b"", b"GET /met", b"GET /metrics HTTP/1.1\r\nHost: x\r\n"])
def test_a_connection_that_says_nothing_is_closed(
    said: bytes, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert serving._Handler.timeout == serving.TIMEOUT_S
    monkeypatch.setattr(serving._Handler, "timeout", 0.1)
    port = free_port()
    stop = serve_metrics(f"127.0.0.1:{port}", [_One()])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(said)
        assert connection.recv(1) == b""
    stop()
    assert capfd.readouterr().err == ""  # the log is in JSON
