"""Public keys in PEM, DER, JWK and SSH, checked by `cryptography` and ssh-keygen."""

import base64
import json
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from strongroom.cli import pem, spki
from strongroom.cli.der import DerError, Reader
from strongroom.cli.public_keys import Format, written

DER = serialization.Encoding.DER
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo

CURVES: dict[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
    "secp256k1": ec.SECP256K1(),
}


def _on_curve(curve: ec.EllipticCurve) -> ec.EllipticCurvePublicKey:
    return ec.generate_private_key(curve).public_key()


KINDS: dict[str, Callable[[], Any]] = {
    "RSA": lambda: rsa.generate_private_key(65537, 2048).public_key(),
    "RSA, short exponent": lambda: rsa.generate_private_key(3, 2048).public_key(),
    "Ed25519": lambda: ed25519.Ed25519PrivateKey.generate().public_key(),
    **{name: partial(_on_curve, curve) for name, curve in CURVES.items()},
}


@pytest.fixture(params=KINDS)
def key(request: pytest.FixtureRequest) -> Any:
    return KINDS[request.param]()


def _der(key: Any) -> bytes:
    return bytes(key.public_bytes(DER, SPKI))


def test_pem_is_what_cryptography_writes(key: Any) -> None:
    expected = key.public_bytes(serialization.Encoding.PEM, SPKI)
    assert written(_der(key), Format.PEM, "k") == expected
    assert pem.to_der(pem.PUBLIC_KEY, expected) == _der(key)


def test_der_is_left_as_it_is(key: Any) -> None:
    assert written(_der(key), Format.DER, "k") == _der(key)
    assert pem.to_der(pem.PUBLIC_KEY, _der(key)) == _der(key)


def _number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def _from_jwk(jwk: dict[str, str]) -> Any:
    match jwk["kty"]:
        case "RSA":
            return rsa.RSAPublicNumbers(_number(jwk["e"]), _number(jwk["n"])).public_key()
        case "EC":
            curve = CURVES[jwk["crv"]]
            return ec.EllipticCurvePublicNumbers(_number(jwk["x"]), _number(jwk["y"]), curve).public_key()
        case _:
            assert jwk["crv"] == "Ed25519"
            return ed25519.Ed25519PublicKey.from_public_bytes(_number(jwk["x"]).to_bytes(32, "big"))


def test_jwk_is_the_same_key(key: Any) -> None:
    jwk = json.loads(written(_der(key), Format.JWK, "arn:k"))
    assert jwk["kid"] == "arn:k"
    assert "=" not in "".join(jwk.values())
    assert _der(_from_jwk(jwk)) == _der(key)


@pytest.mark.parametrize("name", CURVES)
def test_jwk_coordinates_keep_their_leading_zeros(name: str) -> None:
    curve = CURVES[name]
    width = (curve.key_size + 7) // 8
    while True:
        public = _on_curve(curve)
        if public.public_numbers().x < 1 << 8 * (width - 1):
            break
    jwk = json.loads(written(_der(public), Format.JWK, "k"))
    assert len(base64.urlsafe_b64decode(jwk["x"] + "=" * (-len(jwk["x"]) % 4))) == width


def test_numbers_of_an_rsa_jwk_have_no_leading_zeros() -> None:
    jwk = json.loads(written(_der(KINDS["RSA"]()), Format.JWK, "k"))
    assert jwk["e"] == "AQAB"  # RFC 7518 §6.3.1.2
    assert len(base64.urlsafe_b64decode(jwk["n"] + "==")) == 256


def test_the_example_of_rfc_8037_gives_its_jwk() -> None:
    raw = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")  # RFC 8037 §A.1
    der = _der(ed25519.Ed25519PublicKey.from_public_bytes(raw))
    jwk = json.loads(written(der, Format.JWK, "k"))
    assert jwk["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"


def _has_ssh(key: Any) -> bool:
    return not (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256K1))


def test_ssh_is_what_cryptography_writes(key: Any) -> None:
    if not _has_ssh(key):
        with pytest.raises(ValueError, match="SSH has no keys of this kind"):
            written(_der(key), Format.SSH, "k")
        return
    line = written(_der(key), Format.SSH, "arn:k")
    expected = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    assert line == expected + b" arn:k\n"


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH isn't installed")
def test_ssh_keygen_reads_the_line_and_gives_the_key_back(key: Any, tmp_path: Path) -> None:
    if not _has_ssh(key):
        return
    file = tmp_path / "key.pub"
    file.write_bytes(written(_der(key), Format.SSH, "arn:k"))
    run = subprocess.run(
        ["ssh-keygen", "-e", "-m", "PKCS8", "-f", file], capture_output=True, check=False, text=True
    )
    if isinstance(key, ed25519.Ed25519PublicKey):  # ssh-keygen has no PKCS #8 of it
        shown = subprocess.run(["ssh-keygen", "-l", "-f", file], capture_output=True, check=True, text=True)
        assert "ED25519" in shown.stdout
        return
    assert run.returncode == 0, run.stderr
    assert _der(serialization.load_pem_public_key(run.stdout.encode())) == _der(key)


@pytest.mark.parametrize("form", [Format.JWK, Format.SSH])
def test_kinds_that_are_not_read_are_told(form: Format) -> None:
    brainpool = _der(_on_curve(ec.BrainpoolP256R1()))
    for other in (brainpool, _der(ed448.Ed448PrivateKey.generate().public_key())):
        assert spki.read(other) == spki.OtherKey()
        with pytest.raises(ValueError, match="this kind"):
            written(other, form, "k")


def test_every_truncation_and_extension_is_refused(key: Any) -> None:
    der = _der(key)
    for damaged in [*(der[:at] for at in range(len(der))), der + b"\0"]:
        with pytest.raises(DerError):
            spki.read(damaged)


@given(st.binary(max_size=80))
def test_no_input_gives_another_error_than_der_error(data: bytes) -> None:
    with suppress(DerError):
        spki.read(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("308005000000", "indefinite length"),
        ("30810205000000", "length that fits the short form"),
        ("3082000205000000", "length with a leading zero"),
        ("30850000000001" + "00", "length of too many bytes"),
        ("3002", "missing contents"),
        ("", "nothing"),
    ],
)
def test_lengths_that_are_not_der_are_refused(data: str, reason: str) -> None:
    with pytest.raises(DerError):
        Reader(bytes.fromhex(data)).sequence()


@pytest.mark.parametrize("data", ["020100", "0201ff", "02020001", "0200", "02050080000000ff"])
def test_integers_that_are_zero_negative_padded_or_broken_are_refused(data: str) -> None:
    reader = Reader(bytes.fromhex(data))
    with pytest.raises(DerError):
        reader.natural()
        reader.end()


def test_points_that_are_compressed_or_of_another_length_are_refused() -> None:
    public = _on_curve(ec.SECP256R1())
    point = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    der = _der(public)
    assert der.endswith(point)
    with pytest.raises(DerError):
        spki.read(der.removesuffix(point) + b"\x05" + point[1:])
    other_curve = der.replace(bytes.fromhex("2a8648ce3d030107"), bytes.fromhex("2a8648ce3d030101"))
    assert spki.read(other_curve) == spki.OtherKey()


@pytest.mark.parametrize(
    "data",
    [
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN PUBLIC KEY-----\nAA*A\n-----END PUBLIC KEY-----\n",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n" * 2,
    ],
)
def test_pem_of_something_else_is_refused_and_not_shown(data: bytes) -> None:
    with pytest.raises(ValueError) as caught:
        pem.to_der(pem.PUBLIC_KEY, data)
    assert "AAAA" not in str(caught.value)
