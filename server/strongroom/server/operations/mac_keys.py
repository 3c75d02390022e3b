"""Message authentication codes with a key's material, in the token."""

import hmac

from strongroom.server.core.errors import InvalidMac
from strongroom.server.keyring import KeySnapshot
from strongroom.server.operations.material_use import MaterialUser


class MacKeys(MaterialUser):
    """Makes and verifies HMACs; thread-safe."""

    def generate(self, key: KeySnapshot, message: bytes) -> bytes:
        """The HMAC of a message."""
        with self._noting_loss(key, key.current):
            return self._token.authenticate(key.current.ref, message)

    def verify(self, key: KeySnapshot, message: bytes, mac: bytes) -> None:
        """Returns if `generate` would give this; compared in constant time.

        Raises:
            InvalidMac: it wouldn't.
        """
        if not hmac.compare_digest(self.generate(key, message), mac):
            raise InvalidMac
