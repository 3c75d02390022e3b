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
    0x201: _Code("CKR_TOKEN_RESOURCE_EXCEEDED", Meaning.AMBIGUOUS),
    0x202: _Code("CKR_OPERATION_CANCEL_FAILED", Meaning.SESSION, "Failed to cancel operation"),
    0x208: _Code("CKR_TOKEN_NOT_INITIALIZED", Meaning.GONE),
}
_CODE = re.compile(r"0x([0-9a-fA-F]+)")

# With their codes, since token profiles may say otherwise of each; None where python-pkcs11 raises it itself.
MEANINGS: Mapping[type[p11.PKCS11Error], tuple[int | None, Meaning]] = {
    p11.AnotherUserAlreadyLoggedIn: (0x104, Meaning.USAGE),
    p11.ArgumentsBad: (0x07, Meaning.USAGE),
    p11.AttributeReadOnly: (0x10, Meaning.PROTECTED),
    p11.AttributeSensitive: (0x11, Meaning.PROTECTED),
    p11.AttributeTypeInvalid: (0x12, Meaning.USAGE),
    p11.AttributeValueInvalid: (0x13, Meaning.USAGE),
    p11.DataInvalid: (0x20, Meaning.DATA),
    p11.DataLenRange: (0x21, Meaning.DATA),
    p11.DeviceError: (0x30, Meaning.GONE),
    p11.DeviceMemory: (0x31, Meaning.FULL),
    p11.DeviceRemoved: (0x32, Meaning.GONE),
    p11.DomainParamsInvalid: (0x130, Meaning.USAGE),
    p11.EncryptedDataInvalid: (0x40, Meaning.DATA),
    p11.EncryptedDataLenRange: (0x41, Meaning.DATA),
    p11.ExceededMaxIterations: (0x1B5, Meaning.AMBIGUOUS),
    p11.FunctionCancelled: (0x50, Meaning.AMBIGUOUS),
    p11.FunctionFailed: (0x06, Meaning.AMBIGUOUS),
    p11.FunctionNotSupported: (0x54, Meaning.UNSUPPORTED),
    p11.FunctionRejected: (0x200, Meaning.AMBIGUOUS),
    p11.GeneralError: (0x05, Meaning.AMBIGUOUS),
    p11.HostMemory: (0x02, Meaning.FULL),
    p11.KeyHandleInvalid: (0x60, Meaning.HANDLE),
    p11.KeyIndigestible: (0x67, Meaning.PROTECTED),
    p11.KeyNeeded: (0x66, Meaning.USAGE),
    p11.KeyNotNeeded: (0x64, Meaning.USAGE),
    p11.KeyNotWrappable: (0x69, Meaning.PROTECTED),
    p11.KeySizeRange: (0x62, Meaning.UNSUPPORTED),
    p11.KeyTypeInconsistent: (0x63, Meaning.USAGE),
    p11.KeyUnextractable: (0x6A, Meaning.PROTECTED),
    p11.MechanismInvalid: (0x70, Meaning.UNSUPPORTED),
    p11.MechanismParamInvalid: (0x71, Meaning.UNSUPPORTED),
    p11.MultipleObjectsReturned: (None, Meaning.USAGE),
    p11.MultipleTokensReturned: (None, Meaning.USAGE),
    p11.NoEvent: (0x08, Meaning.AMBIGUOUS),
    p11.NoSuchKey: (None, Meaning.HANDLE),
    p11.NoSuchToken: (None, Meaning.GONE),
    p11.ObjectHandleInvalid: (0x82, Meaning.HANDLE),
    p11.OperationActive: (0x90, Meaning.SESSION),
    p11.OperationNotInitialized: (0x91, Meaning.SESSION),
    p11.PinExpired: (0xA3, Meaning.PIN),
    p11.PinIncorrect: (0xA0, Meaning.PIN),
    p11.PinInvalid: (0xA1, Meaning.PIN),
    p11.PinLenRange: (0xA2, Meaning.PIN),
    p11.PinLocked: (0xA4, Meaning.PIN),
    p11.PinTooWeak: (0x1B8, Meaning.PIN),
    p11.PublicKeyInvalid: (0x1B9, Meaning.DATA),
    p11.RandomNoRNG: (0x121, Meaning.UNSUPPORTED),
    p11.RandomSeedNotSupported: (0x120, Meaning.UNSUPPORTED),
    p11.SessionClosed: (0xB0, Meaning.SESSION),
    p11.SessionCount: (0xB1, Meaning.FULL),
    p11.SessionExists: (0xB6, Meaning.SESSION),
    p11.SessionHandleInvalid: (0xB3, Meaning.SESSION),
    p11.SessionReadOnly: (0xB5, Meaning.USAGE),
    p11.SessionReadOnlyExists: (0xB7, Meaning.USAGE),
    p11.SessionReadWriteSOExists: (0xB8, Meaning.USAGE),
    p11.SignatureInvalid: (0xC0, Meaning.DATA),
    p11.SignatureLenRange: (0xC1, Meaning.DATA),
    p11.SlotIDInvalid: (0x03, Meaning.GONE),
    p11.TemplateIncomplete: (0xD0, Meaning.USAGE),
    p11.TemplateInconsistent: (0xD1, Meaning.USAGE),
    p11.TokenNotPresent: (0xE0, Meaning.GONE),
    p11.TokenNotRecognised: (0xE1, Meaning.GONE),
    p11.TokenWriteProtected: (0xE2, Meaning.USAGE),
    p11.UnwrappingKeyHandleInvalid: (0xF0, Meaning.HANDLE),
    p11.UnwrappingKeySizeRange: (0xF1, Meaning.UNSUPPORTED),
    p11.UnwrappingKeyTypeInconsistent: (0xF2, Meaning.USAGE),
    p11.UserAlreadyLoggedIn: (0x100, Meaning.SESSION),
    p11.UserNotLoggedIn: (0x101, Meaning.GONE),
    p11.UserPinNotInitialized: (0x102, Meaning.PIN),
    p11.UserTooManyTypes: (0x105, Meaning.USAGE),
    p11.WrappedKeyInvalid: (0x110, Meaning.DATA),
    p11.WrappedKeyLenRange: (0x112, Meaning.DATA),
    p11.WrappingKeyHandleInvalid: (0x113, Meaning.HANDLE),
    p11.WrappingKeySizeRange: (0x114, Meaning.UNSUPPORTED),
    p11.WrappingKeyTypeInconsistent: (0x115, Meaning.USAGE),
}


def meaning_of(error: p11.PKCS11Error, remaps: Mapping[int, Meaning]) -> Meaning:
    """What an error means; `remaps` are a token profile's exceptions to the rule, by CKR code."""
    code = code_of(error)
    if code is not None:
        return remaps.get(code) or (_CODES[code].meaning if code in _CODES else Meaning.AMBIGUOUS)
    code, meaning = MEANINGS.get(type(error), (None, Meaning.AMBIGUOUS))
    return meaning if code is None else remaps.get(code, meaning)


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
