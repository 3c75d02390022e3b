"""The PKCS#11 module: loaded once a process, and told that threads will call it.

python-pkcs11 calls C_Initialize(NULL) although it releases the GIL in every call. A module may then switch
its locks off, as SoftHSM does, and crash within seconds under threads (PKCS#11 v3.1 §5.4: without
CKF_OS_LOCKING_OK the application promises not to call from several threads).
"""

import ctypes
import logging
from typing import Any, Self

import pkcs11
from pkcs11 import TokenFlag, _pkcs11

from strongroom.hsm.errors import HsmFault
from strongroom.hsm.meanings import describe

_log = logging.getLogger(__name__)

_CKF_OS_LOCKING_OK = 2
_CKR_OK = 0
_CKR_ALREADY_INITIALIZED = 0x191
_CKR_NOT_INITIALIZED = 0x190

# Entries of CK_FUNCTION_LIST (PKCS#11 v3.1 §3.6), behind its two version bytes and their padding.
_INITIALIZE, _FINALIZE, _INIT_TOKEN = 0, 1, 9
_ENTRIES = 10
_LABEL_BYTES = 32


class _InitializeArguments(ctypes.Structure):
    """CK_C_INITIALIZE_ARGS."""

    _fields_ = (
        ("create_mutex", ctypes.c_void_p),
        ("destroy_mutex", ctypes.c_void_p),
        ("lock_mutex", ctypes.c_void_p),
        ("unlock_mutex", ctypes.c_void_p),
        ("flags", ctypes.c_ulong),
        ("reserved", ctypes.c_void_p),
    )


class _FunctionList(ctypes.Structure):
    """The head of CK_FUNCTION_LIST: not every module exports C_Initialize as a symbol."""

    _fields_ = (("version", ctypes.c_ubyte * 2), ("functions", ctypes.c_void_p * _ENTRIES))


class Library(_pkcs11.lib):
    """A module initialised for use by threads; initialised and finalised any number of times.

    Kept alive for the whole process: sessions hold raw pointers into it.

    Args:
        so: path of the module.
        reserved: pReserved for C_Initialize, or None.
    """

    _reserved: str | None

    def __init__(self, so: str, reserved: str | None) -> None:
        self._reserved = reserved
        self._is_up = False
        self._entries = _entries(so)
        super().__init__(so)

    def __new__(cls, so: str, reserved: str | None) -> Self:  # noqa: ARG004, D102 # __cinit__ takes one
        make: Any = super().__new__
        library: Self = make(cls, so)
        return library

    def initialize(self) -> None:
        """Calls C_Initialize with CKF_OS_LOCKING_OK, once."""
        if self._is_up:
            return
        arguments = _InitializeArguments(flags=_CKF_OS_LOCKING_OK)
        if self._reserved is not None:
            text = ctypes.create_string_buffer(self._reserved.encode())
            arguments.reserved = ctypes.cast(text, ctypes.c_void_p)
        code = _callable(self._entries[_INITIALIZE])(ctypes.byref(arguments))
        if code not in {_CKR_OK, _CKR_ALREADY_INITIALIZED}:
            raise HsmFault(f"The module can't be initialised: CKR 0x{code:x}.")
        self._is_up = True

    def finalize(self) -> None:
        """Calls C_Finalize; raises PKCS11Error, as python-pkcs11's own does."""
        if not self._is_up:
            return
        self._is_up = False
        code = _callable(self._entries[_FINALIZE])(None)
        if code not in {_CKR_OK, _CKR_NOT_INITIALIZED}:
            raise pkcs11.PKCS11Error(f"0x{code:x}")

    def init_token(self, slot_id: int, so_pin: str, label: str) -> None:
        """Calls C_InitToken: the token in this slot is erased and gets a label.

        Raises:
            HsmFault: the module refuses.
        """
        function = ctypes.CFUNCTYPE(
            ctypes.c_ulong, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p
        )(self._entries[_INIT_TOKEN])
        pin = so_pin.encode()
        code = function(slot_id, pin, len(pin), label.encode().ljust(_LABEL_BYTES))
        if code != _CKR_OK:
            raise HsmFault(f"The token can't be initialised: CKR 0x{code:x}.")


def _entries(so: str) -> tuple[int, ...]:
    dll = ctypes.CDLL(so)
    table = ctypes.POINTER(_FunctionList)()
    code = dll.C_GetFunctionList(ctypes.byref(table))
    if code != _CKR_OK:
        raise HsmFault(f"The module has no function list: CKR 0x{code:x}.")
    return tuple(table.contents.functions)


def _callable(address: int) -> Any:  # noqa: ANN401 # a C function
    return ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p)(address)


_loaded: dict[tuple[str, str | None, bool], Any] = {}
"""The one global of the package: a module is global to its process, and so is its initialisation."""


def load(so: str, reserved: str | None, *, with_locking: bool) -> Any:  # noqa: ANN401 # untyped
    """The library at this path, loaded and initialised.

    Raises:
        HsmFault: it can't be loaded or initialised.
    """
    key = (so, reserved, with_locking)
    try:
        if key in _loaded:
            _loaded[key].initialize()
        else:
            _loaded[key] = Library(so, reserved) if with_locking else pkcs11.lib(so)
    except (OSError, AttributeError, pkcs11.PKCS11Error, RuntimeError) as error:
        raise HsmFault(f"The PKCS#11 module {so} can't be loaded: {type(error).__name__}.") from None
    return _loaded[key]


def finalize(module: Any) -> None:  # noqa: ANN401 # untyped
    """Calls C_Finalize: every session and handle of this process is dead after it.

    Nothing is raised: a module that lost its HSM may refuse even this, and only the next C_Initialize shows
    whether it can be used.
    """
    try:
        module.finalize()
    except pkcs11.PKCS11Error as error:
        _log.warning("the PKCS#11 module can't be finalised: %s", describe(error))


def tokens(module: Any, label: str | None = None, serial: str | None = None) -> list[Any]:  # noqa: ANN401 # untyped
    """The initialised tokens of a module with this label and serial number, if they are given.

    python-pkcs11's own search asks every slot for its mechanisms, which some modules refuse for a token that
    isn't initialised: one such slot would hide all others.

    Raises:
        pkcs11.PKCS11Error: the module can't be asked.
    """
    found = []
    for slot in module.get_slots(token_present=True):
        token = slot.get_token()
        if not token.flags & TokenFlag.TOKEN_INITIALIZED:
            continue
        if label in {None, token.label} and serial in {None, serial_of(token)}:
            found.append(token)
    return found


def serial_of(token: Any) -> str:  # noqa: ANN401 # a pkcs11 token
    """A token's serial number as text."""
    serial = token.serial
    return serial.decode("ascii", "replace") if isinstance(serial, bytes) else str(serial)
