"""Reading the audit trail back, and finding records in it."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.server.audit.filters import Wanted
from strongroom.server.audit.following import Follower
from strongroom.server.audit.names import ABOUT_ITSELF
from strongroom.server.audit.reading import record_of, records_of, time_of
from strongroom.server.cli.audit_reading import _line
from tests.support.audit import Trail, record
from tests.support.forging import KINDS, hostile

_MEMBERS = (
    "resources",
    "requestParameters",
    "responseElements",
    "serviceEventDetails",
    "userIdentity",
    "eventName",
)
_NAMES = st.sampled_from([*_MEMBERS, "ARN", "arn", "keyId", "keyMetadata"]) | st.text(max_size=3)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
)

KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:eu-local-1:111122223333:key/{KEY}"
ROLE = "arn:aws:iam::111122223333:role/billing"

ENCRYPTED = {
    "eventName": "Encrypt",
    "eventTime": "2026-11-28T10:00:00+00:00",
    "requestID": "r-1",
    "sourceIPAddress": "ipv4:10.0.0.1:4242",
    "userIdentity": {"arn": ROLE, "accountId": "111122223333"},
    "requestParameters": {"keyId": "alias/orders"},
    "resources": [{"ARN": ARN}],
}
DENIED = {**ENCRYPTED, "eventName": "Decrypt", "errorCode": "AccessDeniedException", "resources": []}


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (Wanted(), True),
        (Wanted(key=KEY), True),
        (Wanted(key=ARN), True),
        (Wanted(key="alias/orders"), True),
        (Wanted(key=KEY[1:]), False),
        (Wanted(key="alias/other"), False),
        (Wanted(principal=ROLE), True),
        (Wanted(principal="*role/bill*"), True),
        (Wanted(principal="role/bill*"), False),
        (Wanted(account="111122223333"), True),
        (Wanted(account="999988887777"), False),
        (Wanted(operations=["decrypt", "encrypt"]), True),
        (Wanted(operations=["Decrypt"]), False),
        (Wanted(since="2026-11-28T10:00:00+00:00"), True),
        (Wanted(since="2026-11-28T10:00:00.000001+00:00"), False),
        (Wanted(until="2026-11-28T10:00:00+00:00"), False),
        (Wanted(until="2026-11-28T10:00:00.000001+00:00"), True),
        (Wanted(outcome="ok"), True),
        (Wanted(outcome="failed"), False),
        (Wanted(request_id="r-1"), True),
        (Wanted(request_id="r-2"), False),
        (Wanted(source="10.0.0.1"), True),
        (Wanted(source="10.0.0.2"), False),
        (Wanted(key=KEY, outcome="denied"), False),
    ],
)
def test_what_a_record_must_be_like(wanted: Wanted, *, fits: bool) -> None:
    assert wanted.fits(ENCRYPTED) is fits


@pytest.mark.parametrize(
    ("outcome", "fits"),
    [("ok", False), ("failed", True), ("denied", True), ("AccessDeniedException", True), ("X", False)],
)
def test_outcomes(outcome: str, *, fits: bool) -> None:
    assert Wanted(outcome=outcome).fits(DENIED) is fits


@given(_JSON.filter(lambda value: isinstance(value, dict)))
def test_no_record_is_too_strange(strange: dict[str, Any]) -> None:
    odd = record_of(orjson.dumps({"eventTime": "t", **strange}) + b"\n")
    if odd is not None:
        for about_itself in (True, False):
            Wanted("k", "p", "a", ["o"], "s", "u", "ok", "r", "x", about_itself=about_itself).fits(odd)
        for wanted in (Wanted(key="x"), Wanted(principal="x"), Wanted(outcome="x"), Wanted(operations=["x"])):
            wanted.fits(odd)
        assert _line(odd).isprintable()


@pytest.mark.parametrize(
    "line",
    [
        b'{"eventTime":"t","x":' + b"[" * 300 + b"]" * 300 + b"}\n",
        b'{"eventTime":"t","x":' + b"[" * 5000 + b"]" * 5000 + b"}\n",
        b'{"eventTime":1}\n',
        b"[]\n",
        b"\xff\n",
        b'{"eventTime":"\\ud800"}\n',
    ],
)
def test_what_can_not_be_shown_is_no_record(line: bytes) -> None:
    assert record_of(line) is None


def test_the_key_that_was_made_is_shown() -> None:
    made = {"eventName": "CreateKey", "responseElements": {"keyMetadata": {"keyId": KEY}}}
    assert f"key/{KEY}" in _line({"eventTime": "t", **made})


def test_the_chains_are_merged_by_time_and_torn_lines_passed_over(tmp_path: Path) -> None:
    trail = Trail(tmp_path)
    first, second = trail.sink("worker-0"), trail.sink("worker-1")
    for number in range(10):
        at = {"eventTime": f"2999-11-28T10:00:{number:02}+00:00"}
        (first if number % 3 else second).write([{**record(number), **at}])
    first.close()
    second.close()
    with (tmp_path / "worker-0-00000001.jsonl").open("ab") as file:
        file.write(b'{"eventTime": "2026')
    (tmp_path / "other.jsonl").write_text("{}\n")
    found = [
        one for one in records_of(tmp_path.glob("*.jsonl"), _none) if one["eventName"] not in ABOUT_ITSELF
    ]
    assert [one["n"] for one in found] == list(range(10))


def test_a_follower_gives_each_whole_record_once_and_finds_new_segments(tmp_path: Path) -> None:
    trail = Trail(tmp_path)
    sink = trail.sink("worker-0")
    sink.write([record(0)])
    follower = Follower([tmp_path], _none)
    assert follower.poll() == []
    now = {"eventTime": "2026-11-28T10:00:00+00:00"}
    sink.write([{**record(1), **now}])
    path = tmp_path / "worker-0-00000001.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    assert follower.poll() == []
    path.write_bytes(whole)
    other = trail.sink("worker-1")
    other.write([{**record(2), **now}])
    assert [one.get("n") for one in follower.poll() if one["eventName"] == "Encrypt"] == [1, 2]
    assert follower.poll() == []
    sink.close()
    other.close()


def _none(path: Path, text: str) -> None:
    pytest.fail(f"{path}: {text}")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_of_records_is_passed_over_and_told(tmp_path: Path, kind: str) -> None:
    trail = Trail(tmp_path)
    trail.run("worker-0", 2)
    warned: list[str] = []
    follower = Follower([tmp_path], lambda path, _: warned.append(path.name))
    path = hostile(tmp_path / "worker-3-00000001.jsonl", kind)
    assert follower.poll() == follower.poll() == []
    assert warned == [path.name]
    Follower([tmp_path], _none)
    names = [
        one["eventName"]
        for one in records_of(tmp_path.glob("*.jsonl"), lambda path, _: warned.append(path.name))
    ]
    assert names.count("Encrypt") == 2
    assert warned == [path.name] * 2
    problems = [problem for problem in trail.verified().problems if problem.place.startswith(path.name)]
    assert len(problems) == 1


def test_times_are_ordered_as_their_texts_are() -> None:
    texts = ["2026-11-28T10:00:00+00:00", "2026-11-28T10:00:00.000001+00:00", "2026-11-28T10:00:01+00:00"]
    assert sorted(texts) == texts == [time_of(json.loads(json.dumps({"eventTime": text}))) for text in texts]
