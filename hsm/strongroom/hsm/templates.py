"""What we ask of a new key, and what we want to see afterwards: templates are requests, not facts."""

import ctypes
import sys
from collections.abc import Mapping
from typing import Any

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.attributes import AttributeMapper

from strongroom.hsm.errors import KeyNotProtected
from strongroom.hsm.token_profiles import TokenProfile

_ULONG_BYTES = ctypes.sizeof(ctypes.c_ulong)
_BYTE_ORDER = sys.byteorder

AES_USAGE = MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT

_PROTECTION: Mapping[Attribute, bool] = {
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.MODIFIABLE: False,
    Attribute.COPYABLE: False,
}
_UNUSED: Mapping[Attribute, bool] = {
    Attribute.WRAP: False,
    Attribute.UNWRAP: False,
    Attribute.SIGN: False,
    Attribute.VERIFY: False,
    Attribute.DERIVE: False,
}
_PROOF: Mapping[Attribute, bool] = {
    Attribute.SENSITIVE: True,
    Attribute.ALWAYS_SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.NEVER_EXTRACTABLE: True,
    Attribute.LOCAL: True,
    Attribute.ENCRYPT: True,
    Attribute.DECRYPT: True,
    Attribute.WRAP: False,
    Attribute.UNWRAP: False,
}


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


def aes_template(profile: TokenProfile) -> dict[Attribute, Any]:
    """The attributes of a new AES key besides class, type, length, id, label and usage."""
    template: dict[Attribute, Any] = {**_PROTECTION, **_UNUSED}
    if profile.enforces_allowed_mechanisms:
        template[Attribute.ALLOWED_MECHANISMS] = (Mechanism.AES_GCM,)
    template |= {Attribute[name]: value for name, value in profile.extra_attributes.items()}
    omitted = {Attribute[name] for name in profile.omitted_attributes}
    return {name: value for name, value in template.items() if name not in omitted}


def aes_search(material_id: bytes | None = None) -> dict[Attribute, Any]:
    """The template that finds our AES keys; an open search would stumble over half-written objects."""
    template: dict[Attribute, Any] = {
        Attribute.CLASS: ObjectClass.SECRET_KEY,
        Attribute.KEY_TYPE: KeyType.AES,
        Attribute.TOKEN: True,
    }
    if material_id is not None:
        template[Attribute.ID] = material_id
    return template


def prove_protected(key: Any) -> None:  # noqa: ANN401 # a pkcs11 object
    """Reads back that a key was made inside the token and can never leave it.

    Raises:
        KeyNotProtected: an attribute says otherwise, or can't be read.
    """
    found = _read(key)
    wrong = [name.name for name, wanted in _PROOF.items() if found.get(name) is not wanted]
    if wrong:
        raise KeyNotProtected(f"The token doesn't confirm CKA_{', CKA_'.join(wrong)}.")


def _read(key: Any) -> dict[Attribute, Any]:  # noqa: ANN401 # a pkcs11 object
    try:
        return dict(key.get_attributes(list(_PROOF)))
    except pkcs11.PKCS11Error:  # not every module answers for several attributes when one is unknown
        return {name: value for name in _PROOF if (value := _read_one(key, name)) is not None}


def _read_one(key: Any, name: Attribute) -> bool | None:  # noqa: ANN401 # a pkcs11 object
    try:
        return bool(key[name])
    except (pkcs11.exceptions.AttributeTypeInvalid, pkcs11.exceptions.AttributeSensitive):
        return None
