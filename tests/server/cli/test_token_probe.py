import subprocess
from pathlib import Path

import pytest

from strongroom.hsm import ProfileInvalid, load_profile
from tests.server.cli.conftest import Deployment, run


def _module(profile: str) -> str:
    try:
        return load_profile(profile).module_path()
    except ProfileInvalid as error:
        pytest.skip(str(error))


@pytest.fixture
def unprotecting(tmp_path: Path) -> tuple[str, ...]:
    """Options for NSS softokn, which doesn't keep its keys from being wrapped."""
    module = _module("nss")
    pin = tmp_path / "nss.pin"
    pin.write_text("secret-pin\n")
    pin.chmod(0o600)
    database = tmp_path / "nss"
    database.mkdir()
    subprocess.run(["certutil", "-N", "-d", f"sql:{database}", "-f", pin], check=True, capture_output=True)
    profile = tmp_path / "nss.toml"
    reserved = f"configdir='sql:{database}' certPrefix='' keyPrefix='' secmod='secmod.db' flags="
    profile.write_text(f'modules = []\nlabel = "NSS Certificate DB"\nreserved = "{reserved}"\n')
    return ("--module", module, "--profile", str(profile), "--pin", f"file:{pin}")


def test_what_a_token_can_do_is_shown(deployment: Deployment) -> None:
    answer = deployment.run("token", "probe")
    assert answer.code == 0
    assert "CKM_AES_GCM" in answer.out
    assert "SYMMETRIC_DEFAULT" in answer.out


def test_what_a_token_can_do_is_told_in_json(deployment: Deployment) -> None:
    found = deployment.run("token", "probe", "--output", "json").json
    assert found["token"]["label"] == "dev"
    findings = {row["capability"]: row["finding"] for row in found["capabilities"]}
    assert findings["AES_256_GCM"] == "supported"
    assert findings["ED25519PH"] == "failed"
    keys = {(key["key_spec"], key["key_usage"]): key for key in found["keys"]}
    assert keys["SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"]["supported"] is True
    assert "CKM_ML_DSA" in keys["ML_DSA_44", "SIGN_VERIFY"]["missing"]


def test_a_probe_leaves_no_object(deployment: Deployment) -> None:
    deployment.run("token", "probe")
    assert deployment.pkcs11_tool("--list-objects") == ""


def test_a_token_that_does_not_protect_its_keys_is_told(unprotecting: tuple[str, ...]) -> None:
    answer = run("token", "probe", *unprotecting, "--output", "json")
    assert answer.code == 1
    findings = {row["capability"]: row["finding"] for row in answer.json["capabilities"]}
    assert findings["PROTECTED_KEYS"] == "lying"
    assert not any(key["supported"] for key in answer.json["keys"])
    assert "secret-pin" not in answer.out + answer.err


def test_what_failed_on_a_token_is_named(unprotecting: tuple[str, ...]) -> None:
    rows = run("token", "probe", *unprotecting, "--output", "json").json["capabilities"]
    (row,) = (row for row in rows if row["capability"] == "AES_256_GCM")
    assert row["finding"] == "failed"
    assert row["detail"].startswith("CKR_BUFFER_TOO_SMALL, the module gives more bytes than it announced")


def test_a_token_is_probed_without_a_configuration(deployment: Deployment) -> None:
    options = ("--module", _module("softhsm2"), "--label", "dev", "--pin", f"file:{deployment.directory}/pin")
    env = {"SOFTHSM2_CONF": str(deployment.directory / "softhsm.conf")}
    assert run("token", "probe", *options, env=env).code == 0


def test_a_profile_that_names_its_module_is_enough(deployment: Deployment) -> None:
    options = ("--profile", "softhsm2", "--label", "dev", "--pin", f"file:{deployment.directory}/pin")
    env = {"SOFTHSM2_CONF": str(deployment.directory / "softhsm.conf")}
    assert run("token", "probe", *options, env=env).code == 0


def test_a_token_that_is_not_there_is_told(deployment: Deployment) -> None:
    options = (
        "--module",
        _module("softhsm2"),
        "--label",
        "none",
        "--pin",
        f"file:{deployment.directory}/pin",
    )
    answer = run(
        "token", "probe", *options, env={"SOFTHSM2_CONF": str(deployment.directory / "softhsm.conf")}
    )
    assert answer.code == 75
    assert "'none'" in answer.err


def test_a_wrong_pin_is_told_but_not_shown(deployment: Deployment) -> None:
    (deployment.directory / "pin").write_text("wrong-pin-9876\n")
    answer = deployment.run("token", "probe")
    assert answer.code == 78
    assert "refused the PIN" in answer.err
    assert "9876" not in answer.err


@pytest.mark.parametrize(
    "options",
    [
        ["--label", "dev"],
        ["--module", "/x.so", "--label", "dev"],
        ["--module", "/x.so", "--pin", "env:PIN"],
    ],
    ids=["no module", "no pin", "no label"],
)
def test_a_token_that_is_not_named_clearly_is_wrong_usage(options: list[str]) -> None:
    assert run("token", "probe", *options).code == 2


def test_a_pin_given_as_an_argument_is_refused_and_not_repeated() -> None:
    answer = run("token", "probe", "--module", "/x.so", "--label", "dev", "--pin", "geheim")
    assert answer.code == 78
    assert "geheim" not in answer.out + answer.err
