"""Sign and Verify: by `cryptography` and OpenSSL, and everything that is refused."""

import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from strongroom.client import Client, KeyMetadata, errors
from tests.e2e.test_key_specs import ALLOWED, RSA_SIGNING

MESSAGE = b"the message"
CASES = [
    (spec, algorithm)
    for (spec, usage), found in ALLOWED.items()
    if usage == "SIGN_VERIFY"
    for algorithm in found
]
ECDSA = [(spec, algorithm) for spec, algorithm in CASES if algorithm.startswith("ECDSA")]
ORDERS = {  # SEC 2 and FIPS 186-5
    "ECC_NIST_P256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "ECC_SECG_P256K1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
}
HASHES: dict[str, Any] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


@pytest.fixture(scope="module")
def signing_keys(service: Any) -> dict[str, KeyMetadata]:
    with service.deployment.client() as client:
        return {spec: client.create_key(key_spec=spec, key_usage="SIGN_VERIFY") for spec in dict(CASES)}


def _hash(algorithm: str) -> Any:
    return HASHES[algorithm[-3:]]


def _digest(algorithm: str, message: bytes = MESSAGE) -> bytes:
    return hashlib.new(f"sha{algorithm[-3:]}", message).digest()


def _verify_outside(spki: bytes, algorithm: str, signature: bytes) -> None:
    key: Any = load_der_public_key(spki)
    if algorithm.startswith("ED25519"):
        key.verify(signature, MESSAGE)
    elif algorithm.startswith("ECDSA"):
        key.verify(signature, MESSAGE, ec.ECDSA(_hash(algorithm)))
    elif "PSS" in algorithm:
        hash_ = _hash(algorithm)
        key.verify(signature, MESSAGE, padding.PSS(padding.MGF1(hash_), hash_.digest_size), hash_)
    else:
        key.verify(signature, MESSAGE, padding.PKCS1v15(), _hash(algorithm))


@pytest.mark.parametrize(("spec", "algorithm"), CASES, ids=" ".join)
def test_a_signature_is_valid_here_and_for_another_implementation(
    client: Client, signing_keys: dict[str, KeyMetadata], spec: str, algorithm: str
) -> None:
    key = signing_keys[spec]
    signed = client.sign(key.key_id, MESSAGE, signing_algorithm=algorithm)
    assert (signed.key_id, signed.signing_algorithm) == (key.arn, algorithm)
    _verify_outside(client.get_public_key(key.key_id).public_key, algorithm, signed.signature)
    verified = client.verify(key.arn, MESSAGE, signed.signature, signing_algorithm=algorithm)
    assert (verified.signature_valid, verified.key_id) == (True, key.arn)


@pytest.mark.parametrize(("spec", "algorithm"), [c for c in CASES if "ED25519" not in c[1]], ids=" ".join)
def test_a_digest_is_signed_and_verified_as_its_message(
    client: Client, signing_keys: dict[str, KeyMetadata], spec: str, algorithm: str
) -> None:
    key_id, digest = signing_keys[spec].key_id, _digest(algorithm)
    by_digest = client.sign(key_id, digest, signing_algorithm=algorithm, message_type="DIGEST").signature
    by_message = client.sign(key_id, MESSAGE, signing_algorithm=algorithm).signature
    client.verify(key_id, MESSAGE, by_digest, signing_algorithm=algorithm)
    client.verify(key_id, digest, by_message, signing_algorithm=algorithm, message_type="DIGEST")
    with pytest.raises(errors.InvalidSignature):  # a digest taken for a message is hashed again
        client.verify(key_id, digest, by_digest, signing_algorithm=algorithm)
    for wrong in (digest[:-1], digest + b"\0"):
        for call in (
            lambda: client.sign(key_id, wrong, signing_algorithm=algorithm, message_type="DIGEST"),
            lambda: client.verify(
                key_id, wrong, by_digest, signing_algorithm=algorithm, message_type="DIGEST"
            ),
        ):
            with pytest.raises(
                errors.ValidationError, match=f"Digest is invalid length for algorithm {algorithm}"
            ):
                call()


@pytest.mark.parametrize(("spec", "algorithm"), CASES, ids=" ".join)
def test_whatever_is_no_signature_is_one_and_the_same_error(
    client: Client, signing_keys: dict[str, KeyMetadata], spec: str, algorithm: str
) -> None:
    key_id = signing_keys[spec].key_id
    signature = client.sign(key_id, MESSAGE, signing_algorithm=algorithm).signature
    altered = [
        signature[:-1],
        signature + b"\0",
        signature[:1],
        b"\0",
        b"\x30\x00",
        b"\x30\x06\x02\x01\x00\x02\x01\x00",
        bytes(len(signature)),
        b"\xff" * len(signature),
        bytes(6144),
        *(
            signature[:i] + bytes([signature[i] ^ 1]) + signature[i + 1 :]
            for i in range(0, len(signature), max(1, len(signature) // 12))
        ),
    ]
    for wrong in altered:
        with pytest.raises(errors.InvalidSignature) as caught:
            client.verify(key_id, MESSAGE, wrong, signing_algorithm=algorithm)
        assert caught.value.reason == "SIGNATURE_INVALID"
    with pytest.raises(errors.InvalidSignature):
        client.verify(key_id, MESSAGE + b".", signature, signing_algorithm=algorithm)


@pytest.mark.parametrize("spec", ORDERS)
def test_high_and_low_s_are_both_valid(
    client: Client, signing_keys: dict[str, KeyMetadata], spec: str
) -> None:
    key_id = signing_keys[spec].key_id
    signature = client.sign(key_id, MESSAGE, signing_algorithm="ECDSA_SHA_256").signature
    r, s = decode_dss_signature(signature)
    other = encode_dss_signature(r, ORDERS[spec] - s)
    client.verify(key_id, MESSAGE, other, signing_algorithm="ECDSA_SHA_256")
    for bad in ((r, s + ORDERS[spec]), (0, s), (r, 0), (r, ORDERS[spec])):
        with pytest.raises(errors.InvalidSignature):
            client.verify(key_id, MESSAGE, encode_dss_signature(*bad), signing_algorithm="ECDSA_SHA_256")


def test_der_that_is_not_canonical_is_refused(client: Client, signing_keys: dict[str, KeyMetadata]) -> None:
    key_id = signing_keys["ECC_NIST_P256"].key_id
    r, s = decode_dss_signature(client.sign(key_id, MESSAGE, signing_algorithm="ECDSA_SHA_256").signature)
    padded = b"".join(b"\x02\x22\0" + number.to_bytes(33) for number in (r, s))
    long_form = b"\x30\x81" + bytes([len(padded)]) + padded
    for wrong in (b"\x30" + bytes([len(padded)]) + padded, long_form):
        with pytest.raises(errors.InvalidSignature):
            client.verify(key_id, MESSAGE, wrong, signing_algorithm="ECDSA_SHA_256")


@pytest.mark.parametrize("spec", dict(CASES))
def test_an_algorithm_of_another_spec_is_refused(
    client: Client, signing_keys: dict[str, KeyMetadata], spec: str
) -> None:
    key = signing_keys[spec]
    offered = dict.fromkeys(algorithm for one, algorithm in CASES if one == spec)
    others = [a for _, a in CASES if a not in offered] + ["ML_DSA_SHAKE_256", "SM2DSA"]
    for algorithm in dict.fromkeys(others):
        for call in (
            lambda: client.sign(key.key_id, MESSAGE, signing_algorithm=algorithm),
            lambda: client.verify(key.key_id, MESSAGE, b"\0", signing_algorithm=algorithm),
        ):
            with pytest.raises(
                errors.AlgorithmMismatch, match=f"{algorithm} is incompatible with key spec {spec}"
            ):
                call()


def test_ed25519_takes_messages_and_never_digests(
    client: Client, signing_keys: dict[str, KeyMetadata]
) -> None:
    key_id = signing_keys["ECC_NIST_EDWARDS25519"].key_id
    for message_type in ("DIGEST", "EXTERNAL_MU"):
        with pytest.raises(
            errors.ValidationError, match=f"{message_type} is not valid for algorithm ED25519_SHA_512"
        ):
            client.sign(key_id, bytes(64), signing_algorithm="ED25519_SHA_512", message_type=message_type)


def test_ed25519ph_is_refused_by_a_token_that_would_sign_as_pure(
    client: Client, signing_keys: dict[str, KeyMetadata]
) -> None:
    key_id, algorithm = signing_keys["ECC_NIST_EDWARDS25519"].key_id, "ED25519_PH_SHA_512"
    with pytest.raises(errors.ValidationError, match="RAW is not valid"):
        client.sign(key_id, bytes(64), signing_algorithm=algorithm)
    for call in (
        lambda: client.sign(key_id, bytes(64), signing_algorithm=algorithm, message_type="DIGEST"),
        lambda: client.verify(
            key_id, bytes(64), bytes(64), signing_algorithm=algorithm, message_type="DIGEST"
        ),
    ):
        with pytest.raises(errors.UnsupportedOperation, match="Ed25519ph"):
            call()


@pytest.mark.parametrize("length", [0, 4097])
def test_messages_have_1_to_4096_bytes(
    client: Client, signing_keys: dict[str, KeyMetadata], length: int
) -> None:
    with pytest.raises(errors.ValidationError) as caught:
        client.sign(signing_keys["ECC_NIST_P256"].key_id, bytes(length), signing_algorithm="ECDSA_SHA_256")
    assert "message" in caught.value.fields
    assert length == 0 or "send its digest" in str(caught.value)


def test_a_key_of_another_usage_signs_nothing(client: Client) -> None:
    for spec, usage in (("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), ("ECC_NIST_P256", "KEY_AGREEMENT")):
        key = client.create_key(key_spec=spec, key_usage=usage)
        with pytest.raises(errors.InvalidKeyUsage, match=f"key usage is {usage} which is not valid for Sign"):
            client.sign(key.key_id, MESSAGE, signing_algorithm="ECDSA_SHA_256")


def test_a_disabled_key_neither_signs_nor_verifies_nor_shows_itself(client: Client) -> None:
    key = client.create_key(key_spec="ECC_NIST_P256", key_usage="SIGN_VERIFY")
    signature = client.sign(key.key_id, MESSAGE, signing_algorithm="ECDSA_SHA_256").signature
    client.disable_key(key.key_id)
    for call in (
        lambda: client.sign(key.key_id, MESSAGE, signing_algorithm="ECDSA_SHA_256"),
        lambda: client.verify(key.key_id, MESSAGE, signature, signing_algorithm="ECDSA_SHA_256"),
        lambda: client.get_public_key(key.key_id),
    ):
        with pytest.raises(errors.Disabled):
            call()


def test_a_dry_run_of_signing_checks_and_signs_nothing(
    client: Client, signing_keys: dict[str, KeyMetadata]
) -> None:
    key_id = signing_keys["ECC_NIST_P256"].key_id
    with pytest.raises(errors.DryRunOperation):
        client.sign(key_id, MESSAGE, signing_algorithm="ECDSA_SHA_256", dry_run=True)
    with pytest.raises(errors.ValidationError):
        client.sign(key_id, b"x", signing_algorithm="ECDSA_SHA_256", message_type="DIGEST", dry_run=True)


OPENSSL: dict[str, tuple[str, ...]] = {
    **{f"RSASSA_PKCS1_V1_5_SHA_{bits}": (f"-sha{bits}",) for bits in (256, 384, 512)},
    **{
        f"RSASSA_PSS_SHA_{bits}": (
            f"-sha{bits}",
            "-sigopt",
            "rsa_padding_mode:pss",
            "-sigopt",
            f"rsa_pss_saltlen:{bits // 8}",
        )
        for bits in (256, 384, 512)
    },
    **{f"ECDSA_SHA_{bits}": (f"-sha{bits}",) for bits in (256, 384, 512)},
}


@pytest.mark.parametrize(("spec", "algorithm"), [c for c in CASES if c[1] in OPENSSL], ids=" ".join)
def test_signatures_are_valid_for_openssl(
    client: Client, signing_keys: dict[str, KeyMetadata], tmp_path: Path, spec: str, algorithm: str
) -> None:
    key_id = signing_keys[spec].key_id
    key: Any = load_der_public_key(client.get_public_key(key_id).public_key)
    (tmp_path / "key.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "message").write_bytes(MESSAGE)
    (tmp_path / "signature").write_bytes(client.sign(key_id, MESSAGE, signing_algorithm=algorithm).signature)
    done = subprocess.run(
        ["openssl", "dgst", *OPENSSL[algorithm], "-verify", "key.pem", "-signature", "signature", "message"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "Verified OK\n", done.stderr


def test_all_rsa_algorithms_are_among_the_cases() -> None:
    assert {algorithm for spec, algorithm in CASES if spec == "RSA_4096"} == set(RSA_SIGNING)
