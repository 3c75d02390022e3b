"""Pagination markers: opaque, authenticated, good only for the list, filters and caller they are for."""

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from strongroom.server.core.errors import InvalidMarker

_NONCE_BYTES = 12


class Markers:
    """Makes markers and reads them.

    Args:
        key: 32 secret bytes that all processes of the deployment share.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def make(self, last: str, *binding: str) -> str:
        """The marker of the page after the item `last`; `binding` names operation, filters and caller."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, last.encode(), _bound(binding))
        return base64.urlsafe_b64encode(nonce + sealed).decode()

    def read(self, marker: str, *binding: str) -> str:
        """The item after which the page begins.

        Raises:
            InvalidMarker: not a marker of this deployment, or one of another list or caller.
        """
        try:
            raw = base64.b64decode(marker, altchars=b"-_", validate=True)
            opened = self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound(binding))
        except (binascii.Error, InvalidTag, ValueError):
            raise InvalidMarker("The marker is not one that this operation gave to this caller.") from None
        return opened.decode()


def _bound(binding: tuple[str, ...]) -> bytes:
    return "\x00".join(("strongroom/marker", *binding)).encode()
