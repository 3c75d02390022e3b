"""AES-256-GCM with 96-bit IVs and 128-bit tags, on one session."""

from pkcs11 import GCMParams, Mechanism

from strongroom.hsm.identifiers import Sealed
from strongroom.hsm.sessions import PooledSession

TAG_BYTES = 16
_BITS = 8
_TAG_BITS = TAG_BYTES * _BITS
_GCM = Mechanism.AES_GCM


def seal(session: PooledSession, handle: int, plaintext: bytes, aad: bytes) -> Sealed:
    """Encrypts with an IV from the token's generator (NIST SP 800-38D §8.2.2)."""
    iv = session.next_iv()
    key = session.key
    key.handle = handle
    # The buffer is exactly the answer's size: python-pkcs11 would clear 8 KiB each time.
    size = len(plaintext) + TAG_BYTES
    ciphertext = key._encrypt(plaintext, _GCM, GCMParams(iv, aad, _TAG_BITS), size)  # noqa: SLF001
    return Sealed(iv, ciphertext)


def seal_with(session: PooledSession, handle: int, iv: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """Ciphertext and tag under an IV that the caller chose.

    Danger: whoever sees two messages under one key and IV can read both and forge others. So all callers of
    this must together use one IV with one message and one AAD only.
    """
    key = session.key
    key.handle = handle
    parameters = GCMParams(iv, aad, _TAG_BITS)
    return bytes(key._encrypt(plaintext, _GCM, parameters, len(plaintext) + TAG_BYTES))  # noqa: SLF001


def open_sealed(session: PooledSession, handle: int, iv: bytes, ciphertext: bytes, aad: bytes) -> bytes:
    """Decrypts; the token's error tells a wrong tag only if the token tells it."""
    key = session.key
    key.handle = handle
    parameters = GCMParams(iv, aad, _TAG_BITS)
    # Some modules want room for the tag too when they are asked for the length.
    plaintext: bytes = key._decrypt(ciphertext, _GCM, parameters, None, len(ciphertext))  # noqa: SLF001
    return plaintext
