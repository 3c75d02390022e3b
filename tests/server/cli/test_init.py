import contextlib
import os
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from strongroom.server.config import load_settings
from tests.server.cli.conftest import STRONGROOMD, Deployment, clean_environment, run

FILES = {
    "audit",
    "env.sh",
    "pin",
    "pki",
    "so-pin",
    "softhsm.conf",
    "strongroom.db",
    "strongroom.toml",
    "tokens",
}


def _snapshot(directory: Path) -> dict[Path, tuple[int, bytes]]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def test_everything_is_made(deployment: Deployment) -> None:
    assert {path.name for path in deployment.directory.iterdir()} == FILES
    settings = load_settings(deployment.config, check_files=True)
    assert settings.server.listen == f"127.0.0.1:{deployment.port}"
    assert settings.deployment.name == "dev"


def test_nothing_is_open_to_others(deployment: Deployment) -> None:
    paths = [deployment.directory, *deployment.directory.rglob("*")]
    assert not [path for path in paths if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]


def test_a_deployment_that_was_made_can_be_checked_and_its_token_used(deployment: Deployment) -> None:
    assert deployment.run("check-config").code == 0
    assert deployment.run("token", "probe").code == 0


def test_nothing_is_left_beside_it(deployment: Deployment) -> None:
    assert [path.name for path in deployment.directory.parent.iterdir()] == ["dev"]


def test_the_certificates_are_accepted_by_openssl(deployment: Deployment) -> None:
    pki = deployment.directory / "pki"
    for purpose, name in (("sslserver", "server.pem"), ("sslclient", "client.pem")):
        options = ("-x509_strict", "-purpose", purpose, "-CAfile", str(pki / "ca.pem"))
        subprocess.run(["openssl", "verify", *options, str(pki / name)], check=True, capture_output=True)
    shown = [
        subprocess.run(
            ["openssl", "x509", "-noout", "-ext", "subjectAltName", "-in", pki / name],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for name in ("server.pem", "client.pem")
    ]
    assert "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1" in shown[0]
    assert "URI:spiffe://dev.strongroom/client/admin" in shown[1]


def test_the_environment_file_names_what_a_client_needs(deployment: Deployment) -> None:
    printed = subprocess.run(
        ["sh", "-c", '. "$0" && env', deployment.directory / "env.sh"],
        check=True,
        capture_output=True,
        text=True,
        env=clean_environment(),
    ).stdout.splitlines()
    assert f"STRONGROOM_ENDPOINT=127.0.0.1:{deployment.port}" in printed
    for name, value in {**deployment.client, "STRONGROOMD_CONFIG": str(deployment.config)}.items():
        assert f"{name}={value}" in printed
        assert Path(value).is_file()


def test_nothing_is_overwritten(deployment: Deployment) -> None:
    before = _snapshot(deployment.directory)
    answer = run("init", "--dir", deployment.directory)
    assert answer.code == 1
    assert "Nothing was changed" in answer.err
    assert _snapshot(deployment.directory) == before


def test_a_file_in_the_way_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "dev").write_text("mine")
    assert run("init", "--dir", tmp_path / "dev").code == 1
    assert (tmp_path / "dev").read_text() == "mine"


def test_an_empty_directory_is_used(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    assert run("init", "--dir", tmp_path / "dev").code == 0
    assert (tmp_path / "dev" / "strongroom.toml").is_file()


def test_errors_are_json_if_the_answer_is(deployment: Deployment) -> None:
    answer = run("init", "--dir", deployment.directory, "--output", "json")
    assert '"type": "AlreadyInitialised"' in answer.err
    assert answer.out == ""


def test_what_was_made_is_told_in_json(tmp_path: Path) -> None:
    made = run("init", "--dir", tmp_path / "dev", "--output", "json").json
    assert Path(made["config"]).is_file()
    assert Path(made["environment"]).is_file()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--name", "Prod"], "--name"),
        (["--account-id", "1"], "--account-id"),
        (["--region", "local"], "--region"),
        (["--listen", "8443"], "--listen"),
        (["--token-label", "x"], "--token-profile"),
        (["--token-profile", "generic", "--token-label", "x", "--pin", "1234"], "--pin"),
        (["--token-profile", "generic", "--pin", "env:PIN"], "--token-label"),
        (["--softhsm-module", "x.so", "--pin", "env:PIN"], "--softhsm-module"),
    ],
)
def test_a_wrong_option_is_named_and_leaves_nothing(tmp_path: Path, options: list[str], named: str) -> None:
    answer = run("init", "--dir", tmp_path / "dev", *options)
    assert answer.code == 2
    assert named in answer.err
    assert "1234" not in answer.err
    assert not list(tmp_path.iterdir())


def test_a_path_that_other_configurations_would_misread_is_refused(tmp_path: Path) -> None:
    answer = run("init", "--dir", tmp_path / "a=b")
    assert answer.code == 2
    assert not list(tmp_path.iterdir())


def test_a_strange_path_is_fine(tmp_path: Path) -> None:
    directory = tmp_path / 'it\'s "a" [dir] \\ ü'
    assert run("init", "--dir", directory).code == 0
    assert run("token", "probe", "--config", directory / "strongroom.toml").code == 0
    assert list((directory / "run" / "token-login-copies").iterdir()), "the token's file isn't kept a copy of"


def test_a_module_that_is_not_there_leaves_nothing(tmp_path: Path) -> None:
    answer = run("init", "--dir", tmp_path / "dev", "--softhsm-module", tmp_path / "none.so")
    assert answer.code == 78
    assert "none.so" in answer.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_init_leaves_all_or_nothing(tmp_path: Path, number: signal.Signals) -> None:
    process = _start_and_signal(tmp_path, number)
    names = [path.name for path in tmp_path.iterdir()]
    assert names == (["dev"] if process.returncode == 0 else [])


def test_a_killed_init_leaves_no_deployment_and_can_be_repeated(tmp_path: Path) -> None:
    _start_and_signal(tmp_path, signal.SIGKILL)
    with contextlib.suppress(FileNotFoundError):
        assert {path.name for path in (tmp_path / "dev").iterdir()} == FILES
    assert run("init", "--dir", tmp_path / "dev").code in {0, 1}
    assert run("check-config", "--config", tmp_path / "dev" / "strongroom.toml").code == 0


def _start_and_signal(directory: Path, number: signal.Signals) -> subprocess.Popen[bytes]:
    """Signals an init as soon as it has begun to make something."""
    process = subprocess.Popen(
        [*STRONGROOMD, "init", "--dir", str(directory / "dev")],
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not any(directory.iterdir()):
        time.sleep(0.001)
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, number)
    process.wait(timeout=60)
    return process


def test_an_existing_token_is_used_and_not_changed(deployment: Deployment, tmp_path: Path) -> None:
    profile = tmp_path / "vendor.toml"
    soft = load_settings(deployment.config).token
    module = run_module_path()
    profile.write_text(
        f'modules = ["{module}"]\n[environment]\nSOFTHSM2_CONF = "{soft.environment["SOFTHSM2_CONF"]}"\n'
    )
    before = _snapshot(deployment.directory / "tokens")
    options = (
        "--token-profile",
        profile,
        "--token-label",
        "dev",
        "--pin",
        f"file:{deployment.directory}/pin",
    )
    assert run("init", "--dir", tmp_path / "second", "--name", "second", *options).code == 0
    assert _snapshot(deployment.directory / "tokens") == before
    assert not (tmp_path / "second" / "tokens").exists()
    assert run("token", "probe", "--config", tmp_path / "second" / "strongroom.toml").code == 0


def test_a_pin_that_cannot_be_read_is_told_before_anything_is_made(tmp_path: Path) -> None:
    options = ("--token-profile", "softhsm2", "--token-label", "x", "--pin", f"file:{tmp_path}/none")
    answer = run("init", "--dir", tmp_path / "dev", *options)
    assert answer.code == 78
    assert not list(tmp_path.iterdir())


def run_module_path() -> str:
    from strongroom.hsm import load_profile

    return load_profile("softhsm2").module_path()
