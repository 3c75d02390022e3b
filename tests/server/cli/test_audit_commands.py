"""The commands of the audit trail, with what may be in its files."""

import json
import os
import re
from pathlib import Path

import pytest

from strongroom.server.audit.names import ABOUT_ITSELF, SERVICE_EVENTS
from tests.server.cli.conftest import run
from tests.support.audit import Trail
from tests.support.forging import decrypted, hostile, planted

_SOURCES = Path(__file__).parents[3] / "server" / "strongroom" / "server"
_EVENT = re.compile(r"""(?:write_service_event\(|_tell\(|EVENT = )\s*"(\w+)\"""")


@pytest.mark.parametrize("command", ["query", "tail", "verify"])
def test_a_trail_that_is_not_there_is_an_error(tmp_path: Path, command: str) -> None:
    key = ("--public-key", str(tmp_path / "key.pem")) if command == "verify" else ()
    (tmp_path / "key.pem").write_text(_PEM)
    answer = run("audit", command, "--trail", tmp_path / "none", *key)
    assert answer.code == 75
    assert f"There is no audit trail at {tmp_path}/none" in answer.err.replace("\n", "")


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--operation", "Encript", "did you mean Encrypt"),
        ("--operation", "Zzz", "there are AppointAdministrator"),
        ("--outcome", "DisabledExeption", "did you mean DisabledException"),
        ("--outcome", "zzz", "AccessDeniedException"),
    ],
)
def test_a_name_that_no_record_has_is_refused(tmp_path: Path, option: str, value: str, said: str) -> None:
    for command in ("query", "tail"):
        answer = run("audit", command, "--trail", tmp_path, option, value)
        assert answer.code == 2
        assert said in answer.err


def test_names_are_known_in_any_case(tmp_path: Path) -> None:
    trail = Trail(tmp_path)
    trail.run("worker-0", 2)
    found = run(
        "audit", "query", "--trail", tmp_path, "--operation", "encrypt", "--outcome", "OK", "-o", "json"
    )
    assert [json.loads(line)["eventName"] for line in found.out.splitlines()] == ["Encrypt"] * 2
    for name in ("RotateKey", "AuditCheckpoint"):
        assert run("audit", "query", "--trail", tmp_path, "--operation", name).code == 0


def test_every_service_event_is_known() -> None:
    texts = (path.read_text() for path in _SOURCES.rglob("*.py"))
    found = {name for text in texts for name in _EVENT.findall(text)}
    assert found
    assert found <= SERVICE_EVENTS | ABOUT_ITSELF


def test_old_files_are_read_however_new_their_records_are(tmp_path: Path) -> None:
    Trail(tmp_path).run("worker-0", 2)
    for path in tmp_path.iterdir():
        os.utime(path, (0, 0))
    assert len(run("audit", "query", "--trail", tmp_path, "--since", "24h").out.splitlines()) == 2


def test_what_is_no_segment_is_warned_of(tmp_path: Path) -> None:
    Trail(tmp_path).run("worker-0", 2)
    hostile(tmp_path / "worker-1-00000001.jsonl", "pipe")
    for command in ("query", "tail"):
        answer = run("audit", command, "--trail", tmp_path)
        assert answer.code == 0
        assert len(answer.out.splitlines()) == 2
        assert "worker-1-00000001.jsonl: it is no regular file" in answer.err


def test_no_text_of_a_record_reaches_the_terminal_as_it_is(tmp_path: Path) -> None:
    escape = "\x1b[31m\u202e"
    at = "2026-11-28T12:12:30+00:00"
    odd = {**decrypted(at), "eventName": escape, "resources": [1], "requestParameters": {"keyId": [1]}}
    planted(tmp_path, f"worker-{escape}", 1, None, records=[odd])
    (tmp_path / "key.pem").write_text(_PEM)
    for command in (
        ("query",),
        ("tail",),
        ("query", "--key", "x"),
        ("verify", "--public-key", tmp_path / "key.pem"),
    ):
        answer = run("audit", *command, "--trail", tmp_path)
        assert answer.code == 0, answer.err
        assert escape[0] not in answer.out + answer.err
        assert escape[-1] not in answer.out + answer.err
    whole = Trail(tmp_path / "other")
    whole.run("worker-0", 2)
    path = whole.files()[0]
    path.write_bytes(path.read_bytes().replace(b'"name":"worker-0"', b'"name":"\\u001b[31m"'))
    answer = run("audit", "verify", "--public-key", tmp_path / "key.pem", "--trail", tmp_path / "other")
    assert "\\x1b[31m" in answer.out


_PEM = """\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt
6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==
-----END PUBLIC KEY-----
"""
"""P-256's base point (SEC 2): nobody's key."""
