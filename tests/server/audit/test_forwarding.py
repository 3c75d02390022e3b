"""The audit trail is forwarded whole, in the order of each chain, whatever the receiver does."""

import json
import re
import socket
import ssl
import threading
from pathlib import Path

import pytest

from strongroom.server.audit.forwarding import Forwarder, Position
from strongroom.server.audit.syslog import message_of
from strongroom.server.cli.development_pki import issue_server, make_authority
from strongroom.server.core.receivers import Receiver
from tests.support.audit import Trail, record
from tests.support.deployments import wait_until
from tests.support.syslog import SyslogReceiver, receiving

_MESSAGE = re.compile(
    rb"<(?P<priority>\d+)>1 (?P<time>\S+) \S+ strongroom (?P<process>\S+) (?P<name>\S+) - \xef\xbb\xbf(?P<text>\{.*\})"
)


class Positions:
    """Remembers in memory."""

    def __init__(self) -> None:
        self.known: dict[str, Position] = {}

    def find(self, name: str) -> Position | None:
        return self.known.get(name)

    def save(self, position: Position) -> None:
        self.known[position.name] = position


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
