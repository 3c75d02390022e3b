"""Finding out what a token can do by trying it, with session objects that vanish with their session.

A mechanism list is a claim. Each row here is a known answer, or an attack that must fail.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, MechanismFlag, ObjectClass

from strongroom.hsm import templates
from strongroom.hsm.capabilities import Capability, CapabilityReport, CapabilityRow, Finding
from strongroom.hsm.errors import KeyNotProtected
from strongroom.hsm.meanings import Meaning, describe, meaning_of
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


class _Fault(Exception):
    """A probe's attempt ended as it must not."""

    def __init__(self, finding: Finding, detail: str) -> None:
        super().__init__(detail)
        self.finding = finding
        self.detail = detail


def probe(session: Any, profile: TokenProfile) -> CapabilityReport:  # noqa: ANN401 # a pkcs11 session
    """Tries everything in a session of its own; the caller closes it.

    Raises:
        pkcs11.PKCS11Error: the token was lost meanwhile.
    """
    report = CapabilityReport(tuple(_row(session, profile, *attempt) for attempt in _ATTEMPTS))
    _require_presence(session, profile)
    return report


def _require_presence(session: Any, profile: TokenProfile) -> None:  # noqa: ANN401 # a pkcs11 session
    """A token that is away also fails at what it can do, and at every attack: neither says anything of it."""
    try:
        session.generate_random(_RANDOM_BITS)
    except pkcs11.PKCS11Error as error:
        if meaning_of(error, profile.error_meanings) is Meaning.GONE:
            raise


def _row(
    session: Any,  # noqa: ANN401 # a pkcs11 session
    profile: TokenProfile,
    capability: Capability,
    mechanism: str,
    attempt: "_Attempt",
) -> CapabilityRow:
    if capability.name in profile.switched_off:
        return CapabilityRow(capability, mechanism, Finding.SWITCHED_OFF, "by the token profile")
    try:
        return CapabilityRow(capability, mechanism, Finding.SUPPORTED, attempt(session, profile))
    except _Fault as fault:
        return CapabilityRow(capability, mechanism, fault.finding, fault.detail)
    except pkcs11.PKCS11Error as error:
        unsupported = meaning_of(error, profile.error_meanings) is Meaning.UNSUPPORTED
        finding = Finding.UNSUPPORTED if unsupported else Finding.FAILED
        return CapabilityRow(capability, mechanism, finding, describe(error))


def _try_random(session: Any, profile: TokenProfile) -> str:  # noqa: ANN401, ARG001
    first, second = (session.generate_random(_RANDOM_BITS) for _ in range(2))
    if first == second or len(first) * 8 != _RANDOM_BITS:
        raise _Fault(Finding.FAILED, "two draws are equal or short")
    return "two draws differ"


def _try_aes_gcm(session: Any, profile: TokenProfile) -> str:  # noqa: ANN401, ARG001
    key = session.create_object(
        {
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.KEY_TYPE: KeyType.AES,
            Attribute.TOKEN: False,
            Attribute.VALUE: _KEY,
            Attribute.ENCRYPT: True,
            Attribute.DECRYPT: True,
        }
    )
    parameters = {"mechanism": Mechanism.AES_GCM, "mechanism_param": GCMParams(_IV, _AAD, 128)}
    if key.encrypt(_PLAINTEXT, **parameters) != _SEALED:
        raise _Fault(Finding.FAILED, "the known answer isn't reproduced")
    if key.decrypt(_SEALED, **parameters) != _PLAINTEXT:
        raise _Fault(Finding.FAILED, "the known answer isn't decrypted")
    tampered = _SEALED[:-1] + bytes([_SEALED[-1] ^ 1])
    if not _is_refused(lambda: key.decrypt(tampered, **parameters)):
        raise _Fault(Finding.FAILED, "a wrong tag is accepted")
    return "known answer, and a wrong tag is refused"


def _try_protection(session: Any, profile: TokenProfile) -> str:  # noqa: ANN401
    """Makes a key as production does, then tries to get it out in every way that PKCS#11 knows."""
    template = templates.aes_template(profile)
    key = session.generate_key(
        KeyType.AES, 256, store=False, capabilities=templates.AES_USAGE, template=template
    )
    try:
        templates.prove_protected(key)
    except KeyNotProtected as error:
        raise _Fault(Finding.LYING, str(error)) from None
    for attack, attempt in _ATTACKS.items():
        if not _is_refused(partial(attempt, session, key)):
            raise _Fault(Finding.LYING, f"{attack} a non-extractable key succeeds")
    return f"{len(_ATTACKS)} ways out are closed"


def _is_refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (pkcs11.PKCS11Error, NotImplementedError, AttributeError):
        return True
    return False


def _read_value(session: Any, key: Any) -> None:  # noqa: ANN401, ARG001
    key[Attribute.VALUE]


def _make_extractable(session: Any, key: Any) -> None:  # noqa: ANN401, ARG001
    key[Attribute.EXTRACTABLE] = True


def _make_insensitive(session: Any, key: Any) -> None:  # noqa: ANN401, ARG001
    key[Attribute.SENSITIVE] = False


def _copy_extractable(session: Any, key: Any) -> None:  # noqa: ANN401, ARG001
    key.copy({Attribute.EXTRACTABLE: True, Attribute.TOKEN: False})


def _wrap(session: Any, key: Any) -> None:  # noqa: ANN401
    """Succeeds if any mechanism wraps the key."""
    wrapper = session.generate_key(
        KeyType.AES,
        256,
        store=False,
        capabilities=MechanismFlag.WRAP | MechanismFlag.UNWRAP | MechanismFlag.ENCRYPT,
    )
    refused: pkcs11.PKCS11Error | None = None
    for mechanism, parameter in _WRAPPING.items():
        try:
            wrapper.wrap_key(key, mechanism=mechanism, mechanism_param=parameter)
        except pkcs11.PKCS11Error as error:
            refused = error
        else:
            return
    assert refused is not None  # noqa: S101 # there are mechanisms to try
    raise refused


_WRAPPING: Mapping[Mechanism, bytes | None] = {
    Mechanism.AES_KEY_WRAP: None,
    Mechanism.AES_KEY_WRAP_PAD: None,
    Mechanism.AES_ECB: None,
    Mechanism.AES_CBC: bytes(16),
    Mechanism.AES_CBC_PAD: bytes(16),
}
_ATTACKS: Mapping[str, Callable[[Any, Any], None]] = {
    "reading": _read_value,
    "making extractable": _make_extractable,
    "making insensitive": _make_insensitive,
    "copying": _copy_extractable,
    "wrapping": _wrap,
}
_Attempt = Callable[[Any, TokenProfile], str]
_ATTEMPTS: tuple[tuple[Capability, str, _Attempt], ...] = (
    (Capability.RANDOM, "C_GenerateRandom", _try_random),
    (Capability.AES_256_GCM, "CKM_AES_GCM", _try_aes_gcm),
    (Capability.PROTECTED_KEYS, "CKM_AES_KEY_GEN", _try_protection),
)
