"""ECDH: NIST's CAVS vectors of the static unified model, whose Z is what DeriveSharedSecret gives."""

from collections import Counter
from collections.abc import Mapping

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from strongroom.hsm import KeyPurpose
from strongroom.server.core.errors import KeyStateInvalid, ValidationFailed
from strongroom.v1 import key_pairs_pb2 as messages
from strongroom.v1 import resources_pb2 as v1
from tests.vectors.keys import CURVES, Curve, spki_of
from tests.vectors.parsing import Vector, assignments
from tests.vectors.service import Service

SECTIONS: Mapping[str, Curve] = {
    "EC - SHA256": CURVES["P-256"],
    "ED - SHA384": CURVES["P-384"],
    "EE - SHA512": CURVES["P-521"],
}
OTHER_CURVE = "the curve isn't offered"
OWN_KEY = "passed over: the own public key is off the curve, as none is that a token has made"


def _spki(curve: Curve, x: str, y: str) -> bytes:
    """SubjectPublicKeyInfo of two coordinates, whether on the curve or not."""
    size = curve.coordinate_bytes
    frame = spki_of(ec.generate_private_key(curve.curve).public_key())[: -2 * size]
    return frame + int(x, 16).to_bytes(size) + int(y, 16).to_bytes(size)


def _derive(service: Service, curve: Curve, vector: Vector, where: str) -> str:
    """Asks for a vector's secret; tells what was rightly answered."""
    result, value = vector["Result"], curve.value(int(vector["dsIUT"], 16))
    if "IUT's Static public key" in result:
        with pytest.raises(ValueError):
            curve.public_key(vector["QsIUTx"], vector["QsIUTy"])
        return OWN_KEY
    own = spki_of(curve.public_key(vector["QsIUTx"], vector["QsIUTy"]))
    key_id = service.plant_private(curve.kind, KeyPurpose.AGREE, value, own)
    request = messages.DeriveSharedSecretRequest(
        key_id=key_id,
        key_agreement_algorithm=v1.KEY_AGREEMENT_ALGORITHM_ECDH,
        public_key=_spki(curve, vector["QsCAVSx"], vector["QsCAVSy"]),
    )
    if "CAVS's Static public key" in result:
        service.refused(request, ValidationFailed, where)
        return "refused: the peer's key is off the curve"
    if "private key d changed" in result:
        service.refused(request, KeyStateInvalid, where)
        return "refused: the private key isn't the public key's"
    secret = bytes(service.answered(request, where).shared_secret)
    if "Z changed" in result:
        assert secret.hex() != vector["Z"], where
        return "another secret than the changed one"
    assert secret.hex() == vector["Z"], where
    return "derived"


@pytest.mark.parametrize("role", ["init", "resp"])
def test_shared_secrets_are_derived_byte_for_byte(service: Service, role: str) -> None:
    seen: Counter[str] = Counter()
    path = f"asymmetric/ECDH/KASValidityTest_ECCStaticUnified_NOKC_ZZOnly_{role}.fax"
    for number, vector in enumerate(assignments(path, "Result"), 1):
        curve = SECTIONS.get(vector["section"])
        if curve is None:
            seen[OTHER_CURVE] += 1
        else:
            seen[_derive(service, curve, vector, f"{path} #{number}")] += 1
    assert seen == {
        "derived": 54,
        "another secret than the changed one": 6,
        "refused: the peer's key is off the curve": 12,
        "refused: the private key isn't the public key's": 6,
        OWN_KEY: 12,
        OTHER_CURVE: 60,
    }
