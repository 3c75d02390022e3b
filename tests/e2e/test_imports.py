"""Imported key material: brought by its owner, kept in the token, deleted and brought again."""

import base64
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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

from strongroom.client import Client, ImportParameters, errors
from strongroom.hsm import MaterialId
from strongroom.server.core.encryption_context import authenticated_data
from strongroom.server.core.errors import ImportTokenExpired
from strongroom.server.store import NewImport, NewMaterial, Store
from tests.support.deployments import Deployment, Service
from tests.support.hooking import Hooks
from tests.support.housekeeping import Housekeeping
from tests.support.imports import OAEP, TWO_STEPS, bring, external, parameters
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


@pytest.fixture
def secret() -> bytes:
    return os.urandom(32)


@pytest.fixture
def key_id(client: Client, secret: bytes) -> str:
    """A symmetric key with this material."""
    key_id = external(client)
    bring(client, key_id, secret)
    return key_id


def state(client: Client, key_id: str) -> str:
    return client.describe_key(key_id).key_state


def test_a_key_of_origin_external_has_no_material_at_first(client: Client) -> None:
    key = client.describe_key(external(client))
    assert (key.key_state, key.enabled, key.origin) == ("PendingImport", False, "EXTERNAL")
    assert (key.current_key_material_id, key.expiration_model, key.valid_to) == ("", None, None)


# What can be imported, and how it is wrapped


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


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("spec", CURVES)
def test_elliptic_curve_keys_sign_for_the_public_key_that_was_theirs(
    client: Client, spec: str, algorithm: str
) -> None:
    if spec == "ECC_NIST_P521" and algorithm.startswith("RSAES"):
        pytest.skip("too long for RSA_2048")
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
    assert state(client, key_id) == "Enabled"


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


# Import tokens


def test_a_token_is_good_for_one_import(client: Client, secret: bytes) -> None:
    key_id = external(client)
    found = parameters(client, key_id)
    wrapped = wrap(found.public_key, OAEP, secret)
    client.import_key_material(key_id, found.import_token, wrapped)
    with pytest.raises(errors.InvalidImportToken):
        client.import_key_material(key_id, found.import_token, wrapped)


def test_a_failed_import_does_not_use_the_token_up(client: Client, secret: bytes) -> None:
    key_id = external(client)
    found = parameters(client, key_id)
    with pytest.raises(errors.InvalidCiphertext):
        client.import_key_material(key_id, found.import_token, os.urandom(256))
    with pytest.raises(errors.IncorrectKeyMaterial, match="32 bytes"):
        short = wrap(found.public_key, OAEP, secret[:16])
        client.import_key_material(key_id, found.import_token, short)
    client.import_key_material(key_id, found.import_token, wrap(found.public_key, OAEP, secret))
    assert state(client, key_id) == "Enabled"


def test_earlier_tokens_stay_good_and_each_goes_with_its_own_public_key(
    client: Client, secret: bytes
) -> None:
    key_id = external(client)
    first, second = parameters(client, key_id), parameters(client, key_id)
    assert first.public_key != second.public_key
    with pytest.raises(errors.InvalidCiphertext):
        client.import_key_material(key_id, second.import_token, wrap(first.public_key, OAEP, secret))
    client.import_key_material(key_id, first.import_token, wrap(first.public_key, OAEP, secret))


def test_a_token_of_another_key_or_altered_is_refused(client: Client, secret: bytes) -> None:
    key_id, other = external(client), external(client)
    found = parameters(client, other)
    wrapped = wrap(found.public_key, OAEP, secret)
    token = found.import_token
    altered = [token[:-1] + bytes([token[-1] ^ 1]), token[:-1], token + b"\0", b"x", bytes(len(token))]
    for bad, to in [(token, key_id), *((bad, other) for bad in altered)]:
        with pytest.raises(errors.InvalidImportToken):
            client.import_key_material(to, bad, wrapped)
    assert state(client, other) == "PendingImport"


@pytest.mark.parametrize("length", [1, 255, 257, 6144])
def test_wrapped_material_of_impossible_length_is_refused(client: Client, length: int) -> None:
    key_id = external(client)
    found = parameters(client, key_id)
    with pytest.raises(errors.ValidationError, match=f"{length} bytes"):
        client.import_key_material(key_id, found.import_token, bytes(length))


def test_a_key_has_ten_tokens_at_most_and_another_takes_the_place_of_the_oldest(
    client: Client, rounds: Housekeeping, secret: bytes
) -> None:
    key_id = external(client)
    found = [parameters(client, key_id) for _ in range(12)]
    assert sum(key_id in one.label for one in rounds.token.objects()) == 10
    for gone in found[:2]:
        with pytest.raises(errors.InvalidImportToken):
            client.import_key_material(key_id, gone.import_token, wrap(gone.public_key, OAEP, secret))
    client.import_key_material(key_id, found[2].import_token, wrap(found[2].public_key, OAEP, secret))


def test_the_wrapping_pair_goes_with_its_token(client: Client, rounds: Housekeeping, secret: bytes) -> None:
    key_id = external(client)

    def pairs() -> int:
        return sum(key_id in found.label for found in rounds.token.objects())

    found = parameters(client, key_id)
    parameters(client, key_id)
    assert pairs() == 2
    client.import_key_material(key_id, found.import_token, wrap(found.public_key, OAEP, secret))
    assert pairs() == 2  # the key and the token that wasn't used
    rounds.pass_by(hours=23)
    rounds.expire()
    assert pairs() == 2
    rounds.pass_by(hours=2)
    rounds.expire()
    assert pairs() == 1


def test_a_token_ends_with_its_day(own_deployment: Deployment, secret: bytes) -> None:
    with own_deployment.served() as service, service.deployment.client() as client:
        rounds = Housekeeping(own_deployment)
        key_id = external(client)
        found = parameters(client, key_id)
        importer = rounds.importer()
        importer.opened(found.import_token, key_id, rounds.now + timedelta(hours=23))
        with pytest.raises(ImportTokenExpired):
            importer.opened(found.import_token, key_id, rounds.now + timedelta(hours=25))
        rounds.close()


# Deleting and bringing again


def test_deleted_material_comes_back_with_everything_that_it_encrypted(
    client: Client, key_id: str, secret: bytes
) -> None:
    blob = client.encrypt(key_id, b"plaintext").ciphertext_blob
    material_id = client.describe_key(key_id).current_key_material_id
    assert client.delete_imported_key_material(key_id).key_material_id == material_id
    key = client.describe_key(key_id)
    assert (key.key_state, key.enabled) == ("PendingImport", False)
    assert (key.expiration_model, key.current_key_material_id) == (None, material_id)
    for use in (lambda: client.encrypt(key_id, b"x"), lambda: client.decrypt(blob)):
        with pytest.raises(errors.InvalidState, match=r"is pending import\."):
            use()
    client.delete_imported_key_material(key_id)  # no effect
    with pytest.raises(errors.IncorrectKeyMaterial):
        bring(client, key_id, os.urandom(32))
    assert bring(client, key_id, secret) == material_id
    assert client.decrypt(blob).plaintext == b"plaintext"
    assert state(client, key_id) == "Enabled"


def test_the_same_material_has_the_same_id_in_one_key_and_another_in_another(
    client: Client, key_id: str, secret: bytes
) -> None:
    first = client.describe_key(key_id).current_key_material_id
    assert bring(client, key_id, secret, TWO_STEPS) == first
    assert bring(client, external(client), secret) != first


def test_an_asymmetric_or_hmac_key_takes_its_own_material_only(client: Client) -> None:
    mine, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    key_id = external(client, "ECC_NIST_P256", "SIGN_VERIFY")
    bring(client, key_id, pkcs8(mine), TWO_STEPS)
    for _ in range(2):
        with pytest.raises(errors.IncorrectKeyMaterial):
            bring(client, key_id, pkcs8(other), TWO_STEPS)
        bring(client, key_id, pkcs8(mine), TWO_STEPS)
        client.delete_imported_key_material(key_id)
    for given in (
        {"import_type": "NEW_KEY_MATERIAL"},
        {"key_material_description": "x"},
        {"key_material_id": "0" * 64},
    ):
        with pytest.raises(errors.ValidationError, match="symmetric"):
            bring(client, key_id, pkcs8(mine), TWO_STEPS, **given)


def test_a_disabled_key_is_enabled_by_its_material(client: Client, key_id: str, secret: bytes) -> None:
    client.disable_key(key_id)
    bring(client, key_id, secret)
    assert state(client, key_id) == "Enabled"


def test_lost_material_is_made_good_by_importing_it_again(
    client: Client, rounds: Housekeeping, key_id: str, secret: bytes
) -> None:
    blob = client.encrypt(key_id, b"plaintext").ciphertext_blob
    record = rounds.store.load_key(key_id)
    assert record is not None
    rounds.token.destroy(MaterialId(record.current_material_id), record.materials[0].label)
    rounds.store.mark_missing(record.current_material_id)
    assert state(client, key_id) == "Unavailable"
    bring(client, key_id, secret)
    assert state(client, key_id) == "Enabled"
    assert client.decrypt(blob).plaintext == b"plaintext"


def test_deletion_takes_everything_and_cancelling_it_finds_the_state(
    client: Client, rounds: Housekeeping, key_id: str, secret: bytes
) -> None:
    client.schedule_key_deletion(key_id, pending_window_in_days=7)
    with pytest.raises(errors.InvalidState, match="pending deletion"):
        parameters(client, key_id)
    client.delete_imported_key_material(key_id)
    assert state(client, key_id) == "PendingDeletion"
    client.cancel_key_deletion(key_id)
    assert state(client, key_id) == "PendingImport"
    bring(client, key_id, secret)
    parameters(client, key_id)
    client.schedule_key_deletion(key_id, pending_window_in_days=7)
    rounds.pass_by(days=8)
    rounds.delete()
    with pytest.raises(errors.NotFound):
        client.describe_key(key_id)
    assert not [found for found in rounds.token.objects() if key_id in found.label]


# Expiry


def test_material_expires_when_its_time_is_over_and_not_before(
    client: Client, rounds: Housekeeping, secret: bytes
) -> None:
    key_id, valid_to = external(client), datetime.now(UTC) + timedelta(days=30)
    material_id = bring(client, key_id, secret, valid_to=valid_to)
    key = client.describe_key(key_id)
    assert (key.expiration_model, key.valid_to) == ("KEY_MATERIAL_EXPIRES", valid_to)
    blob = client.encrypt(key_id, b"x").ciphertext_blob
    rounds.pass_by(days=29)
    rounds.expire()
    assert state(client, key_id) == "Enabled"
    rounds.pass_by(days=2)
    rounds.expire()
    assert state(client, key_id) == "PendingImport"
    assert client.describe_key(key_id).valid_to is None
    (record,) = (r for r in rounds_records(rounds) if r.get("eventName") == "DeleteExpiredKeyMaterial")
    assert record["serviceEventDetails"] == {"keyId": key_id, "keyMaterialId": material_id}
    bring(client, key_id, secret)
    assert client.decrypt(blob).plaintext == b"x"
    rounds.expire()
    assert state(client, key_id) == "Enabled"


def rounds_records(rounds: Housekeeping) -> list[dict[str, Any]]:
    return Deployment(Path(rounds.settings.audit.directory).parent, 0).audit_records()


def test_importing_again_changes_when_it_expires(client: Client, rounds: Housekeeping, secret: bytes) -> None:
    key_id, soon = external(client), datetime.now(UTC) + timedelta(days=1)
    bring(client, key_id, secret, valid_to=soon)
    bring(client, key_id, secret, valid_to=soon + timedelta(days=9))
    rounds.pass_by(days=2)
    rounds.expire()
    assert client.describe_key(key_id).valid_to == soon + timedelta(days=9)
    bring(client, key_id, secret)
    assert client.describe_key(key_id).expiration_model == "KEY_MATERIAL_DOES_NOT_EXPIRE"


@pytest.mark.parametrize("days", [-1, 0, 366])
def test_a_time_that_is_over_or_too_far_ahead_is_refused(client: Client, secret: bytes, days: int) -> None:
    key_id = external(client)
    with pytest.raises(errors.ValidationError, match="validTo"):
        bring(client, key_id, secret, valid_to=datetime.now(UTC) + timedelta(days=days))


# Rotation by new material


def test_new_material_waits_for_a_rotation(client: Client, key_id: str, secret: bytes) -> None:
    first = client.describe_key(key_id).current_key_material_id
    blob = client.encrypt(key_id, b"first").ciphertext_blob
    with pytest.raises(
        errors.InvalidState, match="No available key material pending rotation for the key: arn:"
    ):
        client.rotate_key_on_demand(key_id)
    other = os.urandom(32)
    second = bring(client, key_id, other, import_type="NEW_KEY_MATERIAL", key_material_description="2027 HQ")
    assert client.describe_key(key_id).current_key_material_id == first
    listed = client.list_key_rotations(key_id, all_key_material=True).rotations
    assert [(e.key_material_id, e.key_material_state, e.import_state) for e in listed] == [
        (first, "CURRENT", "IMPORTED"),
        (second, "PENDING_ROTATION", "IMPORTED"),
    ]
    assert listed[1].key_material_description == "2027 HQ"
    with pytest.raises(
        errors.InvalidState, match=f"because another key material .id: {second}. is pending rotation"
    ):
        bring(client, key_id, os.urandom(32), import_type="NEW_KEY_MATERIAL")
    client.rotate_key_on_demand(key_id)
    assert client.describe_key(key_id).current_key_material_id == second
    (entry,) = client.list_key_rotations(key_id).rotations
    assert (entry.key_material_id, entry.rotation_type) == (second, "ON_DEMAND")
    newer = client.encrypt(key_id, b"second").ciphertext_blob
    assert client.decrypt(blob).key_material_id == first
    assert client.decrypt(newer).key_material_id == second
    # All materials are needed, and each comes back by itself.
    client.delete_imported_key_material(key_id, key_material_id=first)
    assert state(client, key_id) == "PendingImport"
    with pytest.raises(errors.InvalidState, match="pending import"):
        client.decrypt(newer)
    client.delete_imported_key_material(key_id)
    bring(client, key_id, other, key_material_id=second)
    assert state(client, key_id) == "PendingImport"
    bring(client, key_id, secret)
    assert client.decrypt(blob).plaintext == b"first"
    assert client.decrypt(newer).plaintext == b"second"


def test_material_that_waits_can_be_deleted_and_replaced(client: Client, key_id: str) -> None:
    new = {"import_type": "NEW_KEY_MATERIAL"}
    waiting = bring(client, key_id, os.urandom(32), **new)
    client.delete_imported_key_material(key_id, key_material_id=waiting)
    assert state(client, key_id) == "Enabled"
    with pytest.raises(errors.InvalidState, match="pending rotation"):
        client.rotate_key_on_demand(key_id)
    bring(client, key_id, os.urandom(32), **new)
    client.rotate_key_on_demand(key_id)


def test_the_wrong_import_type_is_refused(client: Client, key_id: str, secret: bytes) -> None:
    first = client.describe_key(key_id).current_key_material_id
    for material, given in (
        (secret, {"import_type": "NEW_KEY_MATERIAL"}),
        (os.urandom(32), {"import_type": "EXISTING_KEY_MATERIAL"}),
        (secret, {"key_material_id": "0" * 64}),
    ):
        with pytest.raises(errors.IncorrectKeyMaterial):
            bring(client, key_id, material, **given)
    with pytest.raises(errors.IncorrectKeyMaterial):
        bring(client, external(client), secret, import_type="EXISTING_KEY_MATERIAL")
    with pytest.raises(errors.ValidationError, match="EXISTING_KEY_MATERIAL"):
        bring(client, key_id, secret, import_type="NEW_KEY_MATERIAL", key_material_id=first)
    with pytest.raises(errors.NotFound):
        client.delete_imported_key_material(key_id, key_material_id="0" * 64)


def test_a_key_of_imported_material_does_not_rotate_by_itself(client: Client, key_id: str) -> None:
    for change in (client.enable_key_rotation, client.disable_key_rotation):
        with pytest.raises(errors.UnsupportedOperation, match="origin is EXTERNAL"):
            change(key_id)
    assert not client.get_key_rotation_status(key_id).key_rotation_enabled


# What else must not go wrong


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


def test_the_same_request_makes_one_key_without_material(client: Client) -> None:
    request_id = "a0000000-0000-4000-8000-00000000000e"
    first = client.create_key(origin="EXTERNAL", request_id=request_id)
    assert client.create_key(origin="EXTERNAL", request_id=request_id) == first


def test_the_same_material_at_once_is_imported_once(client: Client, secret: bytes) -> None:
    key_id = external(client)
    found = [parameters(client, key_id) for _ in range(4)]

    def do(one: ImportParameters) -> bool:
        try:
            client.import_key_material(key_id, one.import_token, wrap(one.public_key, OAEP, secret))
        except errors.ServiceUnavailable:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert any(pool.map(do, found))
    assert len(client.list_key_rotations(key_id, all_key_material=True).rotations) == 1
    assert client.decrypt(client.encrypt(key_id, b"x").ciphertext_blob).plaintext == b"x"


def test_an_interrupted_import_is_undone_and_can_be_done_again(
    client: Client, rounds: Housekeeping, key_id: str, secret: bytes
) -> None:
    blob = client.encrypt(key_id, b"x").ciphertext_blob
    client.delete_imported_key_material(key_id)
    store: Store = rounds.store
    record = store.load_key(key_id)
    assert record is not None
    (row,) = record.materials
    fresh = NewMaterial(b"0" * 16, row.kms_material_id, row.label, rounds.now)
    new = NewImport(import_type=None, rotates=True, expires_at=None, description="")
    store.begin_import(key_id, fresh, new, "a boot that died", allowed_in={"PendingImport"})
    with pytest.raises(errors.ServiceUnavailable, match="being imported"):
        bring(client, key_id, secret)
    rounds.reconcile()
    assert state(client, key_id) == "PendingImport"
    bring(client, key_id, secret)
    assert client.decrypt(blob).plaintext == b"x"


def test_neither_material_nor_token_is_in_records_or_log(service: Service, client: Client) -> None:
    secret = os.urandom(32)
    key_id = external(client)
    found = parameters(client, key_id)
    wrapped = wrap(found.public_key, OAEP, secret)
    client.import_key_material(key_id, found.import_token, wrapped)
    records = [r for r in service.deployment.audit_records() if key_id in str(r)]
    assert {r["eventName"] for r in records} >= {"GetParametersForImport", "ImportKeyMaterial"}
    everything = str(records) + service.log.read_text()
    for hidden in (secret, wrapped, found.import_token):
        assert hidden.hex() not in everything
        assert repr(hidden) not in everything
        assert base64.b64encode(hidden).decode() not in everything


def test_keys_without_material_are_listed_and_named(client: Client) -> None:
    key_id = external(client)
    alias = f"alias/imported/{key_id}"
    client.create_alias(alias, key_id)
    assert client.describe_key(alias).key_id == key_id
    assert key_id in {entry.key_id for entry in client.all_keys()}
    assert client.list_key_rotations(key_id, all_key_material=True).rotations == ()


def test_expired_material_is_not_used_even_before_it_is_deleted(
    own_deployment: Deployment, tmp_path: Path, secret: bytes
) -> None:
    hooks = Hooks.in_directory(tmp_path)
    own_deployment.add_config("[housekeeping]\nreconcile_interval_s = 86400")
    with own_deployment.served(hooks=hooks) as service, own_deployment.client() as client:
        key_id = external(client)
        bring(client, key_id, secret, valid_to=hooks.clock.now() + timedelta(days=1))
        blob = client.encrypt(key_id, b"x").ciphertext_blob
        hooks.clock.pass_by(days=2)
        key = client.describe_key(key_id)
        assert (key.key_state, key.enabled, key.valid_to) == ("PendingImport", False, None)
        for refused in (lambda: client.decrypt(blob), lambda: client.disable_key(key_id)):
            with pytest.raises(errors.InvalidState, match="is pending import"):
                refused()
        bring(client, key_id, secret)
        service.do_round()
        assert client.decrypt(blob).plaintext == b"x"


def test_one_token_imports_once_whoever_is_first(client: Client, secret: bytes) -> None:
    key_id = external(client)
    bring(client, key_id, secret)
    found = parameters(client, key_id)
    wrapped = wrap(found.public_key, OAEP, secret)

    def do(_: int) -> bool:
        try:
            client.import_key_material(key_id, found.import_token, wrapped)
        except (errors.InvalidImportToken, errors.ServiceUnavailable):
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(do, range(8))) == 1


def test_a_failed_attempt_to_make_a_lost_material_good_leaves_the_key_waiting(
    client: Client, rounds: Housekeeping, key_id: str, secret: bytes
) -> None:
    record = rounds.store.load_key(key_id)
    assert record is not None
    (row,) = record.materials
    rounds.token.destroy(MaterialId(row.material_id), row.label)
    rounds.store.mark_missing(row.material_id)
    fresh = NewMaterial(b"1" * 16, row.kms_material_id, row.label, rounds.now)
    new = NewImport(import_type=None, rotates=True, expires_at=None, description="")
    rounds.store.begin_import(key_id, fresh, new, "a boot that died", allowed_in={"Enabled"})
    rounds.reconcile()
    assert state(client, key_id) == "PendingImport"
    bring(client, key_id, secret)
    assert state(client, key_id) == "Enabled"


@pytest.mark.parametrize("algorithm", ["RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"])
def test_an_rsa_key_that_does_something_else_is_refused_as_material(client: Client, algorithm: str) -> None:
    key_id = external(client, "RSA_2048", "SIGN_VERIFY")
    numbers = rsa_numbers(RSA_KEY)
    for altered in ({"modulus": numbers["modulus"] + 2}, {"public_exponent": 3}, {"prime1": 2**9689 - 1}):
        with pytest.raises(errors.IncorrectKeyMaterial):
            bring(client, key_id, pkcs8_of_rsa(**{**numbers, **altered}), algorithm)
    bring(client, key_id, pkcs8(RSA_KEY), algorithm)
