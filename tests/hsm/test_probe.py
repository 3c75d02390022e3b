"""The probe finds out what a token promises and doesn't keep."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from strongroom.hsm import Capability, Finding, KeyKind, KeyPurpose
from strongroom.hsm.probing import symmetric
from tests.hsm.backends import AES, has_nss, nss, softhsm


def test_the_known_answer_is_another_implementations_too() -> None:
    assert (
        AESGCM(symmetric._KEY).encrypt(symmetric._IV, symmetric._PLAINTEXT, symmetric._AAD)
        == symmetric._SEALED
    )


SOFTHSM_LACKS = {
    Capability.ED25519PH: Finding.FAILED,
    Capability.ML_DSA_44: Finding.UNSUPPORTED,
    Capability.ML_DSA_65: Finding.UNSUPPORTED,
    Capability.ML_DSA_87: Finding.UNSUPPORTED,
    Capability.ML_KEM_512: Finding.UNSUPPORTED,
    Capability.ML_KEM_768: Finding.UNSUPPORTED,
    Capability.ML_KEM_1024: Finding.UNSUPPORTED,
    Capability.ML_KEM_DATA_KEY_PAIRS: Finding.UNSUPPORTED,
    Capability.SM2: Finding.UNSUPPORTED,
    Capability.UNWRAP_SECRETS_SHA_1: Finding.FAILED,  # it doesn't say how long they are
    Capability.UNWRAP_SECRETS_SHA_256: Finding.FAILED,
    Capability.UNWRAP_RSA_SHA_256: Finding.FAILED,
}


def test_what_softhsm_can_do_is_found_out(tmp_path: Path) -> None:
    token = softhsm(tmp_path).open()
    try:
        findings = {row.capability: row.finding for row in token.capabilities.rows}
        assert findings == {**dict.fromkeys(Capability, Finding.SUPPORTED), **SOFTHSM_LACKS}
        assert token.capabilities.missing_for(*AES) == ""
        assert token.capabilities.row(Capability.ED25519PH).detail == "it signs as pure Ed25519"
    finally:
        token.close()


def test_without_the_profiles_word_oaep_is_left_to_the_token(tmp_path: Path) -> None:
    backend = softhsm(tmp_path)
    profile = backend.profile.with_overrides(oaep_sha_256_outside=False)
    token = type(backend)(backend.name, profile, backend.directory).open()
    try:
        assert not token.capabilities.supports(Capability.RSA_OAEP_SHA_256)
        assert "SHA-256" in token.capabilities.missing_for(KeyKind.RSA_2048, KeyPurpose.ENCRYPT)
    finally:
        token.close()


@pytest.mark.skipif(not has_nss(), reason="NSS softokn isn't installed")
def test_a_module_that_wraps_non_extractable_keys_is_found_lying(tmp_path: Path) -> None:
    token = nss(tmp_path).open()
    try:
        row = token.capabilities.row(Capability.PROTECTED_KEYS)
        assert row.finding is Finding.LYING
        assert token.capabilities.missing_for(*AES)
    finally:
        token.close()


def test_a_capability_switched_off_by_the_profile_is_not_used(tmp_path: Path) -> None:
    backend = softhsm(tmp_path)
    profile = backend.profile.with_overrides(switched_off=("AES_256_GCM",))
    token = type(backend)(backend.name, profile, backend.directory).open()
    try:
        assert token.capabilities.row(Capability.AES_256_GCM).finding is Finding.SWITCHED_OFF
        assert "switched off" in token.capabilities.missing_for(*AES)
    finally:
        token.close()
