"""An issuer's keys are fetched over HTTPS by a thread of its own, never more often than is good for the issuer."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.error import HTTPError

import pytest

from strongroom.server.authentication.key_addresses import KeyAddress
from strongroom.server.authentication.key_sources import FetchedKeys, Pace
from strongroom.server.config.tls_files import FileUnusable
from strongroom.server.core.key_sets import MAX_BYTES, KeySetInvalid
from tests.support.bearers import Address, Issuer, served_keys
from tests.support.deployments import wait_until

HOUR_S = 3600.0
PATIENT = Pace(interval_s=HOUR_S, retry_s=HOUR_S, least_s=HOUR_S, kept_s=HOUR_S)


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def served(tmp_path: Path, issuer: Issuer) -> Iterator[Address]:
    with served_keys(tmp_path, issuer.jwks_bytes) as address:
        yield address


def _address(served: Address) -> KeyAddress:
    return KeyAddress(served.url, served.ca, None)


class Fetching:
    """Keys that are fetched, and how often others came."""

    def __init__(self, address: KeyAddress, pace: Pace) -> None:
        self.changes = 0
        self.keys = FetchedKeys("issuer", address, self._note, pace)

    def _note(self) -> None:
        self.changes += 1

    def has(self, key_id: str) -> bool:
        found = self.keys.keys()
        return found is not None and found.has(key_id)


def test_keys_are_fetched(served: Address) -> None:
    assert _address(served).fetch().has("first")
    assert "Authorization" not in served.requests[0]


def test_a_token_for_the_address_is_read_at_each_fetch(served: Address, tmp_path: Path) -> None:
    file = tmp_path / "token"
    address = replace(_address(served), bearer=file)
    for token in ("one", "two"):
        file.write_text(f"{token}\n")
        address.fetch()
    assert [request["Authorization"] for request in served.requests] == ["Bearer one", "Bearer two"]


@pytest.mark.parametrize("content", [b"a b", b"a\r\nX: y", b"\xff"])
def test_what_is_no_token_is_not_sent(served: Address, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(OSError, match="holds no token"):
        replace(_address(served), bearer=file).fetch()
    file.unlink()
    with pytest.raises(FileUnusable):
        replace(_address(served), bearer=file).fetch()
    assert not served.requests


def test_another_authoritys_server_is_not_believed(served: Address, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with served_keys(tmp_path / "other", b"{}") as other, pytest.raises(OSError, match="CERTIFICATE_VERIFY"):
        replace(_address(served), ca=other.ca).fetch()
    assert not served.requests


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirection_is_followed(served: Address, status: int) -> None:
    served.status, served.headers = status, {"Location": served.url}
    with pytest.raises(HTTPError):
        _address(served).fetch()
    assert len(served.requests) == 1


@pytest.mark.parametrize("status", [204, 401, 404, 500])
def test_only_ok_is_an_answer(served: Address, status: int) -> None:
    served.status = status
    with pytest.raises(OSError):
        _address(served).fetch()


def test_an_answer_that_is_torn_is_not_taken(served: Address) -> None:
    served.headers = {"Transfer-Encoding": "chunked"}
    with pytest.raises(OSError, match="isn't HTTP"):
        _address(served).fetch()
    served.headers, served.body = {"Content-Length": "100000"}, served.body[:10]
    with pytest.raises((OSError, KeySetInvalid)):
        _address(served).fetch()


@pytest.mark.parametrize("body", [b"", b"{}", b" " * (MAX_BYTES + 1), b" " * (4 * MAX_BYTES)])
def test_what_is_no_key_set_is_not_taken(served: Address, body: bytes) -> None:
    served.body = body
    with pytest.raises(KeySetInvalid):
        _address(served).fetch()


def test_a_missing_key_is_fetched_once(served: Address, issuer: Issuer) -> None:
    fetching = Fetching(_address(served), replace(PATIENT, least_s=0.0))
    wait_until(lambda: fetching.has("first"))
    issuer.rotate("second")
    served.body = issuer.jwks_bytes
    wait_until(lambda: fetching.keys.ask_again() and fetching.has("second"))
    assert not fetching.has("first")
    assert fetching.changes == 2
    fetching.keys.close()


def test_an_issuer_that_withdraws_all_keys_has_none(served: Address) -> None:
    fetching = Fetching(_address(served), replace(PATIENT, interval_s=0.01))
    wait_until(lambda: fetching.has("first"))
    served.body = b'{"keys": []}'
    wait_until(lambda: not fetching.has("first"))
    found = fetching.keys.keys()
    assert found is not None
    assert found.keys == ()
    assert fetching.changes == 2
    fetching.keys.close()


def test_nobody_can_have_keys_fetched_in_a_loop(served: Address) -> None:
    fetching = Fetching(_address(served), PATIENT)
    wait_until(lambda: fetching.has("first"))
    wait_until(lambda: not fetching.keys.ask_again())  # the first fetch has ended
    asking = [threading.Thread(target=fetching.keys.ask_again) for _ in range(50)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert not fetching.keys.ask_again()
    assert len(served.requests) == 1
    fetching.keys.close()


def test_keys_are_fetched_now_and_then(served: Address, issuer: Issuer) -> None:
    fetching = Fetching(_address(served), replace(PATIENT, interval_s=0.01))
    wait_until(lambda: len(served.requests) > 3)
    assert fetching.changes == 1  # the same keys are no change
    issuer.rotate("second")
    served.body = issuer.jwks_bytes
    wait_until(lambda: fetching.has("second"))
    fetching.keys.close()


def test_keys_are_kept_while_the_issuer_is_away_but_not_for_ever(served: Address) -> None:
    pace = Pace(interval_s=0.01, retry_s=0.01, least_s=0.0, kept_s=HOUR_S)
    kept, short = (
        Fetching(_address(served), pace),
        Fetching(_address(served), replace(pace, kept_s=0.2)),
    )
    wait_until(lambda: kept.has("first") and short.has("first"))
    served.status = 500
    wait_until(lambda: short.keys.keys() is None)
    assert kept.has("first")
    assert short.changes == 2
    served.status = 200
    wait_until(lambda: short.has("first"))
    for one in (kept, short):
        one.keys.close()


def test_an_issuer_that_is_away_at_the_start_is_tried_again(served: Address) -> None:
    served.status = 500
    fetching = Fetching(_address(served), replace(PATIENT, retry_s=0.01))
    wait_until(lambda: len(served.requests) > 2)
    assert fetching.keys.keys() is None
    served.status = 200
    wait_until(lambda: fetching.has("first"))
    fetching.keys.close()
