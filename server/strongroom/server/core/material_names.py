"""Names of imported material towards callers: the same material in the same key always has the same."""

import hashlib
import hmac


class MaterialNames:
    """Makes names of 64 hex digits.

    Args:
        key: 32 secret bytes that all processes of the deployment share: without them nobody can find out by a
            name whether he has guessed the material.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, key_id: str, identity: bytes) -> str:
        """The name of a material in a key; `identity` tells it from all others (`Token.identify`)."""
        return hmac.digest(self._key, key_id.encode() + b"\x00" + identity, hashlib.sha256).hex()
