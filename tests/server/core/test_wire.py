"""A message's fields are counted and found as protobuf counts them, and hostile ones end the count early."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.server.core.wire import has_at_most, items_in
from strongroom.v1 import batches_pb2, encryption_pb2, policy_service_pb2

ITEM = bytes.fromhex("0a00")  # field 1, length 0
ENCRYPT = encryption_pb2.EncryptRequest.DESCRIPTOR
TEXTS = st.text(max_size=20)


@given(st.binary(max_size=300), st.dictionaries(TEXTS, TEXTS, max_size=20), st.lists(TEXTS, max_size=5))
def test_fields_are_counted(plaintext: bytes, context: dict[str, str], tokens: list[str]) -> None:
    request = encryption_pb2.EncryptRequest(
        key_id="k", plaintext=plaintext, encryption_context=context, grant_tokens=tokens
    )
    body = request.SerializeToString()
    count = 1 + bool(plaintext) + 3 * len(context) + len(tokens)
    assert has_at_most(body, count, ENCRYPT)
    assert not has_at_most(body, count - 1, ENCRYPT)


def test_fields_of_messages_within_messages_are_counted_and_bytes_are_not() -> None:
    request = policy_service_pb2.CreateGrantRequest()
    request.constraints.encryption_context_subset.update({str(n): "" for n in range(100)})
    body = request.SerializeToString()
    assert has_at_most(body, 301, request.DESCRIPTOR)
    assert not has_at_most(body, 300, request.DESCRIPTOR)
    assert has_at_most(encryption_pb2.EncryptRequest(plaintext=100 * ITEM).SerializeToString(), 1, ENCRYPT)


@given(st.binary(max_size=200))
def test_any_bytes_have_an_answer(body: bytes) -> None:
    has_at_most(body, 10, ENCRYPT)
    items_in(body, 1, 10)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_items_are_found(plaintexts: list[bytes]) -> None:
    items = [encryption_pb2.EncryptRequest(key_id="k", plaintext=each) for each in plaintexts]
    body = batches_pb2.BatchEncryptRequest(items=items).SerializeToString()
    found = items_in(body, 1, len(items))
    assert found is not None
    assert [encryption_pb2.EncryptRequest.FromString(body[place]) for place in found] == items
    assert not items or items_in(body, 1, len(items) - 1) is None


def test_millions_of_empty_items_are_too_many() -> None:
    assert items_in(1000 * ITEM, 1, 1000) == [slice(n, n) for n in range(2, 2001, 2)]
    assert items_in(4_000_000 * ITEM, 1, 1000) is None


def test_all_kinds_of_values_are_passed_over() -> None:
    body = b"\x10\xff\x01" + b"\x11" + bytes(8) + b"\x15" + bytes(4) + ITEM
    assert items_in(body, 1, 4) == [slice(len(body), len(body))]
    assert items_in(body, 1, 3) is None
    assert has_at_most(body, 4, batches_pb2.BatchEncryptRequest.DESCRIPTOR)
    assert not has_at_most(body, 3, batches_pb2.BatchEncryptRequest.DESCRIPTOR)


@pytest.mark.parametrize("body", [b"\x0a", b"\x0a\x05x", b"\x0b" + ITEM, b"\x80" * 11, b"\x09\x00"])
def test_what_is_no_message_has_no_number_of_fields(body: bytes) -> None:
    assert not has_at_most(body, 1000, ENCRYPT)
    assert items_in(body, 1, 1000) is None
