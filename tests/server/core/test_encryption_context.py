from hypothesis import given
from hypothesis import strategies as st

from strongroom.server.core.encryption_context import MAX_BYTES, authenticated_data, encode, size_bytes

contexts = st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=6)


def test_the_encoding_is_the_documented_one() -> None:
    # u32 count, then by key: u32 length, key, u32 length, value.
    expected = "00000002000000016100000002626300000002c3bc00000000"
    assert encode({"ü": "", "a": "bc"}).hex() == expected


def test_an_empty_context_is_a_count_of_zero() -> None:
    assert encode({}) == bytes(4)


@given(contexts, contexts)
def test_two_contexts_are_encoded_alike_only_if_they_are_equal(
    one: dict[str, str], other: dict[str, str]
) -> None:
    assert (encode(one) == encode(other)) == (one == other)


@given(contexts)
def test_the_order_of_pairs_does_not_matter(context: dict[str, str]) -> None:
    assert encode(dict(reversed(context.items()))) == encode(context)


def test_moving_bytes_between_key_and_value_changes_the_encoding() -> None:
    assert encode({"ab": "c"}) != encode({"a": "bc"})


@given(contexts)
def test_header_and_context_are_kept_apart(context: dict[str, str]) -> None:
    data = authenticated_data(b"\x01" + bytes(16), context)
    assert data.endswith(b"\x01" + bytes(16) + encode(context))


@given(st.dictionaries(st.text(max_size=3000), st.text(max_size=3000), max_size=3))
def test_the_size_is_exact_where_it_matters(context: dict[str, str]) -> None:
    exact = sum(len(k.encode()) + len(v.encode()) for k, v in context.items())
    assert (size_bytes(context) > MAX_BYTES) == (exact > MAX_BYTES)
