import base64
import ssl
from collections.abc import Callable
from typing import Any

import hpack
import pytest

from scripts.bench_parts import h2_frames as h2
from tests.scripts.h2_peer import GREETING, SUCCESS, Peer, Visit, answer

Loading = Callable[..., dict[str, Any]]


def test_an_answer_without_a_status_is_an_error(server_context: ssl.SSLContext, load: Loading) -> None:
    with Peer(server_context, lambda _, stream: answer(stream, {":status": "200"})) as peer:
        found = load(peer.port)
    assert found["statuses"] == {"none": found["count"]}
    assert found["errors"] == found["count"] > 0


def test_a_reset_stream_is_an_error_and_the_others_go_on(
    server_context: ssl.SSLContext, load: Loading
) -> None:
    def respond(_: Visit, stream: int) -> bytes:
        reset = h2.frame(h2.RST_STREAM, 0, stream, (7).to_bytes(4, "big"))
        return reset if stream == 9 else answer(stream)

    with Peer(server_context, respond) as peer:
        found = load(peer.port)
    assert found["statuses"] == {"0": found["count"] - 2, "RST_STREAM 7": 2}
    assert found["errors"] == 2
    assert found["count"] > 20


def test_a_goaway_moves_the_load_to_a_new_connection(server_context: ssl.SSLContext, load: Loading) -> None:
    def respond(visit: Visit, stream: int) -> bytes:
        if visit.number == 0 and stream == 11:
            return answer(stream) + h2.frame(h2.GOAWAY, 0, 0, stream.to_bytes(4, "big") + bytes(4))
        return b"" if visit.number == 0 and stream > 11 else answer(stream)

    with Peer(server_context, respond) as peer:
        found = load(peer.port, connections=1)
    assert len(peer.visits) == 2
    assert (found["errors"], found["statuses"]) == (0, {"0": found["count"]})
    assert found["count"] == 6 + len(peer.visits[1].streams)


def test_a_connection_window_is_kept_and_waited_for(server_context: ssl.SSLContext, load: Loading) -> None:
    body = bytes(10_000)
    unpaid = []

    def respond(visit: Visit, stream: int) -> bytes:
        unpaid.append(len(visit.bodies[-1]))
        assert sum(unpaid) <= h2.DEFAULT_WINDOW_BYTES
        if sum(unpaid) <= h2.DEFAULT_WINDOW_BYTES - h2.MAX_PAYLOAD_BYTES:
            return answer(stream)
        grant = h2.frame(h2.WINDOW_UPDATE, 0, 0, sum(unpaid).to_bytes(4, "big"))
        unpaid.clear()
        return answer(stream) + grant

    with Peer(server_context, respond, h2.settings({})) as peer:
        found = load(peer.port, connections=1, streams=20, body=body)
    assert found["errors"] == 0
    assert found["count"] == len(peer.visits[0].streams) > 20


def test_no_more_streams_are_open_than_the_server_takes(
    server_context: ssl.SSLContext, load: Loading
) -> None:
    held: list[int] = []

    def respond(_: Visit, stream: int) -> bytes:
        held.append(stream)  # answered in pairs: a third would never come
        assert len(held) <= 2
        replies = b"".join(map(answer, held)) if len(held) == 2 else b""
        if replies:
            held.clear()
        return replies

    greeting = h2.settings({h2.MAX_CONCURRENT_STREAMS: 2}) + GREETING
    with Peer(server_context, respond, greeting) as peer:
        found = load(peer.port, connections=1, streams=8)
    assert found["errors"] == 0
    assert found["count"] % 2 == 0


def test_pings_are_answered(server_context: ssl.SSLContext, load: Loading) -> None:
    greeting = GREETING + h2.frame(h2.PING, 0, 0, b"are you?")
    with Peer(server_context, lambda _, stream: answer(stream), greeting) as peer:
        load(peer.port)
    assert [visit.pongs for visit in peer.visits] == [[b"are you?"]] * 2


def test_connections_begin_at_different_bodies(server_context: ssl.SSLContext, load: Loading) -> None:
    bodies = [bytes([number]) for number in range(10)]
    with Peer(server_context, lambda _, stream: answer(stream)) as peer:
        load(peer.port, bodies=[base64.b64encode(body).decode() for body in bodies])
    assert {visit.bodies[0] for visit in peer.visits} == {bodies[0], bodies[5]}
    for visit in peer.visits:
        assert visit.bodies[1][0] == (visit.bodies[0][0] + 1) % 10


def test_a_long_header_block_is_read_by_another_decoder() -> None:
    headers = {**SUCCESS, "authorization": "x" * 300, "short": "y" * 127}
    decoded: Any = hpack.Decoder().decode(h2.literals(headers))  # its types say bytes
    assert dict(decoded) == headers


@pytest.mark.parametrize(
    ("greeting", "message"),
    [
        (GREETING, "closed the connection"),
        (h2.settings({h2.INITIAL_WINDOW_SIZE: 3}), "less than one body"),
    ],
)
def test_a_server_that_breaks_off_or_is_too_small_fails_the_load(
    greeting: bytes, message: str, server_context: ssl.SSLContext, run_load: Any
) -> None:
    with Peer(server_context, lambda _, __: None, greeting) as peer:
        done = run_load(peer.port)
    assert done.returncode != 0
    assert message in done.stderr
