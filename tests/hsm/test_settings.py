"""PIN sources, token profiles, and the map of PKCS#11's errors."""

import os
import re
from pathlib import Path

import pkcs11
import pytest

from strongroom.hsm import PinSource, PinUnavailable, ProfileInvalid, builtin_profiles, load_profile
from strongroom.hsm.meanings import MEANINGS, Meaning, code_of, describe, meaning_of

_WORDED = re.compile(r'PKCS11Error\("([^"%]+)"\)')


def _secret(path: Path, text: str = "1234\n", mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_pin_is_read_from_file_environment_and_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _secret(tmp_path / "pin")
    monkeypatch.setenv("STRONGROOM_TEST_PIN", "1234")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    for source in (f"file:{tmp_path}/pin", "env:STRONGROOM_TEST_PIN", "credential:pin"):
        assert PinSource.parse(source).read() == "1234"


@pytest.mark.parametrize("text", ["1234", "", "file:", "pin:1234", ":x"])
def test_what_is_no_pin_source_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(PinUnavailable) as caught:
        PinSource.parse(text)
    assert not text or text not in str(caught.value).replace("file:PATH", "")


def test_a_pin_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = _secret(tmp_path / "pin", mode=0o640)
    with pytest.raises(PinUnavailable, match="chmod 600"):
        PinSource.parse(f"file:{path}").read()


def test_an_absent_or_empty_pin_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    _secret(tmp_path / "empty", "\n")
    for source in (
        f"file:{tmp_path}/none",
        f"file:{tmp_path}/empty",
        "env:STRONGROOM_NO_PIN",
        "credential:pin",
    ):
        with pytest.raises(PinUnavailable):
            PinSource.parse(source).read()


@pytest.mark.parametrize("name", builtin_profiles())
def test_the_packages_profiles_are_in_order(name: str) -> None:
    assert load_profile(name)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("modlues = []", "Did you mean `modules`"),
        ("modules = 'x'", "list of strings"),
        ("modules = []\nmax_sessions = 0", "positive"),
        ("modules = []\nuser_type = 'so'", "so"),
        ("modules = []\nenforces_allowed_mechanisms = 1", "true or false"),
        ("modules = []\n[error_meanings]\n0x5 = 'nonsense'", "NONSENSE"),
        ("label = 'x'", "modules"),
        ("modules = [", "isn't TOML"),
    ],
)
def test_a_profile_that_is_not_understood_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "profile.toml"
    path.write_text(text)
    with pytest.raises(ProfileInvalid, match=says):
        load_profile(str(path))


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(ProfileInvalid, match="softhsm2"):
        load_profile("no-such-profile")


def test_a_module_that_is_nowhere_is_refused() -> None:
    with pytest.raises(ProfileInvalid, match="No PKCS#11 module"):
        load_profile("generic").with_overrides(modules=(os.devnull + "/none",)).module_path()


def test_every_error_of_the_library_has_a_meaning() -> None:
    kinds = {
        kind
        for kind in vars(pkcs11.exceptions).values()
        if isinstance(kind, type) and issubclass(kind, pkcs11.PKCS11Error) and kind is not pkcs11.PKCS11Error
    }
    assert set(MEANINGS) == kinds


@pytest.mark.parametrize(
    ("text", "code", "meaning"),
    [
        ("Unmapped error code 0x1b", 0x1B, Meaning.PROTECTED),
        ("Unmapped error code 0x68", 0x68, Meaning.PROTECTED),
        ("Unmapped error code 0x80000001", 0x80000001, Meaning.AMBIGUOUS),
        ("Initialisation error (not initialized). Should never see this.", 0x190, Meaning.GONE),
        ("Buffer was too small. Should never see this.", 0x150, Meaning.AMBIGUOUS),
        ("something else", None, Meaning.AMBIGUOUS),
    ],
)
def test_codes_without_a_class_are_read_from_the_text(text: str, code: int | None, meaning: Meaning) -> None:
    error = pkcs11.PKCS11Error(text)
    assert code_of(error) == code
    assert meaning_of(error, {}) is meaning
    assert text not in describe(error)


def test_every_code_that_the_library_only_words_is_known() -> None:
    sources = (Path(pkcs11.__file__).with_name(f"_pkcs11.{suffix}") for suffix in ("pxd", "pyx"))
    texts = [text for source in sources for text in _WORDED.findall(source.read_text("utf-8"))]
    assert len(texts) > 4
    assert [text for text in texts if code_of(pkcs11.PKCS11Error(text)) is None] == []


def test_codes_are_named_for_people() -> None:
    assert "announced" in describe(pkcs11.PKCS11Error("Buffer was too small. Should never see this."))
    assert describe(pkcs11.PKCS11Error("Unmapped error code 0x1b")) == "CKR_ACTION_PROHIBITED"
    assert describe(pkcs11.PKCS11Error("Unmapped error code 0x80000001")) == "CKR 0x80000001"


def test_a_profile_may_say_what_a_vendors_code_means() -> None:
    error = pkcs11.PKCS11Error("Unmapped error code 0x80000001")
    assert meaning_of(error, {0x80000001: Meaning.GONE}) is Meaning.GONE


def test_a_profile_may_say_otherwise_of_every_code() -> None:
    assert meaning_of(pkcs11.exceptions.DeviceError(), {}) is Meaning.GONE
    assert meaning_of(pkcs11.exceptions.DeviceError(), {0x30: Meaning.AMBIGUOUS}) is Meaning.AMBIGUOUS
    assert meaning_of(pkcs11.exceptions.DeviceError(), {0x31: Meaning.AMBIGUOUS}) is Meaning.GONE


def test_no_two_errors_have_one_code() -> None:
    codes = [code for code, _ in MEANINGS.values() if code is not None]
    assert len(codes) == len(set(codes))
