"""Pagination markers: opaque, and good only for the list, the filters and the caller they were made for."""

import base64
import binascii
import hashlib

from strongroom.server.core.errors import InvalidMarker

_BINDING_BYTES = 16


def make(last: str, *binding: str) -> str:
    """The marker of the page after the item `last`; `binding` names operation, filters and caller."""
    return base64.urlsafe_b64encode(_digest(binding) + last.encode()).decode()


def read(marker: str, *binding: str) -> str:
    """The item after which the page begins.

    Raises:
        InvalidMarker: not a marker, or one of another list. It isn't authenticated: who makes one
            up can only begin his own list elsewhere.
    """
    try:
        raw = base64.b64decode(marker, altchars=b"-_", validate=True)
        bound, last = raw[:_BINDING_BYTES], raw[_BINDING_BYTES:].decode()
    except (binascii.Error, ValueError):
        raise InvalidMarker("The marker is not one that this operation gave.") from None
    if bound != _digest(binding) or not last:
        raise InvalidMarker("The marker is not one that this operation gave to this caller.")
    return last


def _digest(binding: tuple[str, ...]) -> bytes:
    text = "\x00".join(binding).encode()
    return hashlib.blake2b(text, digest_size=_BINDING_BYTES, person=b"strongroom-page").digest()
