"""Python arguments become the request that was meant, or ValueError."""

from collections.abc import Callable
from typing import Any

import pytest

from strongroom.client import (
    DecryptItem,
    EncryptItem,
    GenerateDataKeyItem,
    GenerateMacItem,
    SignItem,
    VerifyItem,
    names,
)
from strongroom.client._connections import channel_options
from strongroom.client._requests import encryption, key_pairs, keys, signing
from strongroom.v1 import resources_pb2 as v1

ALL_NAMES = [value for value in vars(names).values() if isinstance(value, names.Names)]


@pytest.mark.parametrize("kind", ALL_NAMES, ids=lambda kind: kind.what)
def test_names_go_both_ways_and_unknown_ones_are_refused_with_the_allowed(kind: names.Names[Any]) -> None:
    assert kind.allowed
    for name in kind.allowed:
        assert kind.name(kind.number(name)) == name
    for wrong in ("", "UNSPECIFIED", "AES", kind.allowed[0].lower()):
        with pytest.raises(ValueError) as caught:
            kind.number(wrong)
        assert kind.what in str(caught.value)
        assert kind.allowed[-1] in str(caught.value)


def test_numbers_newer_than_this_client_are_shown() -> None:
    assert names.KEY_SPECS.name(9999) == "9999"
    assert names.KEY_SPECS.name(0) == ""


def test_what_is_not_given_is_left_to_the_service() -> None:
    request = encryption.encrypt(EncryptItem("k", b"p"))
    assert request.encryption_algorithm == v1.ENCRYPTION_ALGORITHM_UNSPECIFIED
    assert signing.sign(SignItem("k", b"m", "SM2DSA")).message_type == v1.MESSAGE_TYPE_UNSPECIFIED


def test_every_argument_gets_into_the_request() -> None:
    encrypt = encryption.encrypt(EncryptItem("k", b"p", {"a": "b"}, "RSAES_OAEP_SHA_1", dry_run=True))
    assert (encrypt.key_id, encrypt.plaintext, dict(encrypt.encryption_context)) == ("k", b"p", {"a": "b"})
    assert (encrypt.encryption_algorithm, encrypt.dry_run) == (v1.ENCRYPTION_ALGORITHM_RSAES_OAEP_SHA_1, True)
    decrypt = encryption.decrypt(DecryptItem(b"c", "k", {"a": "b"}, "RSAES_OAEP_SHA_256"))
    assert (decrypt.ciphertext_blob, decrypt.key_id) == (b"c", "k")
    assert decrypt.encryption_algorithm == v1.ENCRYPTION_ALGORITHM_RSAES_OAEP_SHA_256
    moved = encryption.re_encrypt(
        b"c", "new", source_key_id="old", source_encryption_context={"a": "1"},
        source_encryption_algorithm="RSAES_OAEP_SHA_1", destination_encryption_context={"b": "2"},
        destination_encryption_algorithm="SYMMETRIC_DEFAULT", dry_run=False,
    )  # fmt: skip
    assert moved.source_encryption_algorithm == v1.ENCRYPTION_ALGORITHM_RSAES_OAEP_SHA_1
    assert moved.destination_encryption_algorithm == v1.ENCRYPTION_ALGORITHM_SYMMETRIC_DEFAULT
    verify = signing.verify(VerifyItem("k", b"m", b"s", "ECDSA_SHA_256", "DIGEST"))
    assert (verify.message, verify.signature, verify.message_type) == (b"m", b"s", v1.MESSAGE_TYPE_DIGEST)
    mac = signing.generate_mac(GenerateMacItem("k", b"m", "HMAC_SHA_384"))
    assert mac.mac_algorithm == v1.MAC_ALGORITHM_HMAC_SHA_384
    pair = key_pairs.generate_data_key_pair("k", "ML_KEM_512", encryption_context={"a": "b"}, dry_run=False)
    assert (pair.key_pair_spec, dict(pair.encryption_context)) == (
        v1.DATA_KEY_PAIR_SPEC_ML_KEM_512,
        {"a": "b"},
    )


def test_a_data_key_is_asked_for_by_name_or_by_length_never_both() -> None:
    by_name = encryption.generate_data_key(GenerateDataKeyItem("k"))
    assert (by_name.key_spec, by_name.HasField("number_of_bytes")) == (v1.DATA_KEY_SPEC_AES_256, False)
    by_length = encryption.generate_data_key(GenerateDataKeyItem("k", 7))
    assert (by_length.key_spec, by_length.number_of_bytes) == (v1.DATA_KEY_SPEC_UNSPECIFIED, 7)


@pytest.mark.parametrize(
    "build",
    [
        lambda: encryption.encrypt(EncryptItem("k", b"p", encryption_algorithm="AES")),
        lambda: signing.sign(SignItem("k", b"m", "ECDSA")),
        lambda: signing.sign(SignItem("k", b"m", "SM2DSA", "raw")),
        lambda: signing.generate_mac(GenerateMacItem("k", b"m", "HMAC_MD5")),
        lambda: key_pairs.generate_data_key_pair("k", "DSA", encryption_context=None, dry_run=False),
        lambda: key_pairs.encapsulate("k", encapsulation_algorithm="RSA", dry_run=False),
        lambda: keys.create_key(
            description="", key_spec="DSA", key_usage=None, origin="AWS_KMS", policy=None, tags=None,
            bypass_policy_lockout_safety_check=False, request_id=None,
        ),
    ],
)  # fmt: skip
def test_unknown_names_are_refused_before_anything_is_sent(build: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="There are: "):
        build()


def test_messages_do_not_show_in_the_repr_of_items() -> None:
    items = (
        EncryptItem("k", b"SECRET"),
        SignItem("k", b"SECRET", "SM2DSA"),
        GenerateMacItem("k", b"SECRET", "x"),
    )
    assert [item for item in items if "SECRET" in repr(item)] == []


def test_answers_of_a_whole_batch_are_taken() -> None:
    options = dict(channel_options())
    assert options["grpc.max_receive_message_length"] == 16 * 1024 * 1024
    assert "DescribeToken" in str(options["grpc.service_config"])
    assert "CreateAlias" not in str(options["grpc.service_config"])  # its repetition would be refused
