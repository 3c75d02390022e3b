"""Every key spec with every usage: what may be created, how it is described, and what else is refused."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from strongroom.client import Client, errors
from strongroom.server.core.names import KEY_SPECS as NUMBERED

SYMMETRIC = "SYMMETRIC_DEFAULT"
RSA_SIGNING = tuple(
    f"RSASSA_{scheme}_SHA_{bits}" for scheme in ("PKCS1_V1_5", "PSS") for bits in (256, 384, 512)
)
OAEP = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")

# kms-semantics §3.1: every usage that a spec allows, with its algorithms.
ALLOWED: dict[tuple[str, str], tuple[str, ...]] = {
    (SYMMETRIC, "ENCRYPT_DECRYPT"): (SYMMETRIC,),
    **{(f"RSA_{bits}", "ENCRYPT_DECRYPT"): OAEP for bits in (2048, 3072, 4096)},
    **{(f"RSA_{bits}", "SIGN_VERIFY"): RSA_SIGNING for bits in (2048, 3072, 4096)},
    ("ECC_NIST_P256", "SIGN_VERIFY"): ("ECDSA_SHA_256",),
    ("ECC_NIST_P384", "SIGN_VERIFY"): ("ECDSA_SHA_384",),
    ("ECC_NIST_P521", "SIGN_VERIFY"): ("ECDSA_SHA_512",),
    ("ECC_SECG_P256K1", "SIGN_VERIFY"): ("ECDSA_SHA_256",),
    ("ECC_NIST_EDWARDS25519", "SIGN_VERIFY"): ("ED25519_SHA_512",),  # this token has no Ed25519ph
    **{(f"ECC_NIST_P{bits}", "KEY_AGREEMENT"): ("ECDH",) for bits in (256, 384, 521)},
    **{(f"HMAC_{bits}", "GENERATE_VERIFY_MAC"): (f"HMAC_SHA_{bits}",) for bits in (224, 256, 384, 512)},
}
# Allowed by the rules, and lacking on this token.
MISSING: dict[tuple[str, str], str] = {
    **{(f"ML_DSA_{level}", "SIGN_VERIFY"): "CKM_ML_DSA" for level in (44, 65, 87)},
    **{(f"ML_KEM_{level}", "ENCAPSULATE_DECAPSULATE"): "CKM_ML_KEM" for level in (512, 768, 1024)},
    **{("SM2", usage): "SM2" for usage in ("ENCRYPT_DECRYPT", "SIGN_VERIFY", "KEY_AGREEMENT")},
}
KEY_SPECS = tuple(NUMBERED.values())
USAGES = (
    "ENCRYPT_DECRYPT",
    "SIGN_VERIFY",
    "GENERATE_VERIFY_MAC",
    "KEY_AGREEMENT",
    "ENCAPSULATE_DECAPSULATE",
)
REFUSED = [
    (spec, usage)
    for spec in KEY_SPECS
    for usage in USAGES
    if (spec, usage) not in ALLOWED and (spec, usage) not in MISSING
]
SPKI_BYTES = {
    "RSA_2048": 294,
    "RSA_3072": 422,
    "RSA_4096": 550,
    "ECC_NIST_P256": 91,
    "ECC_NIST_P384": 120,
    "ECC_NIST_P521": 158,
    "ECC_SECG_P256K1": 88,
    "ECC_NIST_EDWARDS25519": 44,
}


def _algorithms(described: Any) -> tuple[str, ...]:
    found: tuple[str, ...] = sum(
        (
            described.encryption_algorithms,
            described.signing_algorithms,
            getattr(described, "mac_algorithms", ()),
            described.key_agreement_algorithms,
            described.encapsulation_algorithms,
        ),
        (),
    )
    return found


@pytest.mark.parametrize(("spec", "usage"), ALLOWED, ids=" ".join)
def test_an_allowed_key_is_created_and_described(client: Client, spec: str, usage: str) -> None:
    key = client.create_key(key_spec=spec, key_usage=usage)
    assert client.describe_key(key.key_id) == key
    assert (key.key_spec, key.key_usage, key.key_state) == (spec, usage, "Enabled")
    assert _algorithms(key) == ALLOWED[spec, usage]
    assert bool(key.current_key_material_id) == (spec == SYMMETRIC)
    if spec not in SPKI_BYTES:
        with pytest.raises(errors.UnsupportedOperation, match="no public key"):
            client.get_public_key(key.key_id)
        return
    found = client.get_public_key(key.arn)
    assert (found.key_id, found.key_spec, found.key_usage) == (key.arn, spec, usage)
    assert _algorithms(found) == ALLOWED[spec, usage]
    assert len(found.public_key) == SPKI_BYTES[spec]
    load_der_public_key(found.public_key)


@pytest.mark.parametrize(("spec", "usage"), MISSING, ids=" ".join)
def test_what_the_token_lacks_is_refused_at_creation_and_named(client: Client, spec: str, usage: str) -> None:
    before = len(list(client.all_keys()))
    with pytest.raises(errors.UnsupportedOperation, match=MISSING[spec, usage]):
        client.create_key(key_spec=spec, key_usage=usage)
    assert len(list(client.all_keys())) == before


@pytest.mark.parametrize(("spec", "usage"), REFUSED, ids=" ".join)
def test_a_usage_that_a_spec_does_not_allow_is_invalid(client: Client, spec: str, usage: str) -> None:
    with pytest.raises(errors.ValidationError, match=f"{usage} is not compatible with KeySpec {spec}"):
        client.create_key(key_spec=spec, key_usage=usage)


@pytest.mark.parametrize("spec", [spec for spec in KEY_SPECS if spec != SYMMETRIC])
def test_only_symmetric_keys_have_a_default_usage(client: Client, spec: str) -> None:
    with pytest.raises(errors.ValidationError, match="You must specify a KeyUsage"):
        client.create_key(key_spec=spec)


def test_what_the_token_can_do_is_described(client: Client) -> None:
    token = client.describe_token()
    assert token.serial
    supported = {(s.key_spec, s.key_usage) for s in token.key_specs if s.is_supported}
    missing = {(s.key_spec, s.key_usage): s.missing for s in token.key_specs if not s.is_supported}
    assert supported == set(ALLOWED)
    assert set(missing) == set(MISSING)
    assert all(missing.values())
    ed25519ph = next(row for row in token.capabilities if "Ed25519ph" in row.name)
    assert (ed25519ph.is_supported, ed25519ph.detail) == (False, "it signs as pure Ed25519")
