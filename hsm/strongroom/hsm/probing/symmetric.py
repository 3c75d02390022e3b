"""Random numbers, AES-GCM and HMAC."""

from functools import partial
from typing import Any

from cryptography.hazmat.primitives import hashes, hmac
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, ObjectClass

from strongroom.hsm import aes_gcm, macs
from strongroom.hsm.capabilities import Capability, Finding
from strongroom.hsm.key_kinds import KeyKind
from strongroom.hsm.probing.attempts import Attempt, Fault, Shown, is_refused, timed
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.token_profiles import TokenProfile

# The GCM specification's test case 16 (McGrew and Viega, submission to NIST, 2005, appendix B).
_KEY = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
_IV = bytes.fromhex("cafebabefacedbaddecaf888")
_AAD = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
_PLAINTEXT = bytes.fromhex(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
)
_SEALED = bytes.fromhex(
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
    "76fc6ece0f4e1768cddf8853bb2d551b"
)
_RANDOM_BITS = 256
_MAC_KEY = bytes(range(64))
_MESSAGE = b"strongroom tries what a token can do"
_HASHES: dict[KeyKind, hashes.HashAlgorithm] = {
    KeyKind.HMAC_224: hashes.SHA224(),
    KeyKind.HMAC_256: hashes.SHA256(),
    KeyKind.HMAC_384: hashes.SHA384(),
    KeyKind.HMAC_512: hashes.SHA512(),
}


def _try_random(session: PooledSession, profile: TokenProfile) -> Shown:  # noqa: ARG001
    first, second = (session.raw.generate_random(_RANDOM_BITS) for _ in range(2))
    if first == second or len(first) * 8 != _RANDOM_BITS:
        raise Fault(Finding.FAILED, "two draws are equal or short")
    return Shown("two draws differ")


def _try_aes_gcm(session: PooledSession, profile: TokenProfile) -> Shown:  # noqa: ARG001
    key = _secret(session, KeyType.AES, _KEY, Attribute.ENCRYPT, Attribute.DECRYPT)
    parameters = {"mechanism": Mechanism.AES_GCM, "mechanism_param": GCMParams(_IV, _AAD, 128)}
    if key.encrypt(_PLAINTEXT, **parameters) != _SEALED:
        raise Fault(Finding.FAILED, "the known answer isn't reproduced")
    if key.decrypt(_SEALED, **parameters) != _PLAINTEXT:
        raise Fault(Finding.FAILED, "the known answer isn't decrypted")
    tampered = _SEALED[:-1] + bytes([_SEALED[-1] ^ 1])
    if not is_refused(lambda: key.decrypt(tampered, **parameters)):
        raise Fault(Finding.FAILED, "a wrong tag is accepted")
    latency_us = timed(lambda: aes_gcm.seal(session, key.handle, _PLAINTEXT, _AAD))
    return Shown("known answer, and a wrong tag is refused", latency_us)


def _try_hmac(kind: KeyKind, session: PooledSession, profile: TokenProfile) -> Shown:  # noqa: ARG001
    key = _secret(session, KeyType.GENERIC_SECRET, _MAC_KEY, Attribute.SIGN)
    expected = hmac.HMAC(_MAC_KEY, _HASHES[kind])
    expected.update(_MESSAGE)
    if macs.authenticate(session, key.handle, kind, _MESSAGE) != expected.finalize():
        raise Fault(Finding.FAILED, "another implementation's answer isn't reproduced")
    latency_us = timed(lambda: macs.authenticate(session, key.handle, kind, _MESSAGE))
    return Shown("another implementation's answer", latency_us)


def _secret(session: PooledSession, key_type: KeyType, value: bytes, *usages: Attribute) -> Any:  # noqa: ANN401
    return session.raw.create_object(
        {
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.KEY_TYPE: key_type,
            Attribute.TOKEN: False,
            Attribute.VALUE: value,
            **dict.fromkeys(usages, True),
        }
    )


ATTEMPTS = (
    Attempt(Capability.RANDOM, "C_GenerateRandom", _try_random),
    Attempt(Capability.AES_256_GCM, "CKM_AES_GCM", _try_aes_gcm),
    Attempt(Capability.HMAC_224, "CKM_SHA224_HMAC", partial(_try_hmac, KeyKind.HMAC_224)),
    Attempt(Capability.HMAC_256, "CKM_SHA256_HMAC", partial(_try_hmac, KeyKind.HMAC_256)),
    Attempt(Capability.HMAC_384, "CKM_SHA384_HMAC", partial(_try_hmac, KeyKind.HMAC_384)),
    Attempt(Capability.HMAC_512, "CKM_SHA512_HMAC", partial(_try_hmac, KeyKind.HMAC_512)),
)
