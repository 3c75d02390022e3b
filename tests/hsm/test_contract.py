"""What every token must do, or be found unable to do."""

import os
from dataclasses import replace

import pytest

from strongroom.hsm import (
    CallKind,
    Capability,
    CiphertextRejected,
    Finding,
    IdentityMismatch,
    MaterialId,
    MaterialMissing,
    MaterialRef,
    MechanismUnsupported,
    Token,
    TokenCall,
    TokenObject,
    TokenState,
)
from tests.hsm.backends import AES

LABEL = "strongroom/test/key"


def test_an_open_token_is_up_and_describes_itself(token: Token) -> None:
    assert token.state is TokenState.UP
    assert token.description.serial
    assert token.heartbeat() or token.capabilities.missing_for(*AES)


@pytest.mark.parametrize("length", [1, 12, 1024, 1025, 5000])
def test_random_bytes_have_their_length_and_differ(token: Token, length: int) -> None:
    drawn = token.random(length)
    assert len(drawn) == length
    assert length < 8 or drawn != token.random(length)


def test_a_token_either_protects_keys_or_is_refused(token: Token, material_id: MaterialId) -> None:
    finding = token.capabilities.row(Capability.PROTECTED_KEYS).finding
    if finding is Finding.SUPPORTED:
        assert token.generate(material_id, LABEL, *AES).material_id == material_id
    else:
        with pytest.raises(MechanismUnsupported, match="keys that can't be taken out"):
            token.generate(material_id, LABEL, *AES)
        assert token.objects() == ()


@pytest.mark.parametrize("size", [0, 1, 16, 4096])
def test_what_was_encrypted_is_decrypted(keys: Token, material_id: MaterialId, size: int) -> None:
    ref = keys.generate(material_id, LABEL, *AES)
    plaintext = os.urandom(size)
    sealed = keys.use(keys.encryption(ref, plaintext, b"aad"))
    assert (len(sealed.iv), len(sealed.ciphertext)) == (12, size + 16)
    assert keys.use(keys.decryption(ref, sealed.iv, sealed.ciphertext, b"aad")) == plaintext


def test_ivs_do_not_repeat(keys: Token, material_id: MaterialId) -> None:
    ref = keys.generate(material_id, LABEL, *AES)
    assert len({keys.use(keys.encryption(ref, b"x", b"")).iv for _ in range(500)}) == 500


def test_whatever_is_altered_is_rejected_and_the_session_goes_on(
    keys: Token, material_id: MaterialId
) -> None:
    ref = keys.generate(material_id, LABEL, *AES)
    iv, ciphertext = keys.use(keys.encryption(ref, b"plaintext", b"aad"))
    other = keys.generate(MaterialId(bytes(16)), LABEL, *AES)
    cases = [
        (ref, bytes([iv[0] ^ 1]) + iv[1:], ciphertext, b"aad"),
        (ref, iv, bytes([ciphertext[0] ^ 1]) + ciphertext[1:], b"aad"),
        (ref, iv, ciphertext[:-1] + bytes([ciphertext[-1] ^ 128]), b"aad"),
        (ref, iv, ciphertext[:-1], b"aad"),
        (ref, iv, ciphertext + b"\0", b"aad"),
        (ref, iv, ciphertext[:15], b"aad"),
        (ref, iv, ciphertext, b""),
        (ref, iv, ciphertext, b"aad "),
        (other, iv, ciphertext, b"aad"),
    ]
    for case in cases:
        with pytest.raises(CiphertextRejected):
            keys.use(keys.decryption(*case))
        assert keys.use(keys.decryption(ref, iv, ciphertext, b"aad")) == b"plaintext"
    assert keys.state is TokenState.UP


def test_a_key_is_found_again_by_another_connection(backend, keys: Token, material_id: MaterialId) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    ref = keys.generate(material_id, LABEL, *AES)
    sealed = keys.use(keys.encryption(ref, b"x", b""))
    keys.close()
    again = backend.open()
    try:
        assert not again.warm(ref)
        assert again.use(again.decryption(ref, sealed.iv, sealed.ciphertext, b"")) == b"x"
        assert again.warm(ref)
    finally:
        again.close()


def test_objects_are_the_deployments_own_without_the_sentinel(keys: Token, material_id: MaterialId) -> None:
    assert keys.objects() == ()
    keys.generate(material_id, LABEL, *AES)
    assert keys.objects() == (TokenObject(material_id, LABEL),)


def test_a_destroyed_key_is_missing_and_others_are_not(keys: Token, material_id: MaterialId) -> None:
    lost, well = (
        keys.generate(material_id, LABEL, *AES),
        keys.generate(MaterialId(bytes(16)), LABEL, *AES),
    )
    assert keys.destroy(material_id, LABEL)
    assert not keys.destroy(material_id, LABEL)
    with pytest.raises(MaterialMissing):
        keys.use(keys.encryption(lost, b"x", b""))
    assert not keys.exists(lost)
    assert keys.exists(well)
    assert keys.use(keys.encryption(well, b"x", b""))


def test_of_many_calls_each_has_its_own_answer(keys: Token, material_id: MaterialId) -> None:
    lost, well = (
        keys.generate(material_id, LABEL, *AES),
        keys.generate(MaterialId(bytes(16)), LABEL, *AES),
    )
    iv, sealed = keys.use(keys.encryption(well, b"x", b"aad"))
    keys.destroy(material_id, LABEL)
    opened = keys.decryption(well, iv, sealed, b"aad")
    rejected = keys.decryption(well, iv, sealed, b"aae")
    missing = keys.encryption(lost, b"x", b"")
    broken = TokenCall(well, CallKind.SIGN, lambda _session, _handle: 1 // 0, ())
    answers = keys.use_each([opened, rejected, opened, missing, rejected, broken, opened])
    kinds = [CiphertextRejected, MaterialMissing, CiphertextRejected, ZeroDivisionError]
    assert [answers[index] for index in (0, 2, 6)] == [b"x"] * 3
    assert [type(answers[index]) for index in (1, 3, 4, 5)] == kinds
    assert keys.use_each([]) == []
    assert keys.state is TokenState.UP


def test_what_a_call_shows_of_itself_has_no_plaintext(keys: Token, material_id: MaterialId) -> None:
    ref = keys.generate(material_id, LABEL, *AES)
    assert "secret" not in repr(keys.encryption(ref, b"secret", b""))


def test_destroying_needs_id_and_label(keys: Token, material_id: MaterialId) -> None:
    ref = keys.generate(material_id, LABEL, *AES)
    assert not keys.destroy(material_id, "strongroom/test/other")
    assert not keys.destroy(MaterialId(bytes(16)), LABEL)
    assert keys.use(keys.encryption(ref, b"x", b""))


def test_a_key_that_did_not_make_the_check_is_refused(backend, keys: Token, material_id: MaterialId) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    ref = keys.generate(material_id, LABEL, *AES)
    other = keys.generate(MaterialId(bytes(16)), LABEL, *AES)
    keys.close()
    again = backend.open()
    try:
        with pytest.raises(IdentityMismatch):
            again.use(again.encryption(MaterialRef(material_id, LABEL, *AES, other.check), b"x", b""))
        with pytest.raises(MaterialMissing):
            again.use(
                again.encryption(
                    MaterialRef(material_id, "strongroom/test/other", *AES, ref.check), b"x", b""
                )
            )
        assert again.use(again.encryption(ref, b"x", b""))
    finally:
        again.close()


def test_a_key_is_found_under_its_own_label_alone(keys: Token, material_id: MaterialId) -> None:
    ref = keys.generate(material_id, LABEL, *AES)
    another = replace(ref, label="strongroom/test/system/key")
    keys.use(keys.encryption(ref, b"x", b""))  # its handle is known from here on
    assert not keys.warm(another)
    assert not keys.exists(another)
    call = keys.encryption(another, b"x", b"")
    with pytest.raises(MaterialMissing):
        keys.use(call)
    assert [type(answer) for answer in keys.use_each([call])] == [MaterialMissing]
    assert not keys.destroy(material_id, another.label)
    assert keys.exists(ref)
