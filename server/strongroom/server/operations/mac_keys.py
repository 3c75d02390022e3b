"""Message authentication codes with a key's material, in the token."""

import hmac

from strongroom.server.core.errors import InvalidMac
from strongroom.server.keyring import KeySnapshot
from strongroom.server.operations.material_use import MaterialUser, Steps


class MacKeys(MaterialUser):
    """Makes and verifies HMACs; thread-safe."""

    def generate(self, key: KeySnapshot, message: bytes) -> Steps[bytes]:
        """The HMAC of a message."""
        with self._noting_loss(key, key.current):
            mac: bytes = yield self._token.authentication(key.current.ref, message)
        return mac

    def verify(self, key: KeySnapshot, message: bytes, mac: bytes) -> Steps[None]:
        """Returns if `generate` would give this; compared in constant time.

        Raises:
            InvalidMac: it wouldn't.
        """
        expected = yield from self.generate(key, message)
        if not hmac.compare_digest(expected, mac):
            raise InvalidMac
