"""Reading the audit trail back, and finding records in it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.server.audit.filters import Wanted
from strongroom.server.audit.following import Follower
from strongroom.server.audit.names import ABOUT_ITSELF
from strongroom.server.audit.reading import records_of, time_of
from tests.support.audit import Trail, record

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


@given(st.dictionaries(st.sampled_from(list(ENCRYPTED)), st.none() | st.integers() | st.text()))
def test_no_record_is_too_strange(strange: dict[str, Any]) -> None:
    odd = {name: value for name, value in strange.items() if name not in {"resources", "requestParameters"}}
    odd.pop("userIdentity", None)
    Wanted("k", "p", "a", ["o"], "s", "u", "ok", "r", "x").fits({"eventTime": "t", **odd})


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
    found = [one for one in records_of(tmp_path.glob("*.jsonl")) if one["eventName"] not in ABOUT_ITSELF]
    assert [one["n"] for one in found] == list(range(10))


def test_a_follower_gives_each_whole_record_once_and_finds_new_segments(tmp_path: Path) -> None:
    trail = Trail(tmp_path)
    sink = trail.sink("worker-0")
    sink.write([record(0)])
    follower = Follower([tmp_path])
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


def test_times_are_ordered_as_their_texts_are() -> None:
    texts = ["2026-11-28T10:00:00+00:00", "2026-11-28T10:00:00.000001+00:00", "2026-11-28T10:00:01+00:00"]
    assert sorted(texts) == texts == [time_of(json.loads(json.dumps({"eventTime": text}))) for text in texts]
