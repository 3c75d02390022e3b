"""What callers carry for us and neither read nor alter: sealed under a secret of the deployment."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class SealBroken(Exception):
    """Not sealed by this deployment, or for another purpose."""


class Seal:
    """Seals and opens with AES-256-GCM (NIST SP 800-38D).

    Args:
        key: 32 secret bytes that all processes of the deployment share.
        domain: what is sealed; nothing sealed in one domain opens in another.
    """

    def __init__(self, key: bytes, domain: str) -> None:
        self._cipher = AESGCM(key)
        self._domain = domain

    def seal(self, data: bytes, *binding: str) -> bytes:
        """Seals data; it opens with the same binding only."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, data, self._bound(binding))

    def open(self, sealed: bytes, *binding: str) -> bytes:
        """The data.

        Raises:
            SealBroken: it isn't what `seal` gave for this binding.
        """
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], self._bound(binding))
        except (InvalidTag, ValueError):
            raise SealBroken from None

    def _bound(self, binding: tuple[str, ...]) -> bytes:
        return "\x00".join((self._domain, *binding)).encode()
