"""`strongroom key import`: brings a key of any file format, wrapped on its way."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from strongroom.client import Client
from tests.client.conftest import Command
from tests.support.wrapping import wrap

RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
SHORT = ("--wrapping-key-spec", "RSA_2048")


def _create(client: Client, spec: str = "SYMMETRIC_DEFAULT", usage: str | None = None) -> str:
    return client.create_key(key_spec=spec, key_usage=usage, origin="EXTERNAL").key_id


def test_a_secret_key_is_imported_from_raw_bytes_hex_or_base64(
    strongroom: Command, client: Client, tmp_path: Path
) -> None:
    secret = os.urandom(32)
    (tmp_path / "raw").write_bytes(secret)
    created = strongroom("-o", "json", "key", "create", "--origin", "EXTERNAL")
    key_id = json.loads(created.stdout)["key_id"]
    done = strongroom("-o", "json", "key", "import", key_id, "--in", "raw", *SHORT)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["key_state"] == "Enabled"
    for encoding, text in (("hex", secret.hex().encode() + b"\n"), ("base64", _base64(secret))):
        more = ("--in", "-", "--in-encoding", encoding, "--valid-days", "30", *SHORT)
        again = strongroom("-o", "json", "key", "import", key_id, *more, stdin=text)
        assert json.loads(again.stdout) == answer
    assert client.describe_key(key_id).valid_to is not None


def _base64(data: bytes) -> bytes:
    return subprocess.run(["openssl", "base64"], input=data, capture_output=True, check=True).stdout


FORMATS = {
    "PKCS #8 in PEM": (Encoding.PEM, PrivateFormat.PKCS8),
    "PKCS #8 in DER": (Encoding.DER, PrivateFormat.PKCS8),
    "the older form in PEM": (Encoding.PEM, PrivateFormat.TraditionalOpenSSL),
    "the older form in DER": (Encoding.DER, PrivateFormat.TraditionalOpenSSL),
}


@pytest.mark.parametrize("name", FORMATS)
def test_private_keys_are_imported_from_every_form(
    strongroom: Command, client: Client, tmp_path: Path, name: str
) -> None:
    encoding, form = FORMATS[name]
    (tmp_path / "rsa").write_bytes(RSA_KEY.private_bytes(encoding, form, NoEncryption()))
    (tmp_path / "ec").write_bytes(EC_KEY.private_bytes(encoding, form, NoEncryption()))
    key_id = _create(client, "RSA_2048", "SIGN_VERIFY")
    done = strongroom("key", "import", key_id, "--in", "rsa", *SHORT)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.endswith(b"the key is Enabled.\n")
    signature = client.sign(key_id, b"m", signing_algorithm="RSASSA_PKCS1_V1_5_SHA_256").signature
    RSA_KEY.public_key().verify(signature, b"m", padding.PKCS1v15(), hashes.SHA256())
    key_id = _create(client, "ECC_NIST_P256", "SIGN_VERIFY")
    assert strongroom("key", "import", key_id, "--in", "ec", *SHORT).returncode == 0
    signature = client.sign(key_id, b"m", signing_algorithm="ECDSA_SHA_256").signature
    EC_KEY.public_key().verify(signature, b"m", ec.ECDSA(hashes.SHA256()))


def test_an_encrypted_private_key_needs_its_passphrase(
    strongroom: Command, client: Client, tmp_path: Path
) -> None:
    pem = EC_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open sesame"))
    (tmp_path / "key.pem").write_bytes(pem)
    (tmp_path / "right").write_text("open sesame\n")
    (tmp_path / "wrong").write_text("open barley\n")
    key_id = _create(client, "ECC_NIST_P256", "SIGN_VERIFY")
    command = ("key", "import", key_id, "--in", "key.pem", *SHORT)
    refused = strongroom(*command)
    assert (refused.returncode, b"--passphrase-file" in refused.stderr) == (2, True)
    refused = strongroom(*command, "--passphrase-file", "wrong")
    assert (refused.returncode, b"passphrase is wrong" in refused.stderr) == (2, True)
    done = strongroom(*command, "--passphrase-file", "right")
    assert (done.returncode, done.stderr) == (0, b"")


def test_private_keys_of_openssh_are_imported(strongroom: Command, client: Client, tmp_path: Path) -> None:
    (tmp_path / "id_ecdsa").write_bytes(
        EC_KEY.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    )
    key_id = _create(client, "ECC_NIST_P256", "SIGN_VERIFY")
    done = strongroom("key", "import", key_id, "--in", "id_ecdsa", *SHORT)
    assert (done.returncode, done.stderr) == (0, b"")


# Of ssh-keygen, for this test alone; its passphrase is "open sesame".
OPENSSH_ENCRYPTED = """\
-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABDLldsVz9
TFWWqaB8lkXuA6AAAAEAAAAAEAAABoAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlz
dHAyNTYAAABBBG9P+2+xZfIgxrfiWa/GhO12+/V9hmyAZOxEyPTF5kaJSJ1RLZlWa2kLXE
9ttHALTRhpBjPi0M1dMJe40WYLcF4AAACgMarOip3ZXy4Es8+C7GsLvDoTQ/1XyqDe+LJy
q9VPc5cvGFNbND9IP2hvhUqGhZ3TFfddQKCO6mlCveR7JkHHKiPMQI/lPTXHpNT1xw9LOA
03vgxhhBMWdh+Lw2OoO+dcRpnSTsAsGoJZBxv97EDwUwt9/EpCQaFa4H5nPxRSP6pRlW6h
fIe34h7JUM/FXcZGEH434D/023TRjyGEvqoGvA==
-----END OPENSSH PRIVATE KEY-----
"""


def test_the_remedy_is_told_for_an_encrypted_key_of_openssh(
    strongroom: Command, client: Client, tmp_path: Path
) -> None:
    (tmp_path / "id_ecdsa").write_text(OPENSSH_ENCRYPTED)
    (tmp_path / "right").write_text("open sesame\n")
    key_id = _create(client, "ECC_NIST_P256", "SIGN_VERIFY")
    for more in ((), ("--passphrase-file", "right")):
        refused = strongroom("key", "import", key_id, "--in", "id_ecdsa", *SHORT, *more)
        assert (refused.returncode, b"ssh-keygen -p -m PKCS8" in refused.stderr) == (2, True)


def test_an_expiry_is_removed_only_when_that_is_said(
    strongroom: Command, client: Client, tmp_path: Path
) -> None:
    key_id = _create(client)
    (tmp_path / "raw").write_bytes(os.urandom(32))
    command = ("key", "import", key_id, "--in", "raw", *SHORT)
    assert strongroom(*command, "--valid-days", "30").returncode == 0
    refused = strongroom(*command)
    assert (refused.returncode, b"--never-expires" in refused.stderr) == (2, True)
    both = strongroom(*command, "--valid-days", "3", "--never-expires")
    assert (both.returncode, b"not both" in both.stderr) == (2, True)
    assert client.describe_key(key_id).valid_to is not None
    assert strongroom(*command, "--never-expires").returncode == 0
    assert client.describe_key(key_id).valid_to is None


def test_what_is_no_key_is_refused_with_what_it_should_be(
    strongroom: Command, client: Client, tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("not a key at all")
    signs = _create(client, "ECC_NIST_P256", "SIGN_VERIFY")
    done = strongroom("key", "import", signs, "--in", "text", *SHORT)
    assert (done.returncode, b"private key in PEM or DER" in done.stderr) == (2, True)
    encrypts = _create(client)
    done = strongroom("key", "import", encrypts, "--in", "text", *SHORT)
    assert (done.returncode, b"32 bytes, not 16" in done.stderr) == (2, True)
    (tmp_path / "raw").write_bytes(os.urandom(32))
    plain = client.create_key().key_id
    done = strongroom("key", "import", plain, "--in", "raw", *SHORT)
    assert (done.returncode, b"origin is AWS_KMS" in done.stderr) == (1, True)
    assert (b"key describe KEY" in done.stderr, b"strongroom token" in done.stderr) == (True, False)


def test_material_can_be_wrapped_elsewhere(strongroom: Command, client: Client, tmp_path: Path) -> None:
    key_id, secret = _create(client), os.urandom(32)
    one = ("--public-key", "same", "--import-token", "../" + tmp_path.name + "/same")
    refused = strongroom("key", "import-parameters", key_id, *one, *SHORT)
    assert (refused.returncode, b"a file each" in refused.stderr) == (2, True)
    files = ("--public-key", "wrapping.pem", "--import-token", "token.bin")
    done = strongroom("key", "import-parameters", key_id, *files, *SHORT)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"key import" in done.stdout
    again = strongroom("key", "import-parameters", key_id, *files, *SHORT)
    assert (again.returncode, b"--force" in again.stderr) == (2, True)
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", "wrapping.pem", "-outform", "DER"],
        cwd=tmp_path, capture_output=True, check=True,
    ).stdout  # fmt: skip
    (tmp_path / "wrapped").write_bytes(wrap(der, "RSAES_OAEP_SHA_256", secret))
    done = strongroom("key", "import", key_id, "--in", "wrapped", "--import-token", "token.bin")
    assert (done.returncode, done.stderr) == (0, b"")
    assert client.describe_key(key_id).key_state == "Enabled"
    used = strongroom("key", "import", key_id, "--in", "wrapped", "--import-token", "token.bin")
    assert (used.returncode, b"import-parameters" in used.stderr) == (1, True)


def test_material_is_deleted_when_that_is_confirmed_and_can_rotate(
    strongroom: Command, client: Client, tmp_path: Path
) -> None:
    key_id = _create(client)
    (tmp_path / "first").write_bytes(os.urandom(32))
    (tmp_path / "second").write_bytes(os.urandom(32))
    assert strongroom("key", "import", key_id, "--in", "first", *SHORT).returncode == 0
    new = strongroom("key", "import", key_id, "--in", "second", "--new", "--description", "of 2027", *SHORT)
    assert new.returncode == 0, new.stderr
    listed = strongroom("key", "rotation", "list", key_id, "--all").stdout.decode()
    assert "PENDING_ROTATION" in listed
    assert "of 2027" in listed
    assert strongroom("key", "rotate", key_id).returncode == 0
    assert strongroom("key", "delete-material", key_id, stdin=b"n\n").returncode == 1
    assert client.describe_key(key_id).key_state == "Enabled"
    assert strongroom("key", "delete-material", key_id, "--yes").returncode == 0
    assert client.describe_key(key_id).key_state == "PendingImport"
    wrong = strongroom("key", "import", key_id, "--in", "wrapped", *SHORT)
    assert (wrong.returncode, b"can't be read" in wrong.stderr) == (2, True)


def test_without_cryptography_the_remedy_is_told(strongroom: Command, client: Client, tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(os.urandom(32))
    program = "import sys; sys.modules['cryptography'] = None; from strongroom.cli import main; main()"
    done = strongroom("key", "import", _create(client), "--in", "raw", program=program)
    assert (done.returncode, b"pip install 'strongroom[import]'" in done.stderr) == (2, True)
