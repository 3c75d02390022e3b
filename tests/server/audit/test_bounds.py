"""How much of a request is recorded."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.server.audit.bounds import MOST_BYTES, MOST_REFUSED_BYTES, bounded, bounded_text
from strongroom.server.core.policies.documents import MAX_POLICY_BYTES

LONG = st.builds(lambda text, times: text * times, st.text(max_size=20), st.integers(0, 400))
PARAMETERS = st.dictionaries(
    st.sampled_from(["policy", "conditions", "tags", "tagKeys", "description", "limit", "dryRun"]),
    st.one_of(
        LONG,
        st.integers(0, 1000),
        st.booleans(),
        st.dictionaries(LONG, LONG, max_size=80),
        st.lists(LONG, max_size=80),
        st.lists(st.fixed_dictionaries({"tagKey": LONG, "tagValue": LONG}), max_size=80),
    ),
)


def size(value: object) -> int:
    return len(orjson.dumps(value))


@given(PARAMETERS, st.sampled_from([MOST_BYTES, MOST_REFUSED_BYTES]))
def test_whatever_is_asked_for_the_record_is_bounded(parameters: dict[str, Any], most: int) -> None:
    found = bounded(parameters, most)
    assert size(found) < most * 1.2
    assert found.keys() == parameters.keys()
    if size(parameters) <= most:
        assert found == parameters


def test_what_is_escaped_counts_as_what_it_takes() -> None:
    (text,) = bounded({"description": "\x01" * 8192}, MOST_REFUSED_BYTES).values()
    shown = text.removesuffix("… (8192 characters)")
    assert set(shown) == {"\x01"}
    assert MOST_REFUSED_BYTES - 60 < size(text) < MOST_REFUSED_BYTES


def test_short_values_are_whole_beside_long_ones() -> None:
    short = {"keySpec": "RSA_2048", "tags": [{"tagKey": "a", "tagValue": "b"}], "limit": 5}
    found = bounded({"policy": "p" * 100_000, **short, "description": "d" * 300}, MOST_REFUSED_BYTES)
    assert {name: found[name] for name in short} == short
    assert found["description"] == "d" * 300
    assert found["policy"].startswith("p" * 1000)
    assert found["policy"].endswith("p… (100000 characters)")


def test_many_pairs_say_how_many_more_there_are() -> None:
    pairs = {f"name{number}": "v" * 100 for number in range(50)}
    shown = bounded({"conditions": pairs}, MOST_REFUSED_BYTES)["conditions"]
    missing = int(shown.pop("…").removesuffix(" more"))
    assert len(shown) + missing == 50
    assert list(shown) == list(pairs)[: len(shown)]
    *keys, more = bounded({"tagKeys": ["k" * 128] * 50}, MOST_REFUSED_BYTES)["tagKeys"]
    assert more == f"… {50 - len(keys)} more"


@pytest.mark.parametrize(
    "name", ["keyId", "targetKeyId", "sourceKeyId", "destinationKeyId", "aliasName", "grantId"]
)
def test_names_of_keys_and_grants_are_whole_where_they_can_be_names(name: str) -> None:
    long = {"encryptionContext": {"a": "b" * 8000}}
    assert bounded({name: "k" * 2048, **long}, MOST_REFUSED_BYTES)[name] == "k" * 2048
    assert size(bounded({name: "\x01" * 2048, **long}, MOST_REFUSED_BYTES)[name]) <= 2050


def test_the_policy_of_a_request_that_is_let_in_is_whole() -> None:
    policy = ('{"Sid":"a"},' * 3000)[:MAX_POLICY_BYTES]
    parameters = {"keyId": "k", "policy": policy}
    assert bounded(parameters, MOST_BYTES) is parameters


@given(LONG)
def test_other_texts_are_bounded(text: str) -> None:
    found = bounded_text(text)
    assert size(found) <= 1024
    assert found == text or found.endswith(f"… ({len(text)} characters)")
