"""Commands that are called wrongly say so before anything is sent: no service is there."""

import hashlib
from pathlib import Path
from typing import Self

import pytest
import typer
from typer.testing import CliRunner

from strongroom.cli import algorithms, digests, session
from strongroom.cli.commands import app
from strongroom.client import Decapsulated, Encapsulated, names
from tests.client.answers import key_metadata

SIGN = ["sign", "KEY", "--algorithm", "ECDSA_SHA_256"]
PAIR = ["data-key-pair", "KEY", "--spec", "RSA_2048", "--ciphertext-out", "c", "--public-out", "p"]

WRONG: dict[str, tuple[list[str], bytes, str]] = {
    "an unknown algorithm": (["sign", "KEY", "--algorithm", "DSA"], b"m", "RSASSA_PSS_SHA_256"),
    "an unknown encryption algorithm": (["encrypt", "KEY", "--algorithm", "DSA"], b"m", "RSAES_OAEP_SHA_1"),
    "an unknown key spec": (["key", "create", "--key-spec", "DSA"], b"", "ECC_SECG_P256K1"),
    "an unknown key usage": (["key", "create", "--key-usage", "DSA"], b"", "SIGN_VERIFY"),
    "an unknown pair spec": (["data-key-pair", "KEY", "--spec", "DSA"], b"", "RSA_2048"),
    "a long message to sign": (SIGN, bytes(4097), "add --digest"),
    "a long message to verify": (
        ["verify", "KEY", "--algorithm", "ECDSA_SHA_256", "--signature", "small", "--in", "large"],
        b"", "add --digest",
    ),
    "a long message for a MAC": (["mac", "KEY", "--algorithm", "HMAC_SHA_256"], bytes(4097), "add --digest"),
    "a long signature": (["verify", "KEY", "--signature", "large"], b"m", "this isn't one"),
    "two digests": ([*SIGN, "--digest", "--message-type", "RAW"], b"m", "leave --message-type out"),
    "a digest of an encoded input": ([*SIGN, "--digest", "--in-encoding", "hex"], b"m", "leave --in-encoding out"),
    "message and signature from one pipe": (["verify", "KEY", "--signature", "-"], b"m", "give --in"),
    "message and MAC from one pipe": (["mac", "KEY", "--verify", "-"], b"m", "give --in"),
    "a MAC made and verified": (["mac", "KEY", "--verify", "small", "--out", "new"], b"m", "--out or --verify"),
    "a pair without a place for its key": (PAIR, b"", "--private-out or --without-plaintext"),
    "a pair with two wishes": ([*PAIR, "--private-out", "k", "--without-plaintext"], b"", "--without-plaintext"),
    "two outputs in one file": ([*PAIR, "--private-out", "c"], b"", "a file of its own"),
    "two secrets in one file": (
        ["encapsulate", "KEY", "--secret-out", "s", "--ciphertext-out", "s"], b"", "a file of its own",
    ),
    "a file in the way": (["public-key", "KEY", "--out", "small"], b"", "--force"),
    "a data key in its ciphertext's file": (
        ["data-key", "KEY", "--plaintext-out", "d", "--ciphertext-out", "d"], b"", "a file of its own",
    ),
    "a directory": (["random", "1", "--out", "."], b"", "is a directory"),
    "a directory that isn't there": (["random", "1", "--out", "gone/file"], b"", "no such directory"),
    "a peer that is another thing": (["derive", "KEY", "--peer", "private.pem"], b"", "PRIVATE KEY"),
    "a peer that isn't there": (["derive", "KEY", "--peer", "gone.pem"], b"", "can't be read"),
    "nobody to ask": (["token"], b"", "STRONGROOM_ENDPOINT"),
    "a certificate and a token": (
        ["--endpoint", "localhost:1", "--ca", "small", "--cert", "small", "--token-file", "small", "token"],
        b"", "who asks must be clear",
    ),
    "a token file that isn't there": (
        ["--endpoint", "localhost:1", "--ca", "small", "--token-file", "gone", "token"], b"", "can't be read",
    ),
}  # fmt: skip


@pytest.fixture
def in_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small").write_bytes(b"x")
    (tmp_path / "large").write_bytes(bytes(6145))
    (tmp_path / "private.pem").write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    for name in ("ENDPOINT", "CA", "CERT", "KEY", "TOKEN_FILE"):
        monkeypatch.delenv(f"STRONGROOM_{name}", raising=False)
    monkeypatch.setenv("COLUMNS", "1000")
    return tmp_path


@pytest.mark.parametrize(("arguments", "stdin", "told"), WRONG.values(), ids=WRONG)
def test_wrong_usage_is_explained(in_files: Path, arguments: list[str], stdin: bytes, told: str) -> None:
    before = sorted(in_files.iterdir())
    result = CliRunner().invoke(app, arguments, input=stdin)
    assert result.exit_code == 2, result.output
    assert told in " ".join(result.output.split())
    assert sorted(in_files.iterdir()) == before


@pytest.mark.parametrize("command", [["key", "create"], ["data-key-pair"], ["sign"], ["encrypt"]])
def test_help_lists_the_names(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    text = CliRunner().invoke(app, [*command, "--help"]).output
    listed = {
        "create": names.KEY_SPECS.allowed,
        "data-key-pair": names.DATA_KEY_PAIR_SPECS.allowed,
        "sign": names.SIGNING_ALGORITHMS.allowed,
        "encrypt": names.ENCRYPTION_ALGORITHMS.allowed,
    }
    assert [name for name in listed[command[-1]] if name not in text] == []


RSA = tuple(name for name in names.SIGNING_ALGORITHMS.allowed if name.startswith("RSASSA"))


@pytest.mark.parametrize(
    ("offered", "message_type", "chosen"),
    [
        (("ECDSA_SHA_384",), "RAW", "ECDSA_SHA_384"),
        (("ECDSA_SHA_384",), "DIGEST", "ECDSA_SHA_384"),
        (RSA, "RAW", "RSASSA_PSS_SHA_256"),
        (RSA, "DIGEST", "RSASSA_PSS_SHA_256"),
        (("ED25519_SHA_512", "ED25519_PH_SHA_512"), "RAW", "ED25519_SHA_512"),
        (("ED25519_SHA_512", "ED25519_PH_SHA_512"), "DIGEST", "ED25519_PH_SHA_512"),
        (("ML_DSA_SHAKE_256",), "EXTERNAL_MU", "ML_DSA_SHAKE_256"),
    ],
)
def test_the_algorithm_is_found_in_the_key(offered: tuple[str, ...], message_type: str, chosen: str) -> None:
    assert algorithms.signing_algorithm(key_metadata(signing_algorithms=offered), message_type) == chosen


@pytest.mark.parametrize(
    ("offered", "message_type", "told"),
    [
        (("ED25519_SHA_512",), "DIGEST", "signs nothing of type DIGEST"),
        (("ML_DSA_SHAKE_256",), "DIGEST", "signs nothing of type DIGEST"),
        ((), "RAW", "signs nothing of type RAW"),
        (("RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512"), "RAW", "Give --algorithm, one of: RSASSA_PSS_SHA_384"),
    ],
)
def test_an_algorithm_that_is_not_plain_must_be_given(
    offered: tuple[str, ...], message_type: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as caught:
        algorithms.signing_algorithm(key_metadata(signing_algorithms=offered), message_type)
    assert caught.value.exit_code == 2
    assert told in capsys.readouterr().err


def test_a_key_without_macs_ends_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert algorithms.mac_algorithm(key_metadata(mac_algorithms=("HMAC_SHA_224",))) == "HMAC_SHA_224"
    with pytest.raises(typer.Exit):
        algorithms.mac_algorithm(key_metadata())
    assert "makes no MACs" in capsys.readouterr().err


def test_every_algorithm_with_a_hash_in_its_name_digests_by_that_hash(tmp_path: Path) -> None:
    file = tmp_path / "f"
    data = b"x" * (2 * digests.CHUNK_BYTES + 1)
    file.write_bytes(data)
    for algorithm, name in digests.HASHES.items():
        assert algorithm.endswith(name.removeprefix("sha"))
        assert digests.digest_of(file, algorithm, as_json=False) == hashlib.new(name, data).digest()
    known = {*names.SIGNING_ALGORITHMS.allowed, *names.MAC_ALGORITHMS.allowed}
    assert known - digests.HASHES.keys() == {"ED25519_SHA_512", "ML_DSA_SHAKE_256", "SM2DSA"}


@pytest.mark.parametrize("algorithm", ["ED25519_SHA_512", "ML_DSA_SHAKE_256", "SM2DSA"])
def test_algorithms_without_digest_say_so(algorithm: str, tmp_path: Path) -> None:
    with pytest.raises(typer.Exit):
        digests.digest_of(tmp_path, algorithm, as_json=False)


class _KemClient:
    """A service whose token has ML-KEM, as far as the commands need it."""

    def __init__(self, *_arguments: object, **_options: object) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None: ...

    def encapsulate(self, key_id: str, *, dry_run: bool) -> Encapsulated:
        return Encapsulated(bytes(32), b"c" * 1088, key_id, "ML_KEM")

    def decapsulate(self, key_id: str, blob: bytes, *, dry_run: bool) -> Decapsulated:
        assert blob == b"c" * 1088
        return Decapsulated(bytes(32), key_id, "ML_KEM")


def test_an_encapsulated_secret_and_its_ciphertext_go_into_files(
    in_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "Client", _KemClient)
    service = ["--endpoint", "h:1", "--ca", "small", "--cert", "small", "--key", "small"]
    made = CliRunner().invoke(
        app, [*service, "encapsulate", "KEY", "--secret-out", "s", "--ciphertext-out", "c"]
    )
    assert made.exit_code == 0, made.output
    assert (in_files / "c").read_bytes() == b"c" * 1088
    assert (in_files / "s").stat().st_mode & 0o777 == 0o600
    opened = CliRunner().invoke(app, [*service, "decapsulate", "KEY", "--in", "c", "--out", "again"])
    assert opened.exit_code == 0, opened.output
    assert (in_files / "again").read_bytes() == (in_files / "s").read_bytes()
