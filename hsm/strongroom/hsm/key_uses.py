"""What can be done with the keys of a token."""

from strongroom.hsm import aes_gcm, ed25519ph, macs, rsa_oaep, shared_secrets, signatures
from strongroom.hsm.connection import Connection
from strongroom.hsm.identifiers import MaterialRef, Sealed
from strongroom.hsm.rsa_oaep import OaepHash
from strongroom.hsm.runner import Runner
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.signatures import SigningAlgorithm
from strongroom.hsm.token_profiles import TokenProfile


class KeyUses:
    """Uses keys; thread-safe.

    Every method may raise TokenUnavailable, HsmFault, and MaterialMissing or IdentityMismatch: this key can't
    be used, others can.
    """

    def __init__(self, runner: Runner, profile: TokenProfile) -> None:
        self._runner = runner
        self._profile = profile

    def encrypt(self, ref: MaterialRef, plaintext: bytes, aad: bytes) -> Sealed:
        """Encrypts with AES-256-GCM."""
        return self._runner.use(ref, lambda session, handle: aes_gcm.seal(session, handle, plaintext, aad))

    def decrypt(self, ref: MaterialRef, iv: bytes, ciphertext: bytes, aad: bytes) -> bytes:
        """Decrypts what `encrypt` gave; CiphertextRejected if something in it isn't what was encrypted."""
        return self._runner.use(
            ref,
            lambda session, handle: aes_gcm.open_sealed(session, handle, iv, ciphertext, aad),
            is_decryption=True,
        )

    def authenticate(self, ref: MaterialRef, message: bytes) -> bytes:
        """The HMAC of a message."""
        return self._runner.use(
            ref, lambda session, handle: macs.authenticate(session, handle, ref.kind, message)
        )

    def sign(self, ref: MaterialRef, algorithm: SigningAlgorithm, prepared: bytes) -> bytes:
        """Signs a message that `prepared` has prepared for this algorithm."""
        return self._runner.use(
            ref, lambda session, handle: signatures.sign(session, handle, algorithm, prepared)
        )

    def verify_ed25519ph(self, public_key: bytes, message: bytes, signature: bytes) -> None:
        """Verifies in the token, for nothing else here can; SignatureRejected if it isn't valid.

        Args:
            public_key: SubjectPublicKeyInfo, DER.
            message: the bytes that were signed; they are hashed again.
            signature: 64 bytes.
        """

        def work(connection: Connection, session: PooledSession) -> None:  # noqa: ARG001
            ed25519ph.verify(session, public_key, message, signature)

        self._runner.run(work)

    def decrypt_oaep(self, ref: MaterialRef, hash_: OaepHash, ciphertext: bytes) -> bytes:
        """Decrypts what was encrypted with an RSA key's public key, or raises CiphertextRejected."""
        return self._runner.use(
            ref,
            lambda session, handle: rsa_oaep.decrypt(session, handle, hash_, ciphertext, self._profile),
            is_decryption=True,
        )

    def agree(self, ref: MaterialRef, point: bytes) -> bytes:
        """The x coordinate of the point that is shared with a peer's, which must be on the key's curve."""
        return self._runner.use(
            ref, lambda session, handle: shared_secrets.agree(session, handle, ref.kind, point)
        )

    def decapsulate(self, ref: MaterialRef, ciphertext: bytes) -> bytes:
        """The secret of an ML-KEM ciphertext of the right length."""
        return self._runner.use(
            ref, lambda session, handle: shared_secrets.decapsulate(session, handle, ciphertext)
        )
