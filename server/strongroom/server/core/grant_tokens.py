"""Grant tokens: they name a grant, to this deployment alone.

offset  bytes  field, once opened
     0     32  grant id
    32        key id, UTF-8
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple

from strongroom.server.core.errors import InvalidGrantToken
from strongroom.server.core.sealing import Seal, SealBroken

_ID_BYTES = 32


class NamedGrant(NamedTuple):
    """The grant that a token names; it may be gone."""

    grant_id: str
    key_id: str


class IssuedGrantTokens:
    """Makes grant tokens and reads them.

    Args:
        key: 32 secret bytes that all processes of the deployment share.
    """

    def __init__(self, key: bytes) -> None:
        self._seal = Seal(key, "strongroom/grant-token")

    def make(self, named: NamedGrant) -> str:
        """A token of a grant, about 130 characters; another one at each call."""
        data = bytes.fromhex(named.grant_id) + named.key_id.encode()
        return urlsafe_b64encode(self._seal.seal(data)).decode()

    def read(self, token: str) -> NamedGrant:
        """The grant that a token names.

        Raises:
            InvalidGrantToken: it wasn't made by this deployment.
        """
        try:
            data = self._seal.open(urlsafe_b64decode(token))
        except (SealBroken, ValueError):  # ValueError: no base64, or not even ASCII
            raise InvalidGrantToken("The grant token was not issued by this service.") from None
        return NamedGrant(data[:_ID_BYTES].hex(), data[_ID_BYTES:].decode())
