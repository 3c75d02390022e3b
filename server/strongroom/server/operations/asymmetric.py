"""Asymmetric keys: the private key is used in the token, the public key outside it."""

from collections.abc import Mapping

from strongroom.hsm import (
    CiphertextRejected,
    KeyKind,
    OaepHash,
    PublicKeyRejected,
    SignatureRejected,
    SigningAlgorithm,
    public_keys,
    rsa_oaep,
    signatures,
)
from strongroom.server.core import names
from strongroom.server.core.errors import InvalidCiphertext, InvalidSignature, ValidationFailed
from strongroom.server.keyring import KeySnapshot
from strongroom.server.operations.material_use import MaterialUser, Steps
from strongroom.v1 import resources_pb2 as v1

OAEP_HASHES: Mapping[int, OaepHash] = {
    v1.ENCRYPTION_ALGORITHM_RSAES_OAEP_SHA_1: OaepHash.SHA_1,
    v1.ENCRYPTION_ALGORITHM_RSAES_OAEP_SHA_256: OaepHash.SHA_256,
}
SIGNING_ALGORITHMS: Mapping[int, SigningAlgorithm] = {
    number: SigningAlgorithm(name) for number, name in names.SIGNING_ALGORITHMS.items()
}
KEM_CIPHERTEXT_BYTES: Mapping[KeyKind, int] = {
    KeyKind.ML_KEM_512: 768,
    KeyKind.ML_KEM_768: 1088,
    KeyKind.ML_KEM_1024: 1568,
}
"""FIPS 203 §8, table 3."""


class AsymmetricKeys(MaterialUser):
    """Uses key pairs; thread-safe."""

    def sign(self, key: KeySnapshot, algorithm: int, message: bytes, *, is_digest: bool) -> Steps[bytes]:
        """Signs a message, or its digest."""
        scheme = SIGNING_ALGORITHMS[algorithm]
        prepared = message if is_digest else signatures.prepared(scheme, message)
        with self._noting_loss(key, key.current):
            signature: bytes = yield self._token.signing(key.current.ref, scheme, prepared)
        return signature

    def verify(
        self, key: KeySnapshot, algorithm: int, message: bytes, signature: bytes, message_type: int
    ) -> None:
        """Returns if a signature is valid.

        Raises:
            InvalidSignature: it isn't.
        """
        try:
            self._verify(key, SIGNING_ALGORITHMS[algorithm], message, signature, message_type)
        except SignatureRejected:
            raise InvalidSignature from None

    def encrypt(self, key: KeySnapshot, algorithm: int, plaintext: bytes) -> bytes:
        """Encrypts with the public key.

        Raises:
            ValidationFailed: the plaintext is too long for key and algorithm.
        """
        require_length(key, algorithm, len(plaintext))
        return rsa_oaep.encrypt(key.current.public_key, OAEP_HASHES[algorithm], plaintext)

    def decrypt(self, key: KeySnapshot, algorithm: int, ciphertext: bytes) -> Steps[bytes]:
        """Decrypts with the private key.

        Raises:
            InvalidCiphertext: it wasn't encrypted so with this public key, or holds nothing.
        """
        require_ciphertext_length(key, ciphertext)
        with self._noting_loss(key, key.current):
            try:
                plaintext: bytes = yield self._token.oaep_decryption(
                    key.current.ref, OAEP_HASHES[algorithm], ciphertext
                )
            except CiphertextRejected:
                raise InvalidCiphertext from None
        if not plaintext:
            raise InvalidCiphertext  # Encrypt takes 1 byte or more
        return plaintext

    def agree(self, key: KeySnapshot, peer: bytes) -> Steps[bytes]:
        """The raw secret that is shared with a peer's public key.

        Raises:
            ValidationFailed: not a public key on this key's curve.
        """
        point = peer_point(key, peer)
        with self._noting_loss(key, key.current):
            secret: bytes = yield self._token.agreement(key.current.ref, point)
        return secret

    def encapsulate(self, key: KeySnapshot) -> tuple[bytes, bytes]:
        """A fresh secret, and its ciphertext for this key."""
        secret, ciphertext = key.current.public_key.encapsulate()
        return secret, ciphertext

    def decapsulate(self, key: KeySnapshot, ciphertext: bytes) -> Steps[bytes]:
        """The secret of a ciphertext.

        Raises:
            InvalidCiphertext: it hasn't the length of one for this key; anything else gives another secret.
        """
        require_encapsulated_length(key, ciphertext)
        with self._noting_loss(key, key.current):
            secret: bytes = yield self._token.decapsulation(key.current.ref, ciphertext)
        return secret

    def _verify(
        self, key: KeySnapshot, scheme: SigningAlgorithm, message: bytes, signature: bytes, message_type: int
    ) -> None:
        public_key = key.current.public_key
        if scheme is SigningAlgorithm.ED25519_PH_SHA_512:
            self._token.verify_ed25519ph(key.current.ref.check, message, signature)
        elif message_type == v1.MESSAGE_TYPE_EXTERNAL_MU:
            signatures.verify_mu(public_key, signature, message)
        else:
            is_digest = message_type == v1.MESSAGE_TYPE_DIGEST
            prepared = message if is_digest else signatures.prepared(scheme, message)
            signatures.verify(public_key, scheme, signature, prepared)


def require_length(key: KeySnapshot, algorithm: int, length: int) -> None:
    """Returns if so many bytes can be encrypted.

    Raises:
        ValidationFailed: they can't.
    """
    most = rsa_oaep.longest_plaintext(key.current.public_key, OAEP_HASHES[algorithm])
    if length > most:
        raise ValidationFailed(
            f"Algorithm {names.ENCRYPTION_ALGORITHMS[algorithm]} and key spec {names.KEY_SPECS[key.spec]} "
            f"cannot encrypt data larger than {most} bytes."
        )


def require_ciphertext_length(key: KeySnapshot, ciphertext: bytes) -> None:
    """Returns if an RSA key's ciphertext is as long as its modulus.

    Raises:
        InvalidCiphertext: it isn't.
    """
    if len(ciphertext) != key.current.public_key.key_size // 8:
        raise InvalidCiphertext


def require_encapsulated_length(key: KeySnapshot, ciphertext: bytes) -> None:
    """Returns if an encapsulated secret is as long as those for this key.

    Raises:
        InvalidCiphertext: it isn't.
    """
    if len(ciphertext) != KEM_CIPHERTEXT_BYTES[key.current.ref.kind]:
        raise InvalidCiphertext


def peer_point(key: KeySnapshot, peer: bytes) -> bytes:
    """The point of a peer's public key.

    Raises:
        ValidationFailed: not a public key on this key's curve.
    """
    try:
        return public_keys.peer_point(peer, key.current.ref.kind)
    except PublicKeyRejected:
        spec = names.KEY_SPECS[key.spec]
        raise ValidationFailed(
            f"The public key must be a SubjectPublicKeyInfo in DER with a point on the curve of {spec}."
        ) from None
