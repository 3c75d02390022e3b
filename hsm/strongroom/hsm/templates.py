"""What we ask of a new key, and what we want to see afterwards: templates are requests, not facts."""

import ctypes
import sys
from collections.abc import Mapping
from typing import Any

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.attributes import AttributeMapper
from pkcs11.constants import DEFAULT

from strongroom.hsm.errors import KeyNotProtected
from strongroom.hsm.key_kinds import SHAPES, KeyKind, KeyPurpose, usage_flags
from strongroom.hsm.token_profiles import TokenProfile

_ULONG_BYTES = ctypes.sizeof(ctypes.c_ulong)
_BYTE_ORDER = sys.byteorder

_PROTECTION: Mapping[Attribute, bool] = {
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.MODIFIABLE: False,
    Attribute.COPYABLE: False,
}
_LOCKED_IN: Mapping[Attribute, bool] = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
_MADE_HERE: Mapping[Attribute, bool] = {
    Attribute.ALWAYS_SENSITIVE: True,
    Attribute.NEVER_EXTRACTABLE: True,
    Attribute.LOCAL: True,
}
# CKA_DECAPSULATE is asked for and looked at only where it is wanted: PKCS#11 before v3.2 doesn't know it.
_USAGES: Mapping[ObjectClass, tuple[Attribute, ...]] = {
    ObjectClass.SECRET_KEY: (
        Attribute.ENCRYPT,
        Attribute.DECRYPT,
        Attribute.SIGN,
        Attribute.VERIFY,
        Attribute.WRAP,
        Attribute.UNWRAP,
        Attribute.DERIVE,
    ),
    ObjectClass.PRIVATE_KEY: (Attribute.DECRYPT, Attribute.SIGN, Attribute.UNWRAP, Attribute.DERIVE),
}
_KINDS = (Attribute.CLASS, Attribute.KEY_TYPE)

Facts = tuple[tuple[Attribute, object], ...]
"""What a token says of an object, attribute by attribute; those that it doesn't know are left out."""


def attribute_mapper() -> AttributeMapper:
    """python-pkcs11's mapper, taught CKA_ALLOWED_MECHANISMS."""
    mapper = AttributeMapper()
    mapper.register_handler(Attribute.ALLOWED_MECHANISMS, _pack_mechanisms, _unpack_mechanisms)
    return mapper


def _pack_mechanisms(mechanisms: tuple[Mechanism, ...]) -> bytes:
    return b"".join(int(m).to_bytes(_ULONG_BYTES, _BYTE_ORDER) for m in mechanisms)


def _unpack_mechanisms(data: bytes) -> tuple[int, ...]:
    starts = range(0, len(data), _ULONG_BYTES)
    return tuple(int.from_bytes(data[at : at + _ULONG_BYTES], _BYTE_ORDER) for at in starts)


def template_of(kind: KeyKind, purpose: KeyPurpose, profile: TokenProfile) -> dict[Attribute, Any]:
    """The attributes of a new secret or private key besides class, type, length, id and label."""
    shape, wanted = SHAPES[kind], usage_flags(kind, purpose)
    usages = {name: name in wanted for name in _USAGES[shape.object_class]}
    template: dict[Attribute, Any] = {**_PROTECTION, **usages, **dict.fromkeys(wanted, True)}
    if profile.enforces_allowed_mechanisms:
        template[Attribute.ALLOWED_MECHANISMS] = shape.mechanisms[purpose]
    template |= {Attribute[name]: value for name, value in profile.extra_attributes.items()}
    omitted = {Attribute[name] for name in profile.omitted_attributes}
    return {name: value for name, value in template.items() if name not in omitted}


def unwrapping_template_of(kind: KeyKind, purpose: KeyPurpose, profile: TokenProfile) -> dict[Attribute, Any]:
    """The attributes of a key that C_UnwrapKey makes, likewise.

    CKA_MODIFIABLE comes last: SoftHSM 2.6 sets one attribute after the other, and none after this one.
    """
    template = template_of(kind, purpose, profile)
    modifiable = {name: template.pop(name) for name in (Attribute.MODIFIABLE,) if name in template}
    if not SHAPES[kind].is_secret:  # python-pkcs11 adds what private keys don't have
        template |= dict.fromkeys((Attribute.ENCRYPT, Attribute.WRAP, Attribute.VERIFY), DEFAULT)
    return template | modifiable


def read_facts(key: Any) -> Facts:  # noqa: ANN401 # a pkcs11 object
    """What the token says of a secret or private key's kind, protection and usages."""
    names = (*_KINDS, *_LOCKED_IN, *_MADE_HERE, *_USAGES.get(key.object_class, ()))
    try:
        facts = tuple(key.get_attributes(list(names)).items())
    except (pkcs11.PKCS11Error, ValueError):  # one unknown attribute or value spoils the whole answer
        facts = tuple((name, value) for name in names if (value := _read_one(key, name)) is not None)
    if (Attribute.KEY_TYPE, KeyType.ML_KEM) in facts:
        facts += ((Attribute.DECAPSULATE, _read_one(key, Attribute.DECAPSULATE)),)
    return facts


def _read_one(key: Any, name: Attribute) -> object:  # noqa: ANN401 # a pkcs11 object
    try:
        return key[name]
    except (
        pkcs11.exceptions.AttributeTypeInvalid,
        pkcs11.exceptions.AttributeSensitive,
        ValueError,
    ):
        return None


def prove(facts: Facts, kind: KeyKind, purpose: KeyPurpose, *, is_imported: bool = False) -> None:
    """Returns if an object is of this kind, was made inside the token, can never leave it, and does no more.

    One that was imported needn't have been made inside.

    Raises:
        KeyNotProtected: an attribute says otherwise, or isn't known.
    """
    found, shape, wanted = dict(facts), SHAPES[kind], usage_flags(kind, purpose)
    needed = {
        Attribute.CLASS: shape.object_class,
        Attribute.KEY_TYPE: shape.key_type,
        **_LOCKED_IN,
        **({} if is_imported else _MADE_HERE),
        **dict.fromkeys(wanted, True),
    }
    wrong = [name.name for name, value in needed.items() if found.get(name) != value]
    wrong += [name.name for name in _USAGES[shape.object_class] if found.get(name) and name not in wanted]
    if wrong:
        raise KeyNotProtected(f"The token doesn't confirm CKA_{', CKA_'.join(wrong)}.")
