"""The pinned identity of a material: a known message that it sealed when it was made.

Whoever plants another object under the same id and label can't make it open this; CKA_CHECK_VALUE would
prove nothing, since an object may be created with any.
"""

import hmac

from strongroom.hsm import aes_gcm
from strongroom.hsm.sessions import PooledSession

_MESSAGE = b"strongroom proves its materials."
_DOMAIN = b"strongroom/key-check/aes-256-gcm\x00"


def make(session: PooledSession, handle: int, material_id: bytes) -> bytes:
    """The check of a fresh key: `iv ‖ ciphertext ‖ tag`, 60 bytes."""
    sealed = aes_gcm.seal(session, handle, _MESSAGE, _DOMAIN + material_id)
    return sealed.iv + sealed.ciphertext


def matches(session: PooledSession, handle: int, material_id: bytes, check: bytes) -> bool:
    """True if this key made the check; a token's refusal is raised as it comes."""
    iv, ciphertext = check[: aes_gcm.IV_BYTES], check[aes_gcm.IV_BYTES :]
    opened = aes_gcm.open_sealed(session, handle, iv, ciphertext, _DOMAIN + material_id)
    return hmac.compare_digest(opened, _MESSAGE)
