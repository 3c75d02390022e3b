"""The token goes away, comes back, or comes back as another."""

import ctypes
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from strongroom.hsm import (
    HsmError,
    MaterialId,
    MaterialMissing,
    PinRejected,
    Token,
    TokenNotFound,
    TokenState,
    TokenUnavailable,
)
from strongroom.hsm.login_guard import LoginFiles
from strongroom.hsm.token_profiles import InitializeMode
from tests.hsm.backends import AES, PIN, Backend
from tests.support.deployments import wait_until

LABEL = "strongroom/test/key"


@pytest.fixture
def states() -> list[TokenState]:
    return []


@pytest.fixture
def token(soft: Backend, states: list[TokenState]):  # type: ignore[no-untyped-def]  # noqa: ANN201
    token = soft.open(on_state=lambda state, _reason: states.append(state))
    yield token
    token.close()


def _initialise_anew(soft: Backend, pin: str) -> None:
    """Another process erases the token and makes one of the same label."""
    shutil.rmtree(soft.tokens)
    soft.tokens.mkdir()
    arguments = ["--init-token", "--free", "--label", "test", "--so-pin", "5678-so-pin", "--pin", pin]
    environment = {**os.environ, "SOFTHSM2_CONF": str(soft.conf)}
    subprocess.run(["softhsm2-util", *arguments], env=environment, check=True, capture_output=True)


def test_a_token_that_is_moved_away_and_back_is_used_again_within_two_seconds(
    soft: Backend, token: Token, material_id: MaterialId, states: list[TokenState]
) -> None:
    ref = token.generate(material_id, LABEL, *AES)
    sealed = token.use(token.encryption(ref, b"x", b""))
    away = soft.directory / "away"
    soft.tokens.rename(away)
    for call in (
        lambda: token.use(token.encryption(ref, b"x", b"")),
        lambda: token.use(token.decryption(ref, sealed.iv, sealed.ciphertext, b"")),
        token.objects,
        lambda: token.exists(ref),
        lambda: token.destroy(material_id, LABEL),
        lambda: token.generate(MaterialId(bytes(16)), LABEL, *AES),
    ):
        with pytest.raises(TokenUnavailable):
            call()
    assert not token.heartbeat()
    away.rename(soft.tokens)
    returned = time.monotonic()
    wait_until(lambda: token.state is TokenState.UP)
    assert token.use(token.decryption(ref, sealed.iv, sealed.ciphertext, b"")) == b"x"
    assert time.monotonic() - returned < 2
    assert states[0] is TokenState.UP
    assert states[-2:] == [TokenState.RECOVERING, TokenState.UP]


def test_a_heartbeat_notices_without_traffic(soft: Backend, token: Token) -> None:
    soft.tokens.rename(soft.directory / "away")
    assert not token.heartbeat()
    assert token.state is TokenState.RECOVERING


def test_a_token_initialised_anew_has_none_of_the_old_keys_and_takes_new_ones(
    soft: Backend, token: Token, material_id: MaterialId
) -> None:
    lost = token.generate(material_id, LABEL, *AES)
    _initialise_anew(soft, PIN)
    with pytest.raises(TokenUnavailable):
        token.use(token.encryption(lost, b"x", b""))
    wait_until(lambda: token.state is TokenState.UP)
    with pytest.raises(MaterialMissing):
        token.use(token.encryption(lost, b"x", b""))
    ref = token.generate(MaterialId(bytes(16)), LABEL, *AES)
    assert token.use(token.encryption(ref, b"x", b""))


def test_a_refused_pin_is_not_tried_again(soft: Backend, token: Token, states: list[TokenState]) -> None:
    _initialise_anew(soft, "another-pin")
    assert not token.heartbeat()
    wait_until(lambda: token.state is TokenState.DOWN)
    time.sleep(1)
    assert states.count(TokenState.DOWN) == 1
    with pytest.raises(TokenUnavailable, match="PIN"):
        token.random(1)


def test_a_wrong_pin_at_the_start_says_so_without_showing_it(soft: Backend) -> None:
    soft.write_pin("wrong-pin")
    with pytest.raises(PinRejected) as caught:
        soft.open()
    assert "wrong-pin" not in str(caught.value)


def test_a_token_of_another_label_is_not_found(soft: Backend) -> None:
    profile = soft.profile.with_overrides(label="other")
    with pytest.raises(TokenNotFound, match="other"):
        Backend("softhsm2", profile, soft.directory).open()


def test_a_file_torn_by_a_killed_login_is_put_back(soft: Backend, material_id: MaterialId) -> None:
    token = soft.open()
    ref = token.generate(material_id, LABEL, *AES)
    token.close()
    (file,) = soft.tokens.glob("*/token.object")
    for torn in (b"", file.read_bytes()[:20]):
        file.write_bytes(torn)
        again = soft.open()
        assert again.use(again.encryption(ref, b"x", b""))
        again.close()


def test_the_file_of_a_token_that_was_initialised_anew_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.object"
    file.write_bytes(b"generation1" + b"0123456789abcdef" + b"flags" + bytes(100))
    files = LoginFiles((str(file),), tmp_path)
    files.copy()
    another = b"generation1" + b"fedcba9876543210" + b"flags" + bytes(50)
    file.write_bytes(another)
    files.restore_torn()
    assert file.read_bytes() == another


def test_copies_of_login_files_are_the_owners_alone(tmp_path: Path) -> None:
    (tmp_path / "a.object").write_bytes(b"content")
    files = LoginFiles((f"{tmp_path}/*.object",), tmp_path / "run")
    (tmp_path / "run").mkdir()
    files.copy()
    (copy,) = (tmp_path / "run" / "token-login-copies").iterdir()
    assert copy.read_bytes() == b"content"
    assert copy.stat().st_mode & 0o077 == 0


KILLED = """
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.hsm.backends import Backend
from strongroom.hsm import load_profile
directory = Path(sys.argv[2])
profile = load_profile("softhsm2").with_overrides(
    label="test", environment={"SOFTHSM2_CONF": str(directory / "softhsm.conf")},
    login_files=(f"{directory}/tokens/*/token.object",))
print("begin", flush=True)
while True:
    Backend("softhsm2", profile, directory).open().close()
"""


def test_the_token_survives_kills_during_login(soft: Backend, material_id: MaterialId) -> None:
    token = soft.open()
    ref = token.generate(material_id, LABEL, *AES)
    token.close()
    root = Path(__file__).parents[2]
    for delay_ms in range(0, 40, 4):
        arguments = [sys.executable, "-c", KILLED, str(root), str(soft.directory)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(delay_ms / 1000)
            process.kill()
    again = soft.open()
    assert again.use(again.encryption(ref, b"x", b""))
    again.close()


HAMMER = """
import sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.hsm.backends import AES, Backend
from strongroom.hsm import MaterialId, load_profile
directory = Path(sys.argv[2])
profile = load_profile("softhsm2").with_overrides(
    label="test", environment={"SOFTHSM2_CONF": str(directory / "softhsm.conf")})
token = Backend("softhsm2", profile, directory).open()
ref = token.generate(MaterialId(bytes(16)), "strongroom/test/shared", *AES)
end, counts, failures = time.monotonic() + 3, [0, 0, 0], []
def encrypt():
    while time.monotonic() < end:
        iv, sealed = token.use(token.encryption(ref, b"x" * 100, b"a"))
        assert token.use(token.decryption(ref, iv, sealed, b"a")) == b"x" * 100
        counts[0] += 1
def generate():
    while time.monotonic() < end:
        material_id = MaterialId(token.random(16))
        made = token.generate(material_id, "strongroom/test/made", *AES)
        assert token.use(token.encryption(made, b"y", b""))
        assert token.destroy(material_id, made.label)
        counts[1] += 1
def find():
    while time.monotonic() < end:
        assert token.exists(ref)
        assert token.objects()
        counts[2] += 1
def guarded(work):
    try:
        work()
    except BaseException as error:
        failures.append(repr(error))
threads = [threading.Thread(target=guarded, args=(work,)) for work in (encrypt, encrypt, generate, generate, find)]
for thread in threads: thread.start()
for thread in threads: thread.join()
token.close()
print(counts)
assert not failures, failures
assert min(counts) > 5, counts
"""


def test_threads_that_encrypt_generate_and_search_do_not_disturb_each_other(soft: Backend) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", HAMMER, str(root), str(soft.directory)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_module_that_was_finalised_behind_our_back_is_initialised_again(soft: Backend) -> None:
    profile = soft.profile.with_overrides(initialize=InitializeMode.PLAIN)
    token = Backend("softhsm2", profile, soft.directory).open()
    ctypes.CDLL(profile.module_path()).C_Finalize(None)
    with pytest.raises(TokenUnavailable):
        token.random(1)
    wait_until(lambda: token.state is TokenState.UP)
    assert token.random(1)
    token.close()


def test_recovery_goes_on_while_the_lock_directory_is_away(soft: Backend, token: Token) -> None:
    soft.tokens.rename(soft.directory / "away")
    run = soft.directory / "run"
    run.rename(soft.directory / "run-away")
    run.touch()
    assert not token.heartbeat()
    time.sleep(0.5)
    run.unlink()
    (soft.directory / "away").rename(soft.tokens)
    wait_until(lambda: token.state is TokenState.UP)
    assert token.random(1)


def test_a_closed_token_does_nothing_more(soft: Backend) -> None:
    token = soft.open()
    token.close()
    with pytest.raises(HsmError):
        token.random(1)
    assert token.state is TokenState.CLOSED


def test_many_threads_share_one_session_in_turns(soft: Backend) -> None:
    token = replace(soft, profile=soft.profile.with_overrides(max_sessions=2)).open()
    ref = token.generate(MaterialId(bytes(16)), "strongroom/test/key", *AES)
    with ThreadPoolExecutor(8) as pool:
        sealed = list(pool.map(lambda _: token.use(token.encryption(ref, b"x", b"")), range(400)))
    assert len({s.iv for s in sealed}) == 400
    token.close()


def test_a_token_is_found_by_its_serial_number(soft: Backend, token: Token) -> None:
    serial = token.description.serial
    token.close()
    by_serial = replace(soft, profile=replace(soft.profile, label=None, serial=serial)).open()
    assert by_serial.description.serial == serial
    by_serial.close()
    with pytest.raises(TokenNotFound):
        replace(soft, profile=replace(soft.profile, label=None, serial="0" * 16)).open()
