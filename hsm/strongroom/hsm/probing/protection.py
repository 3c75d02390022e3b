"""Whether keys made as production makes them can be taken out: attacks that must fail."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag

from strongroom.hsm import key_generation, templates
from strongroom.hsm.capabilities import Capability, Finding
from strongroom.hsm.errors import KeyNotProtected
from strongroom.hsm.key_kinds import KeyKind, KeyPurpose
from strongroom.hsm.meanings import Meaning, meaning_of
from strongroom.hsm.probing.attempts import Attempt, Fault, Shown, is_refused
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.token_profiles import TokenProfile

Choice = tuple[KeyKind, KeyPurpose]

_SECRETS: tuple[Choice, ...] = (
    (KeyKind.AES_256, KeyPurpose.ENCRYPT),
    (KeyKind.HMAC_256, KeyPurpose.AUTHENTICATE),
)
_PAIRS: tuple[Choice, ...] = (
    (KeyKind.P256, KeyPurpose.SIGN),
    (KeyKind.RSA_2048, KeyPurpose.SIGN),
)


def _try_protection(choices: tuple[Choice, ...], session: PooledSession, profile: TokenProfile) -> Shown:
    """Makes a key as production does, then tries to get it out in every way that PKCS#11 knows."""
    key, choice = _make_first(choices, session, profile)
    try:
        templates.prove(templates.read_facts(key), *choice)
    except KeyNotProtected as error:
        raise Fault(Finding.LYING, str(error)) from None
    attack(session, key)
    return Shown(f"{len(_ATTACKS)} ways out are closed")


def attack(session: PooledSession, key: Any) -> None:  # noqa: ANN401 # a pkcs11 object
    """Tries to get a key out in every way that PKCS#11 knows.

    Raises:
        Fault: one of them succeeds.
    """
    for name, attempt in _ATTACKS.items():
        if not is_refused(partial(attempt, session.raw, key)):
            raise Fault(Finding.LYING, f"{name} a non-extractable key succeeds")


def _make_first(
    choices: tuple[Choice, ...], session: PooledSession, profile: TokenProfile
) -> tuple[Any, Choice]:
    """The first kind of key that the token makes."""
    *others, last = choices
    for choice in others:
        try:
            return key_generation.make_session_object(session, profile, *choice), choice
        except pkcs11.PKCS11Error as error:
            if meaning_of(error, profile.error_meanings) is not Meaning.UNSUPPORTED:
                raise
    return key_generation.make_session_object(session, profile, *last), last


def _read_value(session: Any, key: Any) -> None:  # noqa: ANN401, ARG001
    """A secret key's or a scalar's value, or an RSA key's private exponent."""
    if getattr(key, "key_type", None) is KeyType.RSA:
        key[Attribute.PRIVATE_EXPONENT]
    else:
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

ATTEMPTS = (
    Attempt(Capability.PROTECTED_KEYS, "CKM_AES_KEY_GEN", partial(_try_protection, _SECRETS)),
    Attempt(Capability.PROTECTED_PAIRS, "C_GenerateKeyPair", partial(_try_protection, _PAIRS)),
)
