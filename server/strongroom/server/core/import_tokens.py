"""Import tokens: they name a wrapping pair, to this deployment alone, and are bound to one key.

offset  bytes  field, once opened
     0     16  material id of the wrapping pair
    16      8  until when it is good, in microseconds since 1970, big endian
"""

from datetime import UTC, datetime, timedelta

from strongroom.server.core.errors import ImportTokenExpired, InvalidImportToken
from strongroom.server.core.sealing import Seal, SealBroken

LIFETIME = timedelta(hours=24)

_ID_BYTES = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class ImportTokens:
    """Makes import tokens and reads them.

    Args:
        key: 32 secret bytes that all processes of the deployment share.
    """

    def __init__(self, key: bytes) -> None:
        self._seal = Seal(key, "strongroom/import-token")

    def make(self, pair_id: bytes, key_id: str, valid_to: datetime) -> bytes:
        """The token of a wrapping pair, for imports into one key."""
        return self._seal.seal(pair_id + ((valid_to - _EPOCH) // _MICROSECOND).to_bytes(8), key_id)

    def read(self, token: bytes, key_id: str, now: datetime) -> bytes:
        """The material id of the wrapping pair.

        Raises:
            InvalidImportToken: not a token of this deployment, or of another key.
            ImportTokenExpired: its time is over.
        """
        try:
            data = self._seal.open(token, key_id)
        except SealBroken:
            raise unknown() from None
        if now >= _EPOCH + int.from_bytes(data[_ID_BYTES:]) * _MICROSECOND:
            raise ImportTokenExpired(
                "The import token's 24 hours are over: GetParametersForImport gives another."
            )
        return data[:_ID_BYTES]


def unknown() -> InvalidImportToken:
    """What is answered to a token that isn't good for this key, or not any more."""
    return InvalidImportToken(
        "The import token isn't one of this key, or was used before: GetParametersForImport gives another."
    )
