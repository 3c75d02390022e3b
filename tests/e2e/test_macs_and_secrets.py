"""GenerateMac, VerifyMac, DeriveSharedSecret and data key pairs."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from strongroom.client import Client, errors

MACS = {f"HMAC_{bits}": f"HMAC_SHA_{bits}" for bits in (224, 256, 384, 512)}
CURVES: dict[str, Any] = {
    "ECC_NIST_P256": ec.SECP256R1(),
    "ECC_NIST_P384": ec.SECP384R1(),
    "ECC_NIST_P521": ec.SECP521R1(),
}
SECRET_BYTES = {"ECC_NIST_P256": 32, "ECC_NIST_P384": 48, "ECC_NIST_P521": 66}
# kms-semantics §3.7
PAIRS = {
    "RSA_2048": 294,
    "RSA_3072": 422,
    "RSA_4096": 550,
    "ECC_NIST_P256": 91,
    "ECC_NIST_P384": 120,
    "ECC_NIST_P521": 158,
    "ECC_SECG_P256K1": 88,
    "ECC_NIST_EDWARDS25519": 44,
}


def _spki(key: Any) -> bytes:
    return bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


@pytest.mark.parametrize("spec", MACS)
def test_a_mac_is_verified_and_any_other_is_refused(client: Client, spec: str) -> None:
    key = client.create_key(key_spec=spec, key_usage="GENERATE_VERIFY_MAC")
    algorithm, size = MACS[spec], int(spec[-3:]) // 8
    made = client.generate_mac(key.key_id, b"message", mac_algorithm=algorithm)
    assert (len(made.mac), made.key_id, made.mac_algorithm) == (size, key.arn, algorithm)
    assert client.generate_mac(key.arn, b"message", mac_algorithm=algorithm).mac == made.mac
    assert client.verify_mac(key.key_id, b"message", made.mac, mac_algorithm=algorithm).mac_valid
    for wrong in (
        made.mac[:-1],
        made.mac + b"\0",
        bytes(size),
        b"\0",
        bytes([made.mac[0] ^ 1]) + made.mac[1:],
    ):
        with pytest.raises(errors.InvalidMac) as caught:
            client.verify_mac(key.key_id, b"message", wrong, mac_algorithm=algorithm)
        assert caught.value.reason == "MAC_INVALID"
    with pytest.raises(errors.InvalidMac):
        client.verify_mac(key.key_id, b"messagf", made.mac, mac_algorithm=algorithm)
    for other in (a for a in MACS.values() if a != algorithm):
        for call in (
            lambda: client.generate_mac(key.key_id, b"message", mac_algorithm=other),
            lambda: client.verify_mac(key.key_id, b"message", made.mac, mac_algorithm=other),
        ):
            with pytest.raises(
                errors.AlgorithmMismatch, match=f"{other} is incompatible with key spec {spec}"
            ):
                call()


def test_two_hmac_keys_make_other_macs(client: Client) -> None:
    first, second = (
        client.create_key(key_spec="HMAC_256", key_usage="GENERATE_VERIFY_MAC").key_id for _ in range(2)
    )
    macs = {client.generate_mac(k, b"m", mac_algorithm="HMAC_SHA_256").mac for k in (first, second)}
    assert len(macs) == 2


@pytest.mark.parametrize("spec", CURVES)
def test_a_shared_secret_is_another_implementations_and_the_peers(client: Client, spec: str) -> None:
    key, peer = (client.create_key(key_spec=spec, key_usage="KEY_AGREEMENT") for _ in range(2))
    public, peers_public = (client.get_public_key(k.key_id).public_key for k in (key, peer))
    derived = client.derive_shared_secret(key.key_id, peers_public)
    assert len(derived.shared_secret) == SECRET_BYTES[spec]
    assert (derived.key_id, derived.key_agreement_algorithm, derived.key_origin) == (
        key.arn,
        "ECDH",
        "AWS_KMS",
    )
    assert client.derive_shared_secret(peer.key_id, public).shared_secret == derived.shared_secret
    mine = ec.generate_private_key(CURVES[spec])
    loaded: Any = load_der_public_key(public)
    expected = mine.exchange(ec.ECDH(), loaded)
    assert client.derive_shared_secret(key.key_id, _spki(mine.public_key())).shared_secret == expected


def test_only_a_public_key_on_the_curve_is_taken(client: Client) -> None:
    key_id = client.create_key(key_spec="ECC_NIST_P256", key_usage="KEY_AGREEMENT").key_id
    good = _spki(ec.generate_private_key(ec.SECP256R1()).public_key())
    infinity = good[:24] + b"\x02\0\0"
    wrong = [
        b"\0",
        good[:-1],
        good + b"\0",
        good[:-1] + bytes([good[-1] ^ 1]),
        bytes([good[0] ^ 1]) + good[1:],
        infinity,
        bytes(8192),
        _spki(ec.generate_private_key(ec.SECP384R1()).public_key()),
        _spki(ec.generate_private_key(ec.SECP256K1()).public_key()),
        _spki(rsa.generate_private_key(65537, 2048).public_key()),
    ]
    for peer in wrong:
        for dry_run in (False, True):
            with pytest.raises(errors.ValidationError):
                client.derive_shared_secret(key_id, peer, dry_run=dry_run)
    with pytest.raises(errors.DryRunOperation):
        client.derive_shared_secret(key_id, good, dry_run=True)


def test_usage_is_checked_before_the_peers_key(client: Client) -> None:
    key_id = client.create_key(key_spec="ECC_NIST_P256", key_usage="SIGN_VERIFY").key_id
    with pytest.raises(errors.InvalidKeyUsage, match="SIGN_VERIFY which is not valid for DeriveSharedSecret"):
        client.derive_shared_secret(key_id, b"garbage")


@pytest.mark.parametrize("spec", PAIRS)
def test_a_data_key_pair_is_one_and_its_blob_gives_the_private_key_back(client: Client, spec: str) -> None:
    key, context = client.create_key(), {"a": "b"}
    pair = client.generate_data_key_pair(key.key_id, spec, encryption_context=context)
    private: Any = load_der_private_key(pair.private_key_plaintext, None)
    assert _spki(private.public_key()) == pair.public_key
    assert len(pair.public_key) == PAIRS[spec]
    assert (pair.key_id, pair.key_pair_spec) == (key.arn, spec)
    assert pair.key_material_id == key.current_key_material_id
    opened = client.decrypt(pair.private_key_ciphertext_blob, encryption_context=context)
    assert opened.plaintext == pair.private_key_plaintext
    with pytest.raises(errors.InvalidCiphertext):
        client.decrypt(pair.private_key_ciphertext_blob)


def test_without_plaintext_there_is_none(client: Client) -> None:
    key_id = client.create_key().key_id
    pair = client.generate_data_key_pair_without_plaintext(key_id, "ECC_NIST_P256")
    assert pair.private_key_plaintext == b""
    private: Any = load_der_private_key(client.decrypt(pair.private_key_ciphertext_blob).plaintext, None)
    assert _spki(private.public_key()) == pair.public_key


@pytest.mark.parametrize("spec", ["SM2", "ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"])
def test_a_pair_that_the_token_cannot_make_is_refused_and_named(client: Client, spec: str) -> None:
    key_id = client.create_key().key_id
    for dry_run in (False, True):
        with pytest.raises(errors.UnsupportedOperation, match=f"data key pairs of {spec}: the token has no"):
            client.generate_data_key_pair(key_id, spec, dry_run=dry_run)


def test_pairs_need_a_symmetric_key(client: Client) -> None:
    key_id = client.create_key(key_spec="ECC_NIST_P256", key_usage="SIGN_VERIFY").key_id
    with pytest.raises(errors.InvalidKeyUsage):
        client.generate_data_key_pair(key_id, "ECC_NIST_P256")
