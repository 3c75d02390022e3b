"""Symmetric encryption with a key's material, in the token."""

from collections.abc import Mapping

from strongroom.hsm import CiphertextRejected, IdentityMismatch, MaterialMissing, Token
from strongroom.server.core import blob, key_states
from strongroom.server.core.encryption_context import authenticated_data
from strongroom.server.core.errors import InvalidCiphertext, KmsError
from strongroom.server.keyring import EncryptionCounter, KeySnapshot, Material
from strongroom.server.store import Store
from strongroom.v1 import resources_pb2 as v1


class SymmetricCipher:
    """Seals and opens blobs; thread-safe.

    A material that the token has lost, or under whose name another object was planted, makes its key
    Unavailable for all workers; nothing is deleted.
    """

    def __init__(
        self,
        token: Token,
        counter: EncryptionCounter,
        store: Store,
    ) -> None:
        self._token = token
        self._counter = counter
        self._store = store

    def is_ready_to_seal(self, material: Material) -> bool:
        """True if `seal` needs neither a transaction nor a search on the token."""
        ref = material.ref
        return self._token.warm(ref) and self._counter.has_reserved(ref.material_id)

    def is_ready_to_open(self, material: Material) -> bool:
        """True if `open` needs no search on the token."""
        return self._token.warm(material.ref)

    def seal(self, key: KeySnapshot, plaintext: bytes, context: Mapping[str, str]) -> bytes:
        """Encrypts 1 to 4096 bytes under the key's current material; gives the blob."""
        material = key.current
        self._counter.take(material.ref.material_id)
        data = authenticated_data(material.header, context)
        try:
            sealed = self._token.encrypt(material.ref, plaintext, data)
        except (MaterialMissing, IdentityMismatch):
            raise self._lost(key, material) from None
        return blob.pack(material.header, sealed.iv, sealed.ciphertext)

    def open(
        self, key: KeySnapshot, material: Material, parsed: blob.Blob, context: Mapping[str, str]
    ) -> bytes:
        """Decrypts a blob that names this material.

        Raises:
            InvalidCiphertext: blob or context aren't what was sealed.
        """
        data = authenticated_data(parsed.header, context)
        try:
            return self._token.decrypt(material.ref, parsed.iv, parsed.sealed, data)
        except CiphertextRejected:
            raise InvalidCiphertext from None
        except (MaterialMissing, IdentityMismatch):
            raise self._lost(key, material) from None

    def _lost(self, key: KeySnapshot, material: Material) -> KmsError:
        self._store.mark_missing(material.ref.material_id)
        return key_states.refusal(v1.KEY_STATE_UNAVAILABLE, key.arn)
