import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.server.core import blob
from strongroom.server.core.errors import InvalidCiphertext

MATERIAL_ID = bytes(range(16))


@given(iv=st.binary(min_size=12, max_size=12), sealed=st.binary(min_size=17, max_size=4112))
def test_a_packed_blob_is_parsed_into_its_parts(iv: bytes, sealed: bytes) -> None:
    packed = blob.pack(blob.header(MATERIAL_ID), iv, sealed)
    assert blob.parse(packed) == blob.Blob(blob.header(MATERIAL_ID), MATERIAL_ID, iv, sealed)


def test_a_blob_is_45_bytes_longer_than_its_plaintext() -> None:
    assert len(blob.pack(blob.header(MATERIAL_ID), bytes(12), bytes(1 + 16))) == 1 + blob.OVERHEAD_BYTES == 46


@pytest.mark.parametrize("length", [0, 1, 16, 17, 28, 29, 44, 45, 45 + 4097, 6144])
def test_no_other_length_is_a_blob(length: int) -> None:
    with pytest.raises(InvalidCiphertext) as caught:
        blob.parse(b"\x01" * length)
    assert caught.value.message == ""


@given(st.binary(max_size=200).filter(lambda data: data[:1] != blob.FORMAT))
def test_no_other_format_is_a_blob(data: bytes) -> None:
    with pytest.raises(InvalidCiphertext):
        blob.parse(data)


def test_a_material_has_a_name_of_64_hex_digits_towards_callers() -> None:
    name = blob.kms_material_id(MATERIAL_ID)
    assert len(name) == 64
    assert int(name, 16)
    assert name != blob.kms_material_id(bytes(16))
