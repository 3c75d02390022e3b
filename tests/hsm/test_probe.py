"""The probe finds out what a token promises and doesn't keep."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from strongroom.hsm import Capability, Finding, probing
from tests.hsm.backends import has_nss, nss, softhsm


def test_the_known_answer_is_another_implementations_too() -> None:
    assert AESGCM(probing._KEY).encrypt(probing._IV, probing._PLAINTEXT, probing._AAD) == probing._SEALED


def test_softhsm_can_do_all_that_symmetric_keys_need(tmp_path: Path) -> None:
    token = softhsm(tmp_path).open()
    try:
        assert {row.finding for row in token.capabilities.rows} == {Finding.SUPPORTED}
        assert token.missing(Capability.AES_256_GCM) == ""
    finally:
        token.close()


@pytest.mark.skipif(not has_nss(), reason="NSS softokn isn't installed")
def test_a_module_that_wraps_non_extractable_keys_is_found_lying(tmp_path: Path) -> None:
    token = nss(tmp_path).open()
    try:
        row = token.capabilities.row(Capability.PROTECTED_KEYS)
        assert row.finding is Finding.LYING
        assert token.missing(Capability.AES_256_GCM)
    finally:
        token.close()


def test_a_capability_switched_off_by_the_profile_is_not_used(tmp_path: Path) -> None:
    backend = softhsm(tmp_path)
    profile = backend.profile.with_overrides(switched_off=("AES_256_GCM",))
    token = type(backend)(backend.name, profile, backend.directory).open()
    try:
        assert token.capabilities.row(Capability.AES_256_GCM).finding is Finding.SWITCHED_OFF
        assert "switched off" in token.missing(Capability.AES_256_GCM)
    finally:
        token.close()
