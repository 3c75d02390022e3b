"""What each PKCS#11 return value means for us: the total map from python-pkcs11's exceptions.

Codes: PKCS#11 v3.1 §5.1. python-pkcs11 has no class for some codes and for all vendor codes; those arrive
as a bare PKCS11Error whose text ends in the code, or words it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Code:
    """A code that python-pkcs11 has no class for.

    Args:
        name: how messages name it, with what people can do if the name doesn't say it.
        meaning: how to go on.
        phrase: in the error's text, if python-pkcs11 words the code without its number.
    """

    name: str
    meaning: Meaning
    phrase: str = ""


# python-pkcs11 makes its buffers as long as the module says that the result will be.
_SHORT = "the module gives more bytes than it announced, a defect of its own: try another version of it"
_CODES: Mapping[int, _Code] = {
    0x1B: _Code("CKR_ACTION_PROHIBITED", Meaning.PROTECTED),
    0x68: _Code("CKR_KEY_FUNCTION_NOT_PERMITTED", Meaning.PROTECTED),
    0x103: _Code("CKR_USER_TYPE_INVALID", Meaning.USAGE, "User type invalid"),
    0x140: _Code("CKR_CURVE_NOT_SUPPORTED", Meaning.UNSUPPORTED),
    0x150: _Code(f"CKR_BUFFER_TOO_SMALL, {_SHORT}", Meaning.AMBIGUOUS, "Buffer was too small"),
    0x180: _Code("CKR_SESSION_PARALLEL_NOT_SUPPORTED", Meaning.USAGE, "Parallel not supported"),
    0x190: _Code("CKR_CRYPTOKI_NOT_INITIALIZED", Meaning.GONE, "not initialized"),
    0x191: _Code("CKR_CRYPTOKI_ALREADY_INITIALIZED", Meaning.SESSION, "already initialized"),
    0x202: _Code("CKR_OPERATION_CANCEL_FAILED", Meaning.SESSION, "Failed to cancel operation"),
}
_CODE = re.compile(r"0x([0-9a-fA-F]+)")

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
        return remaps.get(code) or (_CODES[code].meaning if code in _CODES else Meaning.AMBIGUOUS)
    return MEANINGS.get(type(error), Meaning.AMBIGUOUS)


def code_of(error: p11.PKCS11Error) -> int | None:
    """The CKR code of an error that python-pkcs11 has no class for; None for all others."""
    if type(error) is not p11.PKCS11Error:
        return None
    text = str(error)
    match = _CODE.search(text)
    if match:
        return int(match.group(1), 16)
    return next((code for code, known in _CODES.items() if known.phrase and known.phrase in text), None)


def describe(error: p11.PKCS11Error) -> str:
    """A name for logs and messages; never the error's own text, which is the module's or the library's."""
    code = code_of(error)
    if code is None:
        return type(error).__name__
    return _CODES[code].name if code in _CODES else f"CKR 0x{code:x}"
