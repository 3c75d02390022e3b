"""RSA signatures: NIST's CAVS vectors for PKCS #1 v1.5 and PSS, and RSA Laboratories' for PKCS #1 v1.5.

No published PSS vector has the one length of salt that the service takes, the hash's: all of them show that
other lengths are refused, and what the service signs with their keys is verified by another implementation.
"""

from collections import Counter
from collections.abc import Callable, Mapping

import pytest
from cryptography.exceptions import InvalidSignature as Refused
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from strongroom.hsm import KeyPurpose
from strongroom.server.core.errors import InvalidSignature
from strongroom.v1 import resources_pb2 as v1
from strongroom.v1 import signing_pb2 as messages
from tests.vectors.keys import (
    HASHES,
    RSA_KINDS,
    cavs_rsa_private,
    cavs_rsa_public,
    digest_of,
    headed_rsa_private,
    rsa_value,
    spki_of,
)
from tests.vectors.parsing import Vector, assignments, headed
from tests.vectors.service import Service

CAVS = "asymmetric/RSA/FIPS_186-2"
SMALL = "the modulus is shorter than 2048 bits"
OTHER_HASH = "the hash isn't offered"

Algorithms = Mapping[str, "v1.SigningAlgorithm.ValueType"]
PKCS1: Algorithms = {
    "SHA256": v1.SIGNING_ALGORITHM_RSASSA_PKCS1_V1_5_SHA_256,
    "SHA384": v1.SIGNING_ALGORITHM_RSASSA_PKCS1_V1_5_SHA_384,
    "SHA512": v1.SIGNING_ALGORITHM_RSASSA_PKCS1_V1_5_SHA_512,
}
PSS: Algorithms = {
    "SHA256": v1.SIGNING_ALGORITHM_RSASSA_PSS_SHA_256,
    "SHA384": v1.SIGNING_ALGORITHM_RSASSA_PSS_SHA_384,
    "SHA512": v1.SIGNING_ALGORITHM_RSASSA_PSS_SHA_512,
}


class _Keys:
    """Planted keys, each planted once: a key has many vectors."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._ids: dict[tuple[int, int, bool], str] = {}

    def public(self, key: rsa.RSAPublicKey) -> str:
        numbers = key.public_numbers()
        name, kind = (numbers.n, numbers.e, False), RSA_KINDS[key.key_size]
        if name not in self._ids:
            self._ids[name] = self._service.plant_public(kind, KeyPurpose.SIGN, spki_of(key))
        return self._ids[name]

    def private(self, vector: Vector) -> str:
        name = (int(vector["n"], 16), int(vector["e"], 16), True)
        if name not in self._ids:
            key, kind = cavs_rsa_public(vector), RSA_KINDS[name[0].bit_length()]
            value = rsa_value(cavs_rsa_private(vector))
            self._ids[name] = self._service.plant_private(kind, KeyPurpose.SIGN, value, spki_of(key))
        return self._ids[name]


def _obstacle(vector: Vector) -> str:
    """Why a vector is passed over, or nothing."""
    if int(vector["n"], 16).bit_length() not in RSA_KINDS:
        return SMALL
    return "" if vector["SHAAlg"] in PKCS1 else OTHER_HASH


def _forms(vector: Vector) -> list[tuple[bytes, "v1.MessageType.ValueType"]]:
    message = bytes.fromhex(vector["Msg"])
    digest = digest_of(HASHES[vector["SHAAlg"]], message)
    return [(message, v1.MESSAGE_TYPE_RAW), (digest, v1.MESSAGE_TYPE_DIGEST)]


def _verifications(key_id: str, vector: Vector, algorithms: Algorithms) -> list[messages.VerifyRequest]:
    return [
        messages.VerifyRequest(
            key_id=key_id,
            message=sent,
            message_type=kind,
            signing_algorithm=algorithms[vector["SHAAlg"]],
            signature=bytes.fromhex(vector["S"]),
        )
        for sent, kind in _forms(vector)
    ]


def _signatures(
    service: Service, key_id: str, vector: Vector, algorithms: Algorithms, where: str
) -> list[bytes]:
    """What the operation signs of a vector's message, and of its digest."""
    return [
        bytes(
            service.answered(
                messages.SignRequest(
                    key_id=key_id,
                    message=sent,
                    message_type=kind,
                    signing_algorithm=algorithms[vector["SHAAlg"]],
                ),
                where,
            ).signature
        )
        for sent, kind in _forms(vector)
    ]


def _each(path: str, last: str, use: Callable[[Vector, str], str]) -> Counter[str]:
    """Uses every vector that the service offers, and counts what became of all."""
    return Counter(
        _obstacle(vector) or use(vector, f"{path} #{number}")
        for number, vector in enumerate(assignments(f"{CAVS}/{path}", last), 1)
    )


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("SigVer15_186-3.rsp", {"valid": 27, "invalid": 135, SMALL: 180, OTHER_HASH: 108}),
        ("../SigVer15EMTest.txt", {"invalid": 54, SMALL: 60, OTHER_HASH: 36}),
    ],
)
def test_pkcs1_signatures_are_verified_and_wrong_encodings_refused(
    service: Service, path: str, counts: dict[str, int]
) -> None:
    keys = _Keys(service)

    def use(vector: Vector, where: str) -> str:
        is_valid = vector["Result"].startswith("P")
        for request in _verifications(keys.public(cavs_rsa_public(vector)), vector, PKCS1):
            if is_valid:
                assert service.answered(request, where).signature_valid
            else:
                service.refused(request, InvalidSignature, where)
        return "valid" if is_valid else "invalid"

    assert _each(path, "Result", use) == counts


@pytest.mark.parametrize("path", ["SigGen15_186-2.rsp", "SigGen15_186-3.rsp"])
def test_published_pkcs1_signatures_are_verified(service: Service, path: str) -> None:
    keys = _Keys(service)

    def use(vector: Vector, where: str) -> str:
        for request in _verifications(keys.public(cavs_rsa_public(vector)), vector, PKCS1):
            assert service.answered(request, where).signature_valid
            request.signing_algorithm = PSS[vector["SHAAlg"]]
            service.refused(request, InvalidSignature, where)
        return "verified"

    assert _each(path, "S", use) == {"verified": 90, SMALL: 100, OTHER_HASH: 60}


def test_pkcs1_signatures_are_made_byte_for_byte(service: Service) -> None:
    keys = _Keys(service)

    def use(vector: Vector, where: str) -> str:
        made = _signatures(service, keys.private(vector), vector, PKCS1, where)
        assert made == [bytes.fromhex(vector["S"])] * 2, where
        return "made"

    assert _each("SigGen15_186-2.txt", "S", use) == {"made": 90, SMALL: 100, OTHER_HASH: 60}


def test_pkcs1_signatures_over_sha_1_are_refused(service: Service) -> None:
    keys, seen = _Keys(service), Counter[str]()
    path = "asymmetric/RSA/pkcs1v15sign-vectors.txt"
    for number, vector in enumerate(headed(path, "signature"), 1):
        if int(vector["modulus"], 16).bit_length() not in RSA_KINDS:
            seen[SMALL] += 1
            continue
        key_id = keys.public(headed_rsa_private(vector).public_numbers.public_key())
        cavs = {"Msg": vector["message to be signed"], "S": vector["signature"]}
        for hash_ in PKCS1:
            for request in _verifications(key_id, cavs | {"SHAAlg": hash_}, PKCS1):
                service.refused(request, InvalidSignature, f"{path} #{number}")
        seen["refused"] += 1
    assert seen == {"refused": 20, SMALL: 280}


@pytest.mark.parametrize(
    ("path", "last", "salt_bytes", "counts"),
    [
        ("SigGenPSS_186-2.rsp", "S", 20, {"refused": 90, SMALL: 100, OTHER_HASH: 60}),
        ("SigGenPSS_186-3.rsp", "S", 0, {"refused": 90, SMALL: 100, OTHER_HASH: 60}),
        (
            "SigVerPSS_186-3.rsp",
            "Result",
            10,
            {"refused": 27, "refused everywhere": 135, SMALL: 180, OTHER_HASH: 108},
        ),
    ],
)
def test_pss_signatures_with_salts_of_other_lengths_are_refused(
    service: Service, path: str, last: str, salt_bytes: int, counts: dict[str, int]
) -> None:
    keys = _Keys(service)

    def use(vector: Vector, where: str) -> str:
        public_key, hash_ = cavs_rsa_public(vector), HASHES[vector["SHAAlg"]]
        requests = _verifications(keys.public(public_key), vector, PSS)
        encoding = padding.PSS(padding.MGF1(hash_), salt_bytes)
        for request in requests:
            service.refused(request, InvalidSignature, where)
        try:
            public_key.verify(requests[0].signature, requests[0].message, encoding, hash_)
        except Refused:
            return "refused everywhere"
        return "refused"

    assert _each(path, last, use) == counts


def test_published_keys_make_pss_signatures_with_salts_as_long_as_the_hash(service: Service) -> None:
    keys = _Keys(service)

    def use(vector: Vector, where: str) -> str:
        public_key, hash_ = cavs_rsa_public(vector), HASHES[vector["SHAAlg"]]
        encoding = padding.PSS(padding.MGF1(hash_), hash_.digest_size)
        key_id = keys.private(vector)
        for signature in _signatures(service, key_id, vector, PSS, where):
            public_key.verify(signature, bytes.fromhex(vector["Msg"]), encoding, hash_)
            for request in _verifications(key_id, vector | {"S": signature.hex()}, PSS):
                assert service.answered(request, where).signature_valid
        return "made and verified"

    assert _each("SigGenPSS_186-2.txt", "S", use) == {"made and verified": 90, SMALL: 100, OTHER_HASH: 60}
