"""ML-DSA and ML-KEM, as far as a token that has neither lets them run: by public keys.

Every published ML-DSA signature has a context, which the service's Verify can't be told; but it goes into the
message representative (FIPS 204 §6.2), which MessageType EXTERNAL_MU takes.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import mldsa, mlkem

from strongroom.hsm import KeyKind, KeyPurpose
from strongroom.server.core.errors import InvalidSignature
from strongroom.v1 import key_pairs_pb2 as kem
from strongroom.v1 import resources_pb2 as v1
from strongroom.v1 import signing_pb2 as messages
from tests.vectors.keys import spki_of
from tests.vectors.parsing import assignments
from tests.vectors.service import Service

SIGNING: Mapping[str, tuple[KeyKind, Any]] = {
    "44": (KeyKind.ML_DSA_44, mldsa.MLDSA44PrivateKey),
    "65": (KeyKind.ML_DSA_65, mldsa.MLDSA65PrivateKey),
    "87": (KeyKind.ML_DSA_87, mldsa.MLDSA87PrivateKey),
}
KEMS: Mapping[str, tuple[KeyKind, Any]] = {
    "768": (KeyKind.ML_KEM_768, mlkem.MLKEM768PrivateKey),
    "1024": (KeyKind.ML_KEM_1024, mlkem.MLKEM1024PrivateKey),
}
ONE_IN_TEN = "passed over: the secrets are random, and one key in ten shows it"


def _mu(public_key: bytes, context: bytes, message: bytes) -> bytes:
    """μ of pure ML-DSA (FIPS 204, algorithm 2 line 10 and algorithm 7 line 6)."""
    tr = hashlib.shake_256(public_key).digest(64)
    return hashlib.shake_256(tr + bytes([0, len(context)]) + context + message).digest(64)


@pytest.mark.parametrize("size", SIGNING)
def test_ml_dsa_signatures_are_verified_by_their_mu(service: Service, size: str) -> None:
    """And refused over the message alone, whose context is empty; such a signature is verified."""
    seen: Counter[str] = Counter()
    path, (kind, private) = f"asymmetric/MLDSA/kat_MLDSA_{size}_det_pure.rsp", SIGNING[size]
    for number, vector in enumerate(assignments(path, "ctx"), 1):
        where, key = f"{path} #{number}", private.from_seed_bytes(bytes.fromhex(vector["xi"]))
        public_key, context, message, signed = (
            bytes.fromhex(vector[name]) for name in ("pk", "ctx", "msg", "sm")
        )
        assert key.public_key().public_bytes_raw() == public_key, where
        signature = signed.removesuffix(message)
        key_id = service.plant_public(kind, KeyPurpose.SIGN, spki_of(key.public_key()))
        request = messages.VerifyRequest(
            key_id=key_id,
            message=_mu(public_key, context, message),
            message_type=v1.MESSAGE_TYPE_EXTERNAL_MU,
            signing_algorithm=v1.SIGNING_ALGORITHM_ML_DSA_SHAKE_256,
            signature=signature,
        )
        assert service.answered(request, where).signature_valid
        for altered in (signature[:-1], bytes([signature[0] ^ 1]) + signature[1:]):
            request.signature = altered
            service.refused(request, InvalidSignature, where)
        request.message, request.message_type, request.signature = message, v1.MESSAGE_TYPE_RAW, signature
        service.refused(request, InvalidSignature, where)
        request.signature = key.sign(message)
        assert service.answered(request, where).signature_valid
        seen["verified"] += 1
    assert seen == {"verified": 100}


@pytest.mark.parametrize("size", KEMS)
def test_secrets_for_published_ml_kem_keys_are_another_implementations(service: Service, size: str) -> None:
    """The vectors' own ciphertexts are for Decapsulate, which needs a token that has ML-KEM."""
    seen: Counter[str] = Counter()
    path, (kind, private) = f"asymmetric/MLKEM/kat_MLKEM_{size}.rsp", KEMS[size]
    for number, vector in enumerate(assignments(path, "ss"), 1):
        if number % 10:
            seen[ONE_IN_TEN] += 1
            continue
        where = f"{path} #{number}"
        key = private.from_seed_bytes(bytes.fromhex(vector["d"] + vector["z"]))
        assert key.public_key().public_bytes_raw().hex() == vector["pk"], where
        key_id = service.plant_public(kind, KeyPurpose.ENCAPSULATE, spki_of(key.public_key()))
        request = kem.EncapsulateRequest(
            key_id=key_id, encapsulation_algorithm=v1.ENCAPSULATION_ALGORITHM_ML_KEM
        )
        answer = service.answered(request, where)
        assert key.decapsulate(answer.shared_secret_ciphertext_blob) == answer.shared_secret, where
        seen["encapsulated"] += 1
    assert seen == {"encapsulated": 100, ONE_IN_TEN: 900}
