import base64
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest

Loading = Callable[..., dict[str, Any]]


class Counting:
    """A real gRPC server's handler that counts what it answers, and refuses bodies of one byte."""

    def __init__(self) -> None:
        self.answered: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, body: bytes, context: Any) -> bytes:
        outcome = "refused" if len(body) == 1 else "answered"
        with self._lock:
            self.answered[outcome] += 1
        if outcome == "refused":
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "one byte")
        return body


@pytest.fixture
def counting() -> Counting:
    return Counting()


@pytest.fixture
def port(counting: Counting, pki: Path) -> Iterator[int]:
    pool = ThreadPoolExecutor(4)
    server = grpc.server(pool)
    method: Any = grpc.unary_unary_rpc_method_handler(counting)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("bench.Service", {"Call": method}),)
    )
    pair = ((pki / "server.key").read_bytes(), (pki / "server.pem").read_bytes())
    credentials = grpc.ssl_server_credentials([pair], (pki / "ca.pem").read_bytes(), require_client_auth=True)
    port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    yield port
    server.stop(0).wait()
    pool.shutdown()


def test_every_answer_that_a_server_gave_is_counted(port: int, counting: Counting, load: Loading) -> None:
    found = load(port)
    assert found["count"] == counting.answered["answered"] > 0
    assert (found["errors"], found["statuses"]) == (0, {"0": found["count"]})
    assert 0 < found["p50"] <= found["p99"]


def test_refusals_are_errors_by_their_status(port: int, counting: Counting, load: Loading) -> None:
    good, bad = b"\0\0\0\0\2ab", b"\0\0\0\0\1a"
    found = load(port, bodies=[base64.b64encode(body).decode() for body in (good, good, bad)])
    assert found["statuses"] == {"0": counting.answered["answered"], "8": counting.answered["refused"]}
    assert found["errors"] == counting.answered["refused"] > 0


def test_a_method_that_is_not_there_is_an_error(port: int, load: Loading) -> None:
    found = load(port, path="/bench.Service/Other")
    assert found["statuses"] == {"12": found["count"]}
    assert found["errors"] == found["count"] > 0


def test_a_pace_is_not_exceeded_and_every_paced_request_is_answered(
    port: int, counting: Counting, load: Loading
) -> None:
    found = load(port, rate=100, seconds=0.5)
    assert 0 < found["count"] <= 50
    assert found["count"] == counting.answered["answered"]


def test_a_stranger_gets_no_answer_and_the_load_fails(port: int, counting: Counting, run_load: Any) -> None:
    assert run_load(port, name="stranger").returncode != 0
    assert not counting.answered
