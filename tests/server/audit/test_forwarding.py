"""The audit trail is forwarded whole, in the order of each chain, whatever the receiver does."""

import hashlib
import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
from structlog.testing import capture_logs

from strongroom.server.audit.chain import Head, linked
from strongroom.server.audit.files import MAX_LINE_BYTES
from strongroom.server.audit.forwarding import Forwarder, Position
from strongroom.server.audit.syslog import message_of, shortened
from strongroom.server.cli.development_pki import issue_server, make_authority
from strongroom.server.core.receivers import Receiver
from tests.support.audit import Trail, event, record
from tests.support.deployments import wait_until
from tests.support.syslog import SyslogReceiver, receiving

_MESSAGE = re.compile(
    rb"<(?P<priority>\d+)>1 (?P<time>\S+) \S+ strongroom (?P<process>\S+) (?P<name>\S+) - \xef\xbb\xbf(?P<text>\{.*\})"
)


class Positions:
    """Remembers in memory."""

    def __init__(self) -> None:
        self.known: dict[str, Position] = {}

    def all(self) -> list[Position]:
        return list(self.known.values())

    def save(self, position: Position) -> None:
        self.known[position.name] = position

    def forget(self, names: Collection[str]) -> None:
        for name in names:
            self.known.pop(name, None)


def _lines(trail: Trail, chain: str) -> list[bytes]:
    files = [file for file in trail.files() if file.name.startswith(chain)]
    return [line for file in files for line in file.read_bytes().splitlines()]


def _received(receiver: SyslogReceiver, chain: str) -> list[bytes]:
    found = [_MESSAGE.fullmatch(message) for message in receiver.messages]
    return [one["text"] for one in found if one is not None and one["process"].decode() == chain]


def _tcp(receiver: SyslogReceiver) -> Receiver:
    return Receiver.parse(f"tcp://127.0.0.1:{receiver.port}")


def test_every_line_of_every_chain_arrives_in_order_and_once(tmp_path: Path) -> None:
    trail, positions = Trail(tmp_path), Positions()
    trail.run("worker-0", 5)
    trail.run("worker-1", 3)
    with receiving() as receiver:
        forwarder = Forwarder(tmp_path, _tcp(receiver), positions)
        forwarder.forward()
        trail.run("worker-0", 2)
        forwarder.forward()
        forwarder.close()
        again = Forwarder(tmp_path, _tcp(receiver), positions)
        again.forward()
        again.close()
        whole = {name: _lines(trail, name) for name in ("worker-0", "worker-1")}
        wait_until(lambda: len(receiver.messages) >= sum(map(len, whole.values())))
        assert {name: _received(receiver, name) for name in whole} == whole


def test_what_a_receiver_that_is_away_misses_is_sent_when_it_is_there(tmp_path: Path) -> None:
    trail, positions = Trail(tmp_path), Positions()
    trail.run("worker-0", 20)
    with receiving() as receiver:
        port = receiver.port
    away = Forwarder(tmp_path, Receiver.parse(f"tcp://127.0.0.1:{port}"), positions)
    with pytest.raises(ConnectionRefusedError):
        away.forward()
    trail.run("worker-0", 5)
    with receiving(port) as receiver:
        away.forward()
        whole = _lines(trail, "worker-0")
        wait_until(lambda: len(receiver.messages) >= len(whole))
        assert _received(receiver, "worker-0") == whole
    away.close()


def test_a_connection_that_breaks_is_made_anew_and_goes_on_where_it_was(tmp_path: Path) -> None:
    trail, stopping = Trail(tmp_path), threading.Event()
    trail.run("worker-0", 2)
    with receiving() as receiver:
        forwarder = Forwarder(tmp_path, _tcp(receiver), Positions())
        thread = threading.Thread(target=forwarder.run, args=(stopping,))
        thread.start()
        before = len(_lines(trail, "worker-0"))
        wait_until(lambda: len(receiver.messages) == before)
    trail.run("worker-0", 20)
    with receiving(receiver.port) as receiver:
        whole = _lines(trail, "worker-0")
        wait_until(lambda: _received(receiver, "worker-0")[-1:] == whole[-1:])
        after = _received(receiver, "worker-0")
        stopping.set()
        thread.join()
    # The system takes the first lines into the broken connection before it knows.
    assert after == whole[len(whole) - len(after) :]
    assert len(whole) - before - 5 <= len(after) <= len(whole) - before


def test_a_crash_sends_again_and_leaves_nothing_out(tmp_path: Path) -> None:
    trail, positions = Trail(tmp_path), Positions()
    trail.run("worker-0", 4)
    with receiving() as receiver:
        crashed = Forwarder(tmp_path, _tcp(receiver), positions)
        crashed.forward()
        positions.known.clear()  # it died before it wrote down how far it was
        crashed.close()
        positions.known.clear()
        again = Forwarder(tmp_path, _tcp(receiver), positions)
        again.forward()
        again.close()
        whole = _lines(trail, "worker-0")
        wait_until(lambda: len(receiver.messages) >= 2 * len(whole))
        assert _received(receiver, "worker-0") == whole * 2


def test_half_a_line_waits_until_it_is_whole(tmp_path: Path) -> None:
    trail = Trail(tmp_path)
    trail.run("worker-0", 2)
    path = trail.files()[0]
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with receiving() as receiver:
        forwarder = Forwarder(tmp_path, _tcp(receiver), Positions())
        forwarder.forward()
        path.write_bytes(whole)
        forwarder.forward()
        forwarder.close()
        wait_until(lambda: _received(receiver, "worker-0") == whole.splitlines())


def test_over_tls_the_receiver_must_be_vouched_for(tmp_path: Path) -> None:
    trail = Trail(tmp_path / "audit")
    trail.run("worker-0", 2)
    authority = make_authority("test")
    (tmp_path / "ca.pem").write_bytes(authority.certificate_pem)
    server = issue_server(authority, ("localhost", "127.0.0.1"))
    (tmp_path / "server.pem").write_bytes(server.certificate_pem)
    (tmp_path / "server.key").write_bytes(server.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    with receiving(context=context) as receiver:
        address = f"tls://127.0.0.1:{receiver.port}"
        with pytest.raises(ssl.SSLCertVerificationError):
            Forwarder(tmp_path / "audit", Receiver.parse(address), Positions()).forward()
        forwarder = Forwarder(
            tmp_path / "audit", Receiver.parse(address, str(tmp_path / "ca.pem")), Positions()
        )
        forwarder.forward()
        wait_until(lambda: _received(receiver, "worker-0") == _lines(trail, "worker-0"))
        forwarder.close()


def test_a_local_socket_takes_datagrams(tmp_path: Path) -> None:
    trail = Trail(tmp_path / "audit")
    trail.run("worker-0", 1)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(tmp_path / "log"))
        forwarder = Forwarder(tmp_path / "audit", Receiver.parse(f"unix://{tmp_path}/log"), Positions())
        forwarder.forward()
        forwarder.close()
        first = _MESSAGE.fullmatch(log.recv(65536))
    assert first is not None
    assert json.loads(first["text"])["eventName"] == first["name"].decode() == "AuditSegmentOpened"


def _first_line(name: str, number: int, **changed: object) -> bytes:
    """The first line of a segment that anybody could have made who writes the trail."""
    segment = "0123456789abcdef"
    details: Mapping[str, object] = {"name": name, "number": number, "segment": segment, "follows": None}
    body = orjson.dumps({**event("AuditSegmentOpened", details), **changed})
    line, _ = linked([body], Head(name, number, segment))
    return line


def _plausible(_: Trail) -> bytes:
    return _first_line("worker-0", 99999999)


PLANTED: dict[str, Callable[[Trail], bytes]] = {
    "nothing of a record": lambda _: b"{}\n",
    "no JSON": lambda _: b"\n\xff\n",
    "a line without an end": lambda _: b"x" * (MAX_LINE_BYTES + 1),
    "a record in the middle": lambda trail: _lines(trail, "worker-0")[1] + b"\n",
    "the beginning of another segment": lambda trail: trail.files()[0].read_bytes(),
    "the beginning of another chain": lambda _: _first_line("worker-1", 99999999),
    "another record": lambda _: _first_line("worker-0", 99999999, eventName="Encrypt"),
    "the beginning of this segment": _plausible,
}


@pytest.mark.parametrize("content", PLANTED.values(), ids=PLANTED)
def test_a_file_that_was_put_there_keeps_back_nothing(
    tmp_path: Path, content: Callable[[Trail], bytes]
) -> None:
    trail, positions = Trail(tmp_path), Positions()
    trail.run("worker-0", 2)
    writing = trail.sink("worker-0")
    planted = tmp_path / "worker-0-99999999.jsonl"
    with receiving() as receiver:
        forwarder = Forwarder(tmp_path, _tcp(receiver), positions)
        planted.write_bytes(content(trail))
        foreign = planted.read_bytes().splitlines()
        with capture_logs() as logs:
            forwarder.forward()
            writing.write([record(1)])
            forwarder.forward()
        planted.unlink()
        writing.write([record(2)])
        forwarder.forward()
        forwarder.close()
        wait_until(lambda: _received(receiver, "worker-0")[-1:] == _lines(trail, "worker-0")[-1:])
        writing.write([record(3)])
        again = Forwarder(tmp_path, _tcp(receiver), positions)
        again.forward()
        again.close()
        writing.close()
        whole = _lines(trail, "worker-0")
        wait_until(lambda: _received(receiver, "worker-0")[-1:] == whole[-1:])
        assert [line for line in _received(receiver, "worker-0") if line not in foreign] == [
            line for line in whole if line not in foreign
        ]
    told = [one for one in logs if one["log_level"] == "warning"]
    assert [one["file"] for one in told] == ([] if content is _plausible else [planted.name])


def test_a_second_file_of_a_segment_does_not_count_for_it(tmp_path: Path) -> None:
    """It has another name for the same number."""
    trail, positions = Trail(tmp_path), Positions()
    writing = trail.sink("worker-0")
    planted = tmp_path / "worker-0-000000001.jsonl"
    planted.write_bytes(trail.files()[0].read_bytes() + b"x\n" * 10_000)
    with receiving() as receiver:
        forwarder = Forwarder(tmp_path, _tcp(receiver), positions)
        forwarder.forward()
        planted.unlink()
        writing.write([record(1)])
        forwarder.forward()
        forwarder.close()
        writing.close()
        whole = _lines(trail, "worker-0")
        wait_until(lambda: _received(receiver, "worker-0") == whole)


@pytest.mark.parametrize(
    "poisoned", [Position("worker-0", 99999999, 3), Position("worker-0/0123456789abcdef", 99999999, 3)]
)
def test_what_was_remembered_of_a_file_that_is_gone_keeps_back_nothing(
    tmp_path: Path, poisoned: Position
) -> None:
    trail, positions = Trail(tmp_path), Positions()
    positions.save(poisoned)
    trail.run("worker-0", 3)
    with receiving() as receiver:
        forwarder = Forwarder(tmp_path, _tcp(receiver), positions)
        forwarder.forward()
        forwarder.close()
        wait_until(lambda: _received(receiver, "worker-0") == _lines(trail, "worker-0"))
    assert poisoned.name not in positions.known


@pytest.mark.parametrize("offset", [-1, 10**9])
def test_a_place_that_a_segment_has_not_is_its_beginning(tmp_path: Path, offset: int) -> None:
    trail, positions = Trail(tmp_path), Positions()
    trail.run("worker-0", 3)
    with receiving() as receiver:
        for _ in range(2):
            before = len(receiver.messages)
            forwarder = Forwarder(tmp_path, _tcp(receiver), positions)
            forwarder.forward()
            forwarder.close()
            wait_until(lambda: len(receiver.messages) == before + len(_lines(trail, "worker-0")))
            (position,) = positions.all()
            positions.save(Position(position.name, position.number, offset))
        whole = _lines(trail, "worker-0")
        wait_until(lambda: _received(receiver, "worker-0") == whole * 2)


def test_segments_that_were_moved_away_are_forgotten(tmp_path: Path) -> None:
    trail, positions = Trail(tmp_path / "audit"), Positions()
    with receiving() as receiver:
        forwarder = Forwarder(tmp_path / "audit", _tcp(receiver), positions)
        for _ in range(3):
            trail.run("worker-0", 1)
            forwarder.forward()
        first, *_ = trail.files()
        first.rename(tmp_path / first.name)
        forwarder.forward()
        forwarder.close()
    assert sorted(one.number for one in positions.all()) == [2, 3]


@contextmanager
def _datagrams(path: Path) -> Iterator[list[bytes]]:
    """Collects what comes to a local socket."""
    found: list[bytes] = []

    def take() -> None:
        while (message := log.recv(1024 * 1024)) != b"":
            found.append(message)

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(path))
        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield found
        finally:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
                end.sendto(b"", str(path))
            thread.join()


def test_a_line_too_long_for_a_datagram_is_named_and_keeps_back_no_other(tmp_path: Path) -> None:
    trail = Trail(tmp_path / "audit")
    sink = trail.sink("worker-0")
    long = {**record(1), "eventID": "the-id", "description": "x" * 1_000_000}
    sink.write([long, record(2)])
    sink.close()
    trail.run("worker-1", 1)
    with _datagrams(tmp_path / "log") as found:
        forwarder = Forwarder(tmp_path / "audit", Receiver.parse(f"unix://{tmp_path}/log"), Positions())
        forwarder.forward()
        forwarder.close()
        ours, others = _lines(trail, "worker-0"), _lines(trail, "worker-1")
        wait_until(lambda: len(found) == len(ours) + len(others))
    texts = [one["text"] for message in found if (one := _MESSAGE.fullmatch(message)) is not None]
    assert [texts[0], *texts[2:]] == [ours[0], *ours[2:], *others]
    named = json.loads(texts[1])
    assert named["omitted"] == {"bytes": len(ours[1]), "sha256": hashlib.sha256(ours[1]).hexdigest()}
    assert (named["eventID"], named["eventName"]) == ("the-id", "Encrypt")
    assert named["chain"] == json.loads(ours[1])["chain"]
    assert json.loads(texts[2])["chain"]["previous"] == named["omitted"]["sha256"]


def test_nothing_of_a_line_makes_its_short_form_long() -> None:
    told = {**record(1), "eventTime": "2026-11-28T10:00:00+00:00", "eventID": "x" * 1_000_000}
    assert len(shortened({**told, "chain": {"segment": "x" * 1_000_000}}, b"{}")) < 1024


@pytest.mark.parametrize(("code", "priority"), [(None, 110), ("AccessDeniedException", 108)])
def test_the_priority_tells_of_the_outcome(code: str | None, priority: int) -> None:
    told = {**record(1), "eventTime": "2026-11-28T10:00:00+00:00", "errorCode": code}
    found = _MESSAGE.fullmatch(message_of(told, b"{}", "worker 0\n"))
    assert found is not None
    assert (int(found["priority"]), found["process"], found["name"]) == (priority, b"worker0", b"Encrypt")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "host:514",
            "udp://host:514",
            "tcp://host",
            "unix://",
            "unix:///",
            "tls://host:1/x",
            "tcp://[::1:1",
        ),
        *("tcp://host:0", "tcp://host:99999", "tcp://host:x", "tcp://a@host:1", "tcp://host:1?x"),
    ],
)
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be tcp://"):
        Receiver.parse(text)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("tcp://log.example:601", "log.example", 601), ("tls://[::1]:6514", "::1", 6514)],
)
def test_an_address_is_read(text: str, host: str, port: int) -> None:
    assert Receiver.parse(text) == Receiver(text[:3], host, port)
