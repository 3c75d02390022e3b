"""A message's fields are counted as protobuf counts them, and hostile ones end the count early."""

from hypothesis import given
from hypothesis import strategies as st

from strongroom.server.core.wire import has_at_most
from strongroom.v1 import batches_pb2, encryption_pb2

ITEM = bytes.fromhex("0a00")  # field 1, length 0


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_items_are_counted(plaintexts: list[bytes]) -> None:
    items = [encryption_pb2.EncryptRequest(key_id="k", plaintext=each) for each in plaintexts]
    body = batches_pb2.BatchEncryptRequest(items=items).SerializeToString()
    assert has_at_most(body, len(items))
    assert not items or not has_at_most(body, len(items) - 1)


@given(st.binary(max_size=200))
def test_any_bytes_have_an_answer(body: bytes) -> None:
    has_at_most(body, 10)


def test_millions_of_empty_items_are_too_many() -> None:
    assert has_at_most(1000 * ITEM, 1000)
    assert not has_at_most(4_000_000 * ITEM, 1000)


def test_all_kinds_of_values_are_passed_over() -> None:
    body = b"\x08\xff\x01" + b"\x09" + bytes(8) + b"\x0d" + bytes(4) + ITEM
    assert has_at_most(body, 4)
    assert not has_at_most(body, 3)


def test_what_is_no_message_has_no_number_of_fields() -> None:
    for body in (b"\x0a", b"\x0a\x05x", b"\x0b" + ITEM, b"\x80" * 11, b"\x09\x00"):
        assert not has_at_most(body, 1000)
