"""Ed25519: the vectors of its authors, whose first ones are RFC 8032's."""

from collections import Counter

from cryptography.hazmat.primitives.asymmetric import ed25519
from pkcs11 import Attribute

from strongroom.hsm import KeyKind, KeyPurpose
from strongroom.server.core.errors import InvalidSignature, ValidationFailed
from strongroom.v1 import resources_pb2 as v1
from strongroom.v1 import signing_pb2 as messages
from tests.vectors.keys import spki_of
from tests.vectors.parsing import lines_of
from tests.vectors.service import Service

PATH = "asymmetric/Ed25519/sign.input"
ALGORITHM = v1.SIGNING_ALGORITHM_ED25519_SHA_512
L = 2**252 + 27742317777372353535851937790883648493  # the order of the base point (RFC 8032 §5.1)


def _malleated(signature: bytes) -> bytes:
    """With S + L for S, which RFC 8032 §5.1.7 refuses."""
    return signature[:32] + (int.from_bytes(signature[32:], "little") + L).to_bytes(32, "little")


def test_signatures_are_made_byte_for_byte_and_verified(service: Service) -> None:
    seen: Counter[str] = Counter()
    for number, line in enumerate(lines_of(PATH), 1):
        where = f"{PATH} line {number}"
        secret, public, message, signed, _ = (bytes.fromhex(part) for part in line.split(":"))
        signature, value = signed[:64], {Attribute.VALUE: secret[:32]}
        spki = spki_of(ed25519.Ed25519PublicKey.from_public_bytes(public))
        key_id = service.plant_private(KeyKind.ED25519, KeyPurpose.SIGN, value, spki)
        sign = messages.SignRequest(key_id=key_id, message=message, signing_algorithm=ALGORITHM)
        verify = messages.VerifyRequest(
            key_id=key_id, message=message, signing_algorithm=ALGORITHM, signature=signature
        )
        if not message:
            service.refused(sign, ValidationFailed, where)
            service.refused(verify, ValidationFailed, where)
            seen["refused: the message is empty"] += 1
            continue
        assert service.answered(sign, where).signature == signature, where
        assert service.answered(verify, where).signature_valid
        for altered in (bytes([signature[0] ^ 1]) + signature[1:], _malleated(signature), signature[:-1]):
            verify.signature = altered
            service.refused(verify, InvalidSignature, where)
        seen["signed and verified"] += 1
        service.remove_planted()
    assert seen == {"signed and verified": 1023, "refused: the message is empty": 1}
