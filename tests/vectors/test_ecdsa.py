"""ECDSA: NIST's CAVS vectors, those for secp256k1 made after them, and RFC 6979's.

A curve has one algorithm here, and with it one hash. A vector of another hash is run too, by MessageType
DIGEST: ECDSA takes the leftmost bits of a digest as an integer (FIPS 186-4 §6.4), so a longer one may be cut
and a shorter one filled up with zeros in front.
"""

from collections import Counter

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from strongroom.hsm import KeyPurpose
from strongroom.server.core.errors import InvalidSignature
from strongroom.v1 import resources_pb2 as v1
from strongroom.v1 import signing_pb2 as messages
from tests.vectors.keys import CURVES, HASHES, Curve, Hash, digest_of, spki_of
from tests.vectors.parsing import Vector, assignments, openssl_tests
from tests.vectors.service import Service

ECDSA = "asymmetric/ECDSA"
OTHER_CURVE = "the curve isn't offered"


def _section(vector: Vector) -> tuple[Curve | None, Hash]:
    curve, _, hash_ = vector["section"].partition(",")
    return CURVES.get(curve), HASHES[hash_.replace("-", "") or "SHA1"]  # FIPS 186-2 knew SHA-1 only


def _forms(curve: Curve, hash_: Hash, message: bytes) -> list[tuple[bytes, "v1.MessageType.ValueType"]]:
    """What may be sent for a message, and its MessageType."""
    size, digest = curve.hash.digest_size, digest_of(hash_, message)
    as_digest = (digest[:size].rjust(size, b"\0"), v1.MESSAGE_TYPE_DIGEST)
    return [as_digest, (message, v1.MESSAGE_TYPE_RAW)] if hash_.name == curve.hash.name else [as_digest]


def _verifications(
    key_id: str, curve: Curve, hash_: Hash, message: bytes, signature: bytes
) -> list[messages.VerifyRequest]:
    return [
        messages.VerifyRequest(
            key_id=key_id,
            message=sent,
            message_type=kind,
            signing_algorithm=curve.algorithm,
            signature=signature,
        )
        for sent, kind in _forms(curve, hash_, message)
    ]


def _check_sign(
    service: Service, key: ec.EllipticCurvePrivateKey, curve: Curve, hash_: Hash, message: bytes, where: str
) -> None:
    """Another implementation verifies what the token signs with a published key."""
    public_key = key.public_key()
    value = curve.value(key.private_numbers().private_value)
    key_id = service.plant_private(curve.kind, KeyPurpose.SIGN, value, spki_of(public_key))
    for sent, kind in _forms(curve, hash_, message):
        request = messages.SignRequest(
            key_id=key_id, message=sent, message_type=kind, signing_algorithm=curve.algorithm
        )
        public_key.verify(service.answered(request, where).signature, message, ec.ECDSA(hash_))
    service.remove_planted()


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        (
            "FIPS_186-3/SigVer.rsp",
            {"valid": 45, "invalid": 180, OTHER_CURVE: 900},
        ),
        ("FIPS_186-2/SigVer.rsp", {"valid": 9, "invalid": 36, OTHER_CURVE: 180}),
    ],
)
def test_valid_signatures_are_verified_and_changed_ones_refused(
    service: Service, path: str, counts: dict[str, int]
) -> None:
    seen: Counter[str] = Counter()
    for number, vector in enumerate(assignments(f"{ECDSA}/{path}", "Result"), 1):
        where = f"{path} #{number}"
        curve, hash_ = _section(vector)
        if curve is None:
            seen[OTHER_CURVE] += 1
            continue
        public_key = curve.public_key(vector["Qx"], vector["Qy"])
        key_id = service.plant_public(curve.kind, KeyPurpose.SIGN, spki_of(public_key))
        signature = encode_dss_signature(int(vector["R"], 16), int(vector["S"], 16))
        is_valid = vector["Result"].startswith("P")
        for request in _verifications(key_id, curve, hash_, bytes.fromhex(vector["Msg"]), signature):
            if is_valid:
                assert service.answered(request, where).signature_valid
            else:
                service.refused(request, InvalidSignature, where)
        seen["valid" if is_valid else "invalid"] += 1
    assert seen == counts


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("FIPS_186-3/SigGen.txt", {"verified": 225, "signed": 45, OTHER_CURVE: 900}),
        ("FIPS_186-2/SigGen.txt", {"verified": 45, OTHER_CURVE: 180}),
        ("SECP256K1/SigGen.txt", {"verified": 1125, "signed": 225}),
    ],
)
def test_published_signatures_are_verified_and_published_keys_sign(
    service: Service, path: str, counts: dict[str, int]
) -> None:
    seen: Counter[str] = Counter()
    for number, vector in enumerate(assignments(f"{ECDSA}/{path}", "S"), 1):
        where, message = f"{path} #{number}", bytes.fromhex(vector["Msg"])
        curve, hash_ = _section(vector)
        if curve is None:
            seen[OTHER_CURVE] += 1
            continue
        public_key = curve.public_key(vector["Qx"], vector["Qy"])
        key_id = service.plant_public(curve.kind, KeyPurpose.SIGN, spki_of(public_key))
        signature = encode_dss_signature(int(vector["R"], 16), int(vector["S"], 16))
        for request in _verifications(key_id, curve, hash_, message, signature):
            assert service.answered(request, where).signature_valid
            request.message = bytes([request.message[0] ^ 1]) + request.message[1:]
            service.refused(request, InvalidSignature, where)
        seen["verified"] += 1
        if hash_.name == curve.hash.name:
            key = ec.derive_private_key(int(vector["d"], 16), curve.curve)
            assert key.public_key() == public_key, where
            _check_sign(service, key, curve, hash_, message, where)
            seen["signed"] += 1
    assert seen == counts


def test_rfc_6979s_signatures_are_verified_and_its_keys_sign(service: Service) -> None:
    seen: Counter[str] = Counter()
    path = f"{ECDSA}/RFC6979/evppkey_ecdsa_rfc6979.txt"
    for number, vector in enumerate(openssl_tests(path), 1):
        where, message = f"{path} #{number}", vector["Input"].strip('"').encode()
        curve, hash_ = CURVES.get(vector["Key"].partition("_")[0]), HASHES[vector["hash"]]
        if curve is None:
            seen[OTHER_CURVE] += 1
        elif vector["operation"] == "DigestSign":
            key = load_pem_private_key(vector["pem"].encode(), None)
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            _check_sign(service, key, curve, hash_, message, where)
            seen["signed"] += 1
        else:
            spki = spki_of(load_pem_public_key(vector["pem"].encode()))
            key_id = service.plant_public(curve.kind, KeyPurpose.SIGN, spki)
            is_valid = "Result" not in vector
            for request in _verifications(key_id, curve, hash_, message, bytes.fromhex(vector["Output"])):
                if is_valid:
                    assert service.answered(request, where).signature_valid
                else:
                    service.refused(request, InvalidSignature, where)
            seen["valid" if is_valid else "invalid"] += 1
    assert seen == {"signed": 30, "valid": 30, "invalid": 30, OTHER_CURVE: 360}
