"""Pagination markers: opaque, authenticated, good only for the list, filters and caller they are for."""

import base64
import binascii

from strongroom.server.core.errors import InvalidMarker
from strongroom.server.core.sealing import Seal, SealBroken


class Markers:
    """Makes markers and reads them.

    Args:
        key: 32 secret bytes that all processes of the deployment share.
    """

    def __init__(self, key: bytes) -> None:
        self._seal = Seal(key, "strongroom/marker")

    def make(self, last: str, *binding: str) -> str:
        """The marker of the page after the item `last`; `binding` names operation, filters and caller."""
        return base64.urlsafe_b64encode(self._seal.seal(last.encode(), *binding)).decode()

    def read(self, marker: str, *binding: str) -> str:
        """The item after which the page begins.

        Raises:
            InvalidMarker: not a marker of this deployment, or one of another list or caller.
        """
        try:
            sealed = base64.b64decode(marker, altchars=b"-_", validate=True)
            return self._seal.open(sealed, *binding).decode()
        except (binascii.Error, SealBroken, ValueError):
            raise InvalidMarker("The marker is not one that this operation gave to this caller.") from None
