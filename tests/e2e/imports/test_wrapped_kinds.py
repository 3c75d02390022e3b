"""What can be imported, how it is wrapped, and that it does what it does elsewhere."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from strongroom.client import Client, errors
from strongroom.server.core.encryption_context import authenticated_data
from tests.support.imports import OAEP, TWO_STEPS, bring, external, key_state, parameters
from tests.support.wrapping import ALGORITHMS, pkcs8, pkcs8_of_rsa, rsa_numbers, wrap

RSA_KEY = rsa.generate_private_key(65537, 2048)
RSA_3072 = rsa.generate_private_key(65537, 3072)
CURVES: dict[str, ec.EllipticCurve] = {
    "ECC_NIST_P256": ec.SECP256R1(),
    "ECC_NIST_P384": ec.SECP384R1(),
    "ECC_NIST_P521": ec.SECP521R1(),
    "ECC_SECG_P256K1": ec.SECP256K1(),
}
DIGESTS = {"ECC_NIST_P256": hashes.SHA256(), "ECC_NIST_P384": hashes.SHA384(), "ECC_NIST_P521": hashes.SHA512(), "ECC_SECG_P256K1": hashes.SHA256()}  # fmt: skip

# RSAES with RSA_2048 has no room for a key on P-521.
_CURVE_CASES = [
    (spec, algorithm)
    for spec in CURVES
    for algorithm in ALGORITHMS
    if spec != "ECC_NIST_P521" or not algorithm.startswith("RSAES")
]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_symmetric_key_encrypts_under_the_material_that_was_brought(
    client: Client, secret: bytes, algorithm: str
) -> None:
    key_id = external(client)
    material_id = bring(client, key_id, secret, algorithm)
    key = client.describe_key(key_id)
    assert (key.key_state, key.current_key_material_id) == ("Enabled", material_id)
    assert (key.expiration_model, key.valid_to) == ("KEY_MATERIAL_DOES_NOT_EXPIRE", None)
    blob = client.encrypt(key_id, b"plaintext").ciphertext_blob
    assert client.decrypt(blob).plaintext == b"plaintext"
    assert client.decrypt(blob).key_material_id == material_id
    opened = AESGCM(secret).decrypt(blob[17:29], blob[29:], authenticated_data(blob[:17], {}))
    assert opened == b"plaintext"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("bits", [224, 256, 384, 512])
def test_hmac_keys_of_every_length_authenticate_as_elsewhere(
    client: Client, bits: int, algorithm: str
) -> None:
    hash_ = {224: hashes.SHA224(), 256: hashes.SHA256(), 384: hashes.SHA384(), 512: hashes.SHA512()}[bits]
    material = os.urandom(128 if bits == 384 else bits // 8)
    key_id = external(client, f"HMAC_{bits}", "GENERATE_VERIFY_MAC")
    assert bring(client, key_id, material, algorithm) == ""
    expected = hmac.HMAC(material, hash_)
    expected.update(b"message")
    mac = client.generate_mac(key_id, b"message", mac_algorithm=f"HMAC_SHA_{bits}").mac
    assert mac == expected.finalize()


@pytest.mark.parametrize("algorithm", ["RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"])
@pytest.mark.parametrize("key", [RSA_KEY, RSA_3072], ids=["2048", "3072"])
def test_rsa_keys_sign_and_decrypt_for_the_public_key_that_was_theirs(
    client: Client, key: rsa.RSAPrivateKey, algorithm: str
) -> None:
    spec = f"RSA_{key.key_size}"
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    signs = external(client, spec, "SIGN_VERIFY")
    bring(client, signs, pkcs8(key), algorithm)
    assert client.get_public_key(signs).public_key == spki
    signature = client.sign(signs, b"message", signing_algorithm="RSASSA_PSS_SHA_256").signature
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    key.public_key().verify(signature, b"message", pss, hashes.SHA256())
    decrypts = external(client, spec, "ENCRYPT_DECRYPT")
    bring(client, decrypts, pkcs8(key), algorithm)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    ciphertext = key.public_key().encrypt(b"plaintext", oaep)
    opened = client.decrypt(ciphertext, key_id=decrypts, encryption_algorithm="RSAES_OAEP_SHA_256")
    assert opened.plaintext == b"plaintext"


@pytest.mark.parametrize(("spec", "algorithm"), _CURVE_CASES)
def test_elliptic_curve_keys_sign_for_the_public_key_that_was_theirs(
    client: Client, spec: str, algorithm: str
) -> None:
    key = ec.generate_private_key(CURVES[spec])
    key_id = external(client, spec, "SIGN_VERIFY")
    bring(client, key_id, pkcs8(key), algorithm)
    (signing_algorithm,) = client.describe_key(key_id).signing_algorithms
    signature = client.sign(key_id, b"message", signing_algorithm=signing_algorithm).signature
    key.public_key().verify(signature, b"message", ec.ECDSA(DIGESTS[spec]))


def test_an_imported_key_agrees_on_the_secret_that_its_owner_computes(client: Client) -> None:
    mine, peer = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP384R1())
    key_id = external(client, "ECC_NIST_P384", "KEY_AGREEMENT")
    bring(client, key_id, pkcs8(mine), TWO_STEPS)
    spki = peer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    shared = client.derive_shared_secret(key_id, spki).shared_secret
    assert shared == mine.exchange(ec.ECDH(), peer.public_key())


def test_an_imported_ed25519_key_signs(client: Client) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    key_id = external(client, "ECC_NIST_EDWARDS25519", "SIGN_VERIFY")
    bring(client, key_id, pkcs8(key), TWO_STEPS)
    signature = client.sign(key_id, b"message", signing_algorithm="ED25519_SHA_512").signature
    key.public_key().verify(signature, b"message")


def _openssl(*arguments: str | Path, stdin: bytes = b"") -> bytes:
    return subprocess.run(
        ["openssl", *map(str, arguments)], input=stdin, check=True, capture_output=True
    ).stdout


@pytest.mark.parametrize("hash_", ["sha1", "sha256"])
def test_openssl_wraps_what_is_imported(client: Client, tmp_path: Path, secret: bytes, hash_: str) -> None:
    suffix = {"sha1": "SHA_1", "sha256": "SHA_256"}[hash_]
    options: list[str | Path] = ["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", f"rsa_oaep_md:{hash_}", "-pkeyopt", f"rsa_mgf1_md:{hash_}"]  # fmt: skip

    def encrypt(spki: bytes, data: bytes) -> bytes:
        (tmp_path / "wrapping.der").write_bytes(spki)
        key: list[str | Path] = ["-pubin", "-inkey", tmp_path / "wrapping.der", "-keyform", "DER"]
        return _openssl("pkeyutl", "-encrypt", *key, *options, stdin=data)

    key_id = external(client)
    found = parameters(client, key_id, f"RSAES_OAEP_{suffix}")
    client.import_key_material(key_id, found.import_token, encrypt(found.public_key, secret))
    assert client.decrypt(client.encrypt(key_id, b"x").ciphertext_blob).plaintext == b"x"
    private = _openssl(
        "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521", "-outform", "DER"
    )
    (tmp_path / "private.der").write_bytes(private)
    signs = external(client, "ECC_NIST_P521", "SIGN_VERIFY")
    found = parameters(client, signs, f"RSA_AES_KEY_WRAP_{suffix}")
    between = os.urandom(32)
    der = _openssl("pkcs8", "-topk8", "-nocrypt", "-inform", "DER", "-outform", "DER", stdin=private)
    wrapped = _openssl("enc", "-id-aes256-wrap-pad", "-K", between.hex(), "-iv", "A65959A6", stdin=der)
    client.import_key_material(signs, found.import_token, encrypt(found.public_key, between) + wrapped)
    key = load_der_private_key(der, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signature = client.sign(signs, b"message", signing_algorithm="ECDSA_SHA_512").signature
    key.public_key().verify(signature, b"message", ec.ECDSA(hashes.SHA512()))


@pytest.mark.parametrize("spec", ["RSA_3072", "RSA_4096"])
def test_longer_wrapping_keys_wrap_as_well(client: Client, secret: bytes, spec: str) -> None:
    key_id = external(client)
    found = client.get_parameters_for_import(key_id, wrapping_key_spec=spec)
    public_key = load_der_public_key(found.public_key)
    assert isinstance(public_key, rsa.RSAPublicKey)
    assert public_key.key_size == int(spec[4:])
    left = found.parameters_valid_to - datetime.now(UTC)
    assert timedelta(hours=23, minutes=59) < left <= timedelta(hours=24)
    client.import_key_material(key_id, found.import_token, wrap(found.public_key, OAEP, secret))
    assert key_state(client, key_id) == "Enabled"


@pytest.mark.parametrize(
    ("key_spec", "key_usage", "algorithm"),
    [
        ("RSA_2048", "SIGN_VERIFY", "RSAES_OAEP_SHA_256"),
        ("RSA_2048", "SIGN_VERIFY", "RSAES_OAEP_SHA_1"),
        ("ECC_NIST_P521", "SIGN_VERIFY", "RSAES_OAEP_SHA_256"),
        ("SYMMETRIC_DEFAULT", None, "RSAES_PKCS1_V1_5"),
        ("SYMMETRIC_DEFAULT", None, "SM2PKE"),
    ],
)
def test_what_cannot_be_wrapped_so_is_refused_with_what_can(
    client: Client, key_spec: str, key_usage: str | None, algorithm: str
) -> None:
    key_id = external(client, key_spec, key_usage)
    with pytest.raises(errors.UnsupportedOperation, match="Use RSA"):
        parameters(client, key_id, algorithm)


@pytest.mark.parametrize("key_spec", ["ML_DSA_65", "SM2"])
def test_keys_of_other_kinds_are_not_imported(client: Client, key_spec: str) -> None:
    with pytest.raises(errors.UnsupportedOperation):
        client.create_key(key_spec=key_spec, key_usage="SIGN_VERIFY", origin="EXTERNAL")


@pytest.mark.parametrize("algorithm", ["RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"])
def test_an_rsa_key_that_does_something_else_is_refused_as_material(client: Client, algorithm: str) -> None:
    key_id = external(client, "RSA_2048", "SIGN_VERIFY")
    numbers = rsa_numbers(RSA_KEY)
    for altered in ({"modulus": numbers["modulus"] + 2}, {"public_exponent": 3}, {"prime1": 2**9689 - 1}):
        with pytest.raises(errors.IncorrectKeyMaterial):
            bring(client, key_id, pkcs8_of_rsa(**{**numbers, **altered}), algorithm)
    bring(client, key_id, pkcs8(RSA_KEY), algorithm)


def test_only_keys_of_origin_external_take_material(client: Client) -> None:
    key_id = client.create_key().key_id
    for prepare in (client.enable_key, client.disable_key, client.schedule_key_deletion):
        prepare(key_id)  # whatever its state
        for refused in (
            lambda: parameters(client, key_id),
            lambda: client.import_key_material(key_id, b"x", b"x"),
            lambda: client.delete_imported_key_material(key_id),
        ):
            with pytest.raises(errors.UnsupportedOperation, match="origin is AWS_KMS which is not valid"):
                refused()
