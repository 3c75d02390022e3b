"""Making a token, before the service."""

import os
from typing import Any

import pkcs11
from pkcs11 import TokenFlag

from strongroom.hsm import library
from strongroom.hsm.errors import HsmFault, TokenAmbiguous
from strongroom.hsm.meanings import describe
from strongroom.hsm.token_profiles import TokenProfile

_LABEL_BYTES = 32  # CK_TOKEN_INFO.label


def make_token(profile: TokenProfile, label: str, so_pin: str, pin: str) -> None:
    """Initialises the first free slot of the profile's module; no existing token is touched.

    Args:
        profile: names the module and its environment.
        label: of the new token, up to 32 bytes.
        so_pin: the security officer's PIN.
        pin: the user's PIN.

    Raises:
        TokenAmbiguous: a token with this label exists.
        HsmFault: the label is too long, there is no free slot, or the module refuses.
    """
    if len(label.encode()) > _LABEL_BYTES:
        raise HsmFault(f"A token's label has at most {_LABEL_BYTES} bytes.")
    os.environ.update(profile.environment)
    module = library.load(profile.module_path(), profile.reserved, with_locking=True)
    try:
        if library.tokens(module, label):
            raise TokenAmbiguous(f"There is a token with the label {label!r} already.")
        module.init_token(_free_slot(module), so_pin, label)
        module.finalize()
        module.initialize()  # SoftHSM gives the new token another slot
        (token,) = library.tokens(module, label)
        session = token.open(rw=True, so_pin=so_pin)
        session.init_pin(pin)
        session.close()
    except pkcs11.PKCS11Error as error:
        raise HsmFault(f"The token can't be made: {describe(error)}.") from None
    finally:
        library.finalize(module)


def _free_slot(module: Any) -> int:  # noqa: ANN401 # untyped
    for slot in module.get_slots(token_present=True):
        if not slot.get_token().flags & TokenFlag.TOKEN_INITIALIZED:
            return int(slot.slot_id)
    raise HsmFault("The module has no slot with an uninitialised token.")
