"""The commands of signatures, MACs, secrets and key pairs, on a running service; checked by other programs."""

import base64
import hashlib
import json
import os
import pty
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from strongroom.client import Client, errors
from tests.client.conftest import Command


def _create(client: Client, spec: str, usage: str) -> str:
    return client.create_key(key_spec=spec, key_usage=usage).key_id


@pytest.fixture
def signer(client: Client) -> str:
    return _create(client, "ECC_NIST_P256", "SIGN_VERIFY")


@pytest.fixture
def mac_key(client: Client) -> str:
    return _create(client, "HMAC_384", "GENERATE_VERIFY_MAC")


def _openssl_verifies(directory: Path, message: str, signature: str, public: str, *options: str) -> bool:
    command = ["openssl", "dgst", "-sha256", *options, "-verify", public, "-signature", signature, message]
    return subprocess.run(command, cwd=directory, capture_output=True, check=False).returncode == 0


def test_what_is_signed_verifies_here_and_with_openssl(
    strongroom: Command, signer: str, tmp_path: Path
) -> None:
    (tmp_path / "m").write_bytes(b"message")
    assert strongroom("sign", signer, "--in", "m", "--out", "s").returncode == 0
    assert strongroom("public-key", signer, "--out", "p.pem").returncode == 0
    assert _openssl_verifies(tmp_path, "m", "s", "p.pem")
    valid = strongroom("verify", signer, "--in", "m", "--signature", "s")
    assert (valid.returncode, valid.stdout) == (0, b"The signature is valid.\n")


def test_a_large_file_is_signed_by_its_digest(strongroom: Command, client: Client, tmp_path: Path) -> None:
    key = _create(client, "RSA_2048", "SIGN_VERIFY")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(20_000_000)
    signed = strongroom("sign", key, "--digest", "--in", "large", "--out", "s")
    assert (signed.returncode, signed.stderr) == (0, b"")
    assert strongroom("public-key", key, "--out", "p.pem").returncode == 0
    pss = ("-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest")
    assert _openssl_verifies(tmp_path, "large", "s", "p.pem", *pss)
    piped = strongroom("verify", key, "--digest", "--signature", "s", stdin=bytes(20_000_000))
    assert piped.returncode == 0, piped.stderr


def test_progress_shows_on_a_terminal_only(strongroom: Command, signer: str, tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(50_000_000)
    for arguments, is_shown in (([], True), (["--output", "json"], False)):
        reader, writer = pty.openpty()
        run = strongroom(*arguments, "sign", signer, "--digest", "--in", "large", stderr=writer)
        os.close(writer)
        text = b""
        with suppress(OSError):  # nobody writes any more
            while data := os.read(reader, 4096):
                text += data
        os.close(reader)
        assert run.returncode == 0, text
        assert (b"Hashing large" in text) == is_shown


def test_an_invalid_signature_is_exit_code_1(strongroom: Command, signer: str, tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(strongroom("sign", signer, stdin=b"message").stdout)
    refused = strongroom("verify", signer, "--signature", "s", stdin=b"massage")
    assert refused.returncode == 1
    assert b"InvalidSignature" in refused.stderr
    assert b"--algorithm" in refused.stderr


def test_signing_answers_in_json(strongroom: Command, signer: str, tmp_path: Path) -> None:
    made = json.loads(strongroom("-o", "json", "sign", signer, stdin=b"m").stdout)
    assert made["signing_algorithm"] == "ECDSA_SHA_256"
    (tmp_path / "s").write_text(made["signature"])
    arguments = ["verify", signer, "--signature", "s", "--signature-encoding", "base64"]
    checked = json.loads(strongroom("-o", "json", *arguments, stdin=b"m").stdout)
    assert checked["signature_valid"] is True
    refused = strongroom("-o", "json", *arguments, stdin=b"n")
    assert json.loads(refused.stderr)["error"] == "InvalidSignature"


def test_digest_and_raw_of_one_message_are_the_same(strongroom: Command, signer: str, tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(strongroom("sign", signer, "--digest", stdin=b"m").stdout)
    assert strongroom("verify", signer, "--signature", "s", stdin=b"m").returncode == 0
    own = ["verify", signer, "--signature", "s", "--message-type", "DIGEST"]
    assert strongroom(*own, stdin=hashlib.sha256(b"m").digest()).returncode == 0


def test_macs_are_made_and_verified(strongroom: Command, mac_key: str, tmp_path: Path) -> None:
    made = strongroom("mac", mac_key, "--out", "mac", stdin=b"m")
    assert made.returncode == 0, made.stderr
    assert len((tmp_path / "mac").read_bytes()) == 48
    (tmp_path / "m").write_bytes(b"m")
    valid = strongroom("mac", mac_key, "--in", "m", "--verify", "mac")
    assert (valid.returncode, valid.stdout) == (0, b"The MAC is valid.\n")
    refused = strongroom("mac", mac_key, "--verify", "mac", stdin=b"n")
    assert refused.returncode == 1
    assert b"InvalidMac" in refused.stderr
    digested = strongroom("mac", mac_key, "--digest", stdin=b"m")
    assert digested.stdout == strongroom("mac", mac_key, stdin=hashlib.sha384(b"m").digest()).stdout


def test_a_key_of_another_usage_is_told_what_it_is(strongroom: Command, signer: str, mac_key: str) -> None:
    assert b"GENERATE_VERIFY_MAC" in strongroom("sign", mac_key, stdin=b"m").stderr
    assert b"SIGN_VERIFY" in strongroom("mac", signer, stdin=b"m").stderr


def test_rsa_encrypts_by_the_algorithm_that_is_given(
    strongroom: Command, client: Client, tmp_path: Path
) -> None:
    key = _create(client, "RSA_2048", "ENCRYPT_DECRYPT")
    algorithm = ["--algorithm", "rsaes_oaep_sha_256"]
    sealed = strongroom("encrypt", key, *algorithm, stdin=b"x")
    assert (sealed.returncode, len(sealed.stdout)) == (0, 256)
    assert strongroom("decrypt", "--key-id", key, *algorithm, stdin=sealed.stdout).stdout == b"x"
    assert strongroom("public-key", key, "--format", "der", "--out", "p").returncode == 0
    public = serialization.load_der_public_key((tmp_path / "p").read_bytes())
    assert isinstance(public, rsa.RSAPublicKey)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    offline = public.encrypt(b"offline", oaep)
    assert strongroom("decrypt", "--key-id", key, *algorithm, stdin=offline).stdout == b"offline"
    other = client.create_key().key_id
    arguments = ["re-encrypt", other, "--source-key-id", key, "--source-algorithm", "RSAES_OAEP_SHA_256"]
    moved = strongroom(*arguments, stdin=offline)
    assert strongroom("decrypt", stdin=moved.stdout).stdout == b"offline"


@pytest.mark.parametrize("encoding", [serialization.Encoding.PEM, serialization.Encoding.DER])
def test_a_shared_secret_is_the_peers_too(
    strongroom: Command, client: Client, tmp_path: Path, encoding: serialization.Encoding
) -> None:
    key = _create(client, "ECC_NIST_P256", "KEY_AGREEMENT")
    peer = ec.generate_private_key(ec.SECP256R1())
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    (tmp_path / "peer").write_bytes(peer.public_key().public_bytes(encoding, spki))
    derived = strongroom("derive", key, "--peer", "peer", "--out", "secret")
    assert derived.returncode == 0, derived.stderr
    own = serialization.load_der_public_key(client.get_public_key(key).public_key)
    assert isinstance(own, ec.EllipticCurvePublicKey)
    assert (tmp_path / "secret").read_bytes() == peer.exchange(ec.ECDH(), own)
    assert _is_the_callers_alone(tmp_path / "secret")


@pytest.mark.parametrize("suffix", [".pem", ".der"])
def test_a_data_key_pair_belongs_together(
    strongroom: Command, client: Client, tmp_path: Path, suffix: str
) -> None:
    key = client.create_key().key_id
    private, public = tmp_path / f"private{suffix}", tmp_path / f"public{suffix}"
    made = strongroom(
        "data-key-pair", key, "--spec", "ECC_NIST_P384", "--context", "a=b",
        "--private-out", private.name, "--public-out", public.name, "--ciphertext-out", "c",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert _is_the_callers_alone(private)
    loaded = _load_private(private.read_bytes())
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    assert loaded.public_key() == _load_public(public.read_bytes())
    opened = strongroom("decrypt", "--in", "c", "--context", "a=b").stdout
    again = serialization.load_der_private_key(opened, None)
    assert isinstance(again, ec.EllipticCurvePrivateKey)
    assert again.private_numbers() == loaded.private_numbers()


def test_a_data_key_pair_may_stay_encrypted(strongroom: Command, client: Client, tmp_path: Path) -> None:
    key = client.create_key().key_id
    arguments = [
        "--spec",
        "ECC_NIST_P256",
        "--without-plaintext",
        "--public-out",
        "p",
        "--ciphertext-out",
        "c",
    ]
    assert strongroom("data-key-pair", key, *arguments).returncode == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["c", "p"]
    opened = serialization.load_der_private_key(strongroom("decrypt", "--in", "c").stdout, None)
    assert isinstance(opened, ec.EllipticCurvePrivateKey)
    assert opened.public_key() == serialization.load_der_public_key((tmp_path / "p").read_bytes())


def test_a_secret_is_encapsulated_if_the_token_can(
    strongroom: Command, client: Client, tmp_path: Path
) -> None:
    try:
        key = _create(client, "ML_KEM_768", "ENCAPSULATE_DECAPSULATE")
    except errors.UnsupportedOperation:
        pytest.skip("the token has no ML-KEM")
    assert strongroom("encapsulate", key, "--secret-out", "s", "--ciphertext-out", "c").returncode == 0
    assert _is_the_callers_alone(tmp_path / "s")
    opened = strongroom("decapsulate", key, "--in", "c")
    assert opened.stdout == (tmp_path / "s").read_bytes()


def test_public_keys_come_in_four_forms(strongroom: Command, signer: str, client: Client) -> None:
    der = client.get_public_key(signer).public_key
    assert strongroom("public-key", signer, "--format", "der").stdout == der
    assert json.loads(strongroom("public-key", signer, "--format", "jwk").stdout)["crv"] == "P-256"
    assert strongroom("public-key", signer, "--format", "ssh").stdout.startswith(b"ecdsa-sha2-nistp256 ")
    shown = json.loads(strongroom("-o", "json", "public-key", signer).stdout)
    assert base64.b64decode(shown["public_key"]) == der
    assert shown["key_spec"] == "ECC_NIST_P256"
    refused = strongroom("public-key", _create(client, "ECC_SECG_P256K1", "SIGN_VERIFY"), "--format", "ssh")
    assert refused.returncode == 2
    assert b"SSH has no keys of this kind" in refused.stderr


def test_the_token_is_shown(strongroom: Command) -> None:
    shown = strongroom("token", COLUMNS="200")
    assert shown.returncode == 0, shown.stderr
    for text in (b"RSA_4096", b"CKM_AES_GCM", b"Data key pairs"):
        assert text in shown.stdout
    document = json.loads(strongroom("-o", "json", "token").stdout)
    assert {"key_spec", "key_usage", "is_supported", "missing"} == set(document["key_specs"][0])


@pytest.mark.parametrize("command", [["sign"], ["mac", "--algorithm", "HMAC_SHA_384"], ["public-key"]])
def test_keys_that_are_not_there_are_exit_code_1(strongroom: Command, command: list[str]) -> None:
    name, *rest = command
    absent = strongroom(name, "1234abcd-12ab-34cd-56ef-1234567890ab", *rest, stdin=b"m")
    assert absent.returncode == 1
    assert b"strongroom key list" in absent.stderr


def test_dry_runs_of_the_new_commands_have_their_exit_code(
    strongroom: Command, signer: str, mac_key: str
) -> None:
    assert strongroom("sign", signer, "--dry-run", stdin=b"m").returncode == 5
    assert strongroom("mac", mac_key, "--dry-run", stdin=b"m").returncode == 5


def _is_the_callers_alone(file: Path) -> bool:
    return not file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)


def _load_private(data: bytes) -> object:
    if data.startswith(b"-----"):
        return serialization.load_pem_private_key(data, None)
    return serialization.load_der_private_key(data, None)


def _load_public(data: bytes) -> object:
    if data.startswith(b"-----"):
        return serialization.load_pem_public_key(data)
    return serialization.load_der_public_key(data)
