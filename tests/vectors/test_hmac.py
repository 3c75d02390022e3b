"""HMAC: RFC 4231's vectors, and those key derivations of NIST SP 800-108 and RFC 5869 whose steps are HMACs."""

from collections import Counter
from collections.abc import Mapping

import pytest

from strongroom.hsm import KeyKind, KeyPurpose
from strongroom.server.core.errors import InvalidMac
from strongroom.v1 import resources_pb2 as v1
from strongroom.v1 import signing_pb2 as messages
from tests.vectors.parsing import Vector, assignments
from tests.vectors.service import Service

KINDS: Mapping[str, tuple[KeyKind, "v1.MacAlgorithm.ValueType", int]] = {
    "SHA224": (KeyKind.HMAC_224, v1.MAC_ALGORITHM_HMAC_SHA_224, 28),
    "SHA256": (KeyKind.HMAC_256, v1.MAC_ALGORITHM_HMAC_SHA_256, 32),
    "SHA384": (KeyKind.HMAC_384, v1.MAC_ALGORITHM_HMAC_SHA_384, 48),
    "SHA512": (KeyKind.HMAC_512, v1.MAC_ALGORITHM_HMAC_SHA_512, 64),
}
SHORT_KEY = "the key is shorter than the digest"
KBKDF = "KDF/nist-800-108-KBKDF-CTR.txt"


class _Key:
    """A planted HMAC key."""

    def __init__(self, service: Service, hash_: str, value: bytes) -> None:
        kind, self._algorithm, self.size = KINDS[hash_]
        self._service = service
        self._key_id = service.plant_secret(kind, KeyPurpose.AUTHENTICATE, value)

    def mac(self, message: bytes, where: str) -> bytes:
        """What GenerateMac answers; VerifyMac takes it, and nothing like it."""
        request = messages.GenerateMacRequest(
            key_id=self._key_id, message=message, mac_algorithm=self._algorithm
        )
        mac = bytes(self._service.answered(request, where).mac)
        verify = messages.VerifyMacRequest(
            key_id=self._key_id, message=message, mac_algorithm=self._algorithm, mac=mac
        )
        assert self._service.answered(verify, where).mac_valid
        for altered in (mac[:-1], mac + b"\0", mac[:-1] + bytes([mac[-1] ^ 1])):
            verify.mac = altered
            self._service.refused(verify, InvalidMac, where)
        return mac


@pytest.mark.parametrize("hash_", KINDS)
def test_rfc_4231s_macs_are_made_byte_for_byte(service: Service, hash_: str) -> None:
    seen: Counter[str] = Counter()
    path = f"HMAC/rfc-4231-{hash_.lower()}.txt"
    for number, vector in enumerate(assignments(path, "MD"), 1):
        where, value = f"{path} #{number}", bytes.fromhex(vector["Key"])
        if len(value) < KINDS[hash_][2]:
            seen[SHORT_KEY] += 1
            continue
        assert _Key(service, hash_, value).mac(bytes.fromhex(vector["Msg"]), where).hex() == vector["MD"]
        seen["made"] += 1
    assert seen == {"made": 2, SHORT_KEY: 4}


def _step(vector: Vector, counter: bytes) -> bytes:
    """What one HMAC of SP 800-108's counter mode is made of (§5.1), with the counter where a section says."""
    if "MIDDLE_FIXED" in vector["section"]:
        before, after = vector["DataBeforeCtrData"], vector["DataAfterCtrData"]
        return bytes.fromhex(before) + counter + bytes.fromhex(after)
    fixed = bytes.fromhex(vector["FixedInputData"])
    return counter + fixed if "BEFORE_FIXED" in vector["section"] else fixed + counter


@pytest.mark.parametrize("hash_", KINDS)
def test_sp_800_108s_keys_are_derived_by_generate_mac(service: Service, hash_: str) -> None:
    """Of the four lengths of the counter one is taken: to HMAC it is all the same."""
    seen: Counter[str] = Counter()
    for number, vector in enumerate(assignments(KBKDF, "KO"), 1):
        if f"PRF=HMAC_{hash_}," not in vector["section"] or "RLEN=32" not in vector["section"]:
            seen["another PRF or length of the counter"] += 1
            continue
        where, value = f"{KBKDF} #{number}", bytes.fromhex(vector["KI"])
        expected = bytes.fromhex(vector["KO"])
        key = _Key(
            service, hash_, value.ljust(KINDS[hash_][2], b"\0")
        )  # HMAC itself fills up so (RFC 2104 §2)
        steps = range(1, -(-len(expected) // key.size) + 1)
        derived = b"".join(key.mac(_step(vector, step.to_bytes(4)), where) for step in steps)
        assert derived[: len(expected)] == expected, where
        seen["derived"] += 1
        service.remove_planted()
    assert seen == {"derived": 120, "another PRF or length of the counter": 4680}


def test_rfc_5869s_keys_are_extracted_and_expanded_by_generate_mac(service: Service) -> None:
    seen: Counter[str] = Counter()
    path = "KDF/rfc-5869-HKDF-SHA256.txt"
    for number, vector in enumerate(assignments(path, "OKM"), 1):
        where = f"{path} #{number}"
        salt, material, info, pseudorandom = (
            bytes.fromhex(vector[name]) for name in ("salt", "IKM", "info", "PRK")
        )
        salted = _Key(service, "SHA256", salt.ljust(32, b"\0"))
        assert salted.mac(material, where) == pseudorandom, where
        key, block, expanded = _Key(service, "SHA256", pseudorandom), b"", b""
        while len(expanded) < int(vector["L"]):
            block = key.mac(block + info + bytes([len(expanded) // 32 + 1]), where)
            expanded += block
        assert expanded[: int(vector["L"])].hex() == vector["OKM"], where
        seen["derived"] += 1
    assert seen == {"derived": 3}
