"""Symmetric encryption with a key's material, in the token."""

from collections.abc import Mapping

from strongroom.hsm import CiphertextRejected, Token
from strongroom.server.core import blob
from strongroom.server.core.encryption_context import authenticated_data
from strongroom.server.core.errors import InvalidCiphertext
from strongroom.server.keyring import EncryptionCounter, KeySnapshot, Material
from strongroom.server.operations.material_use import LOSSES, MaterialUser, Steps
from strongroom.server.store import Store


class SymmetricCipher(MaterialUser):
    """Seals and opens blobs; thread-safe."""

    def __init__(self, token: Token, counter: EncryptionCounter, store: Store) -> None:
        super().__init__(token, store)
        self._counter = counter

    def has_reserved(self, material: Material) -> bool:
        """True if `seal` needs no transaction."""
        return self._counter.has_reserved(material.ref.material_id)

    def seal(self, key: KeySnapshot, plaintext: bytes, context: Mapping[str, str]) -> Steps[bytes]:
        """Encrypts 1 to 4096 bytes under the key's current material; gives the blob."""
        material = key.current
        self._counter.take(material.ref.material_id)
        data = authenticated_data(material.header, context)
        try:
            sealed = yield self._token.encryption(material.ref, plaintext, data)
        except LOSSES:
            raise self._lost(key, material) from None
        return blob.pack(material.header, sealed.iv, sealed.ciphertext)

    def open(
        self, key: KeySnapshot, material: Material, parsed: blob.Blob, context: Mapping[str, str]
    ) -> Steps[bytes]:
        """Decrypts a blob that names this material.

        Raises:
            InvalidCiphertext: blob or context aren't what was sealed.
        """
        data = authenticated_data(parsed.header, context)
        try:
            plaintext: bytes = yield self._token.decryption(material.ref, parsed.iv, parsed.sealed, data)
        except CiphertextRejected:
            raise InvalidCiphertext from None
        except LOSSES:
            raise self._lost(key, material) from None
        return plaintext
