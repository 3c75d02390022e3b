"""What each PKCS#11 return value means for us: the total map from python-pkcs11's exceptions.

Codes: PKCS#11 v3.1 §5.1. python-pkcs11 has no class for some codes and for all vendor codes; those arrive
as a bare PKCS11Error whose text ends in the code.
"""

import re
from collections.abc import Mapping
from enum import Enum

from pkcs11 import exceptions as p11


class Meaning(Enum):
    """How to go on after a failed call."""

    AMBIGUOUS = "find out by a known answer whether data or token are at fault"
    DATA = "the data was refused; the session is fine"
    FULL = "no room on the token"
    GONE = "the token or the module is gone: reconnect"
    HANDLE = "the object handle is dead: find the object again"
    PIN = "the PIN was refused or is locked: never try again"
    PROTECTED = "the token protects an attribute or a key, as it should"
    SESSION = "the session is dead or confused: use another"
    UNSUPPORTED = "the token can't do it"
    USAGE = "we called wrongly, or the profile is wrong"


_CODES: Mapping[int, Meaning] = {
    0x1B: Meaning.PROTECTED,  # CKR_ACTION_PROHIBITED
    0x68: Meaning.PROTECTED,  # CKR_KEY_FUNCTION_NOT_PERMITTED
    0x140: Meaning.UNSUPPORTED,  # CKR_CURVE_NOT_SUPPORTED
    0x190: Meaning.GONE,  # CKR_CRYPTOKI_NOT_INITIALIZED
    0x191: Meaning.SESSION,  # CKR_CRYPTOKI_ALREADY_INITIALIZED
}
_CODE = re.compile(r"0x([0-9a-fA-F]+)")
_TEXTS: Mapping[str, int] = {  # codes that python-pkcs11 words without their number
    "already initialized": 0x191,
    "not initialized": 0x190,
}

MEANINGS: Mapping[type[p11.PKCS11Error], Meaning] = {
    p11.AnotherUserAlreadyLoggedIn: Meaning.USAGE,
    p11.ArgumentsBad: Meaning.USAGE,
    p11.AttributeReadOnly: Meaning.PROTECTED,
    p11.AttributeSensitive: Meaning.PROTECTED,
    p11.AttributeTypeInvalid: Meaning.USAGE,
    p11.AttributeValueInvalid: Meaning.USAGE,
    p11.DataInvalid: Meaning.DATA,
    p11.DataLenRange: Meaning.DATA,
    p11.DeviceError: Meaning.GONE,
    p11.DeviceMemory: Meaning.FULL,
    p11.DeviceRemoved: Meaning.GONE,
    p11.DomainParamsInvalid: Meaning.USAGE,
    p11.EncryptedDataInvalid: Meaning.DATA,
    p11.EncryptedDataLenRange: Meaning.DATA,
    p11.ExceededMaxIterations: Meaning.AMBIGUOUS,
    p11.FunctionCancelled: Meaning.AMBIGUOUS,
    p11.FunctionFailed: Meaning.AMBIGUOUS,
    p11.FunctionNotSupported: Meaning.UNSUPPORTED,
    p11.FunctionRejected: Meaning.AMBIGUOUS,
    p11.GeneralError: Meaning.AMBIGUOUS,
    p11.HostMemory: Meaning.FULL,
    p11.KeyHandleInvalid: Meaning.HANDLE,
    p11.KeyIndigestible: Meaning.PROTECTED,
    p11.KeyNeeded: Meaning.USAGE,
    p11.KeyNotNeeded: Meaning.USAGE,
    p11.KeyNotWrappable: Meaning.PROTECTED,
    p11.KeySizeRange: Meaning.UNSUPPORTED,
    p11.KeyTypeInconsistent: Meaning.USAGE,
    p11.KeyUnextractable: Meaning.PROTECTED,
    p11.MechanismInvalid: Meaning.UNSUPPORTED,
    p11.MechanismParamInvalid: Meaning.UNSUPPORTED,
    p11.MultipleObjectsReturned: Meaning.USAGE,
    p11.MultipleTokensReturned: Meaning.USAGE,
    p11.NoEvent: Meaning.AMBIGUOUS,
    p11.NoSuchKey: Meaning.HANDLE,
    p11.NoSuchToken: Meaning.GONE,
    p11.ObjectHandleInvalid: Meaning.HANDLE,
    p11.OperationActive: Meaning.SESSION,
    p11.OperationNotInitialized: Meaning.SESSION,
    p11.PinExpired: Meaning.PIN,
    p11.PinIncorrect: Meaning.PIN,
    p11.PinInvalid: Meaning.PIN,
    p11.PinLenRange: Meaning.PIN,
    p11.PinLocked: Meaning.PIN,
    p11.PinTooWeak: Meaning.PIN,
    p11.PublicKeyInvalid: Meaning.DATA,
    p11.RandomNoRNG: Meaning.UNSUPPORTED,
    p11.RandomSeedNotSupported: Meaning.UNSUPPORTED,
    p11.SessionClosed: Meaning.SESSION,
    p11.SessionCount: Meaning.FULL,
    p11.SessionExists: Meaning.SESSION,
    p11.SessionHandleInvalid: Meaning.SESSION,
    p11.SessionReadOnly: Meaning.USAGE,
    p11.SessionReadOnlyExists: Meaning.USAGE,
    p11.SessionReadWriteSOExists: Meaning.USAGE,
    p11.SignatureInvalid: Meaning.DATA,
    p11.SignatureLenRange: Meaning.DATA,
    p11.SlotIDInvalid: Meaning.GONE,
    p11.TemplateIncomplete: Meaning.USAGE,
    p11.TemplateInconsistent: Meaning.USAGE,
    p11.TokenNotPresent: Meaning.GONE,
    p11.TokenNotRecognised: Meaning.GONE,
    p11.TokenWriteProtected: Meaning.USAGE,
    p11.UnwrappingKeyHandleInvalid: Meaning.HANDLE,
    p11.UnwrappingKeySizeRange: Meaning.UNSUPPORTED,
    p11.UnwrappingKeyTypeInconsistent: Meaning.USAGE,
    p11.UserAlreadyLoggedIn: Meaning.SESSION,
    p11.UserNotLoggedIn: Meaning.GONE,
    p11.UserPinNotInitialized: Meaning.PIN,
    p11.UserTooManyTypes: Meaning.USAGE,
    p11.WrappedKeyInvalid: Meaning.DATA,
    p11.WrappedKeyLenRange: Meaning.DATA,
    p11.WrappingKeyHandleInvalid: Meaning.HANDLE,
    p11.WrappingKeySizeRange: Meaning.UNSUPPORTED,
    p11.WrappingKeyTypeInconsistent: Meaning.USAGE,
}


def meaning_of(error: p11.PKCS11Error, remaps: Mapping[int, Meaning]) -> Meaning:
    """What an error means; `remaps` are a token profile's exceptions to the rule, by CKR code."""
    code = code_of(error)
    if code is not None:
        return remaps.get(code) or _CODES.get(code, Meaning.AMBIGUOUS)
    return MEANINGS.get(type(error), Meaning.AMBIGUOUS)


def code_of(error: p11.PKCS11Error) -> int | None:
    """The CKR code of an error that python-pkcs11 has no class for; None for all others."""
    if type(error) is not p11.PKCS11Error:
        return None
    text = str(error)
    match = _CODE.search(text)
    if match:
        return int(match.group(1), 16)
    return next((code for phrase, code in _TEXTS.items() if phrase in text), None)


def describe(error: p11.PKCS11Error) -> str:
    """A name for logs and messages; never the error's own text, which is the module's or the library's."""
    code = code_of(error)
    return type(error).__name__ if code is None else f"CKR 0x{code:x}"
