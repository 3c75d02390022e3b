"""What can be done with the keys of a token."""

from collections.abc import Sequence
from typing import Any, TypeVar

from strongroom.hsm import aes_gcm, ed25519ph, macs, rsa_oaep, shared_secrets, signatures
from strongroom.hsm.connection import Connection
from strongroom.hsm.identifiers import MaterialRef, Sealed
from strongroom.hsm.rsa_oaep import OaepHash
from strongroom.hsm.runner import Runner
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.signatures import SigningAlgorithm
from strongroom.hsm.token_calls import CallKind, TokenCall
from strongroom.hsm.token_profiles import TokenProfile

T = TypeVar("T")


class KeyUses:
    """Uses keys: a method tells what to do, `use` and `use_each` do it; thread-safe."""

    def __init__(self, runner: Runner, profile: TokenProfile) -> None:
        self._runner = runner
        self._profile = profile

    def use(self, call: TokenCall[T]) -> T:
        """Does it.

        Raises:
            TokenUnavailable, HsmFault: no key can be used now, or not so.
            MaterialMissing, IdentityMismatch: this key can't be used, others can.
            CiphertextRejected: of a decryption.
        """
        return self._runner.use(call)

    def use_each(self, calls: Sequence[TokenCall[Any]]) -> list[Any]:
        """Does many one behind the other; gives for each what `use` gives, or what it raises."""
        return self._runner.use_each(calls)

    @staticmethod
    def encryption(ref: MaterialRef, plaintext: bytes, aad: bytes) -> TokenCall[Sealed]:
        """Encrypts with AES-256-GCM."""
        return TokenCall(ref, CallKind.ENCRYPT, aes_gcm.seal, (plaintext, aad))

    @staticmethod
    def decryption(ref: MaterialRef, iv: bytes, ciphertext: bytes, aad: bytes) -> TokenCall[bytes]:
        """Decrypts what `encryption` gave; it is rejected if anything in it isn't what was encrypted."""
        return TokenCall(
            ref, CallKind.DECRYPT, aes_gcm.open_sealed, (iv, ciphertext, aad), is_decryption=True
        )

    @staticmethod
    def authentication(ref: MaterialRef, message: bytes) -> TokenCall[bytes]:
        """The HMAC of a message."""
        return TokenCall(ref, CallKind.AUTHENTICATE, macs.authenticate, (ref.kind, message))

    @staticmethod
    def signing(ref: MaterialRef, algorithm: SigningAlgorithm, prepared: bytes) -> TokenCall[bytes]:
        """Signs a message that `signatures.prepared` has prepared for this algorithm."""
        return TokenCall(ref, CallKind.SIGN, signatures.sign, (algorithm, prepared))

    def oaep_decryption(self, ref: MaterialRef, hash_: OaepHash, ciphertext: bytes) -> TokenCall[bytes]:
        """Decrypts what was encrypted with an RSA key's public key."""
        return TokenCall(
            ref,
            CallKind.DECRYPT_OAEP,
            rsa_oaep.decrypt,
            (hash_, ciphertext, self._profile),
            is_decryption=True,
        )

    @staticmethod
    def agreement(ref: MaterialRef, point: bytes) -> TokenCall[bytes]:
        """The x coordinate of the point that is shared with a peer's, which must be on the key's curve."""
        return TokenCall(ref, CallKind.AGREE, shared_secrets.agree, (ref.kind, point))

    @staticmethod
    def decapsulation(ref: MaterialRef, ciphertext: bytes) -> TokenCall[bytes]:
        """The secret of an ML-KEM ciphertext of the right length."""
        return TokenCall(ref, CallKind.DECAPSULATE, shared_secrets.decapsulate, (ciphertext,))

    def verify_ed25519ph(self, public_key: bytes, message: bytes, signature: bytes) -> None:
        """Verifies in the token, for nothing else here can; SignatureRejected if it isn't valid.

        Args:
            public_key: SubjectPublicKeyInfo, DER.
            message: the bytes that were signed; they are hashed again.
            signature: 64 bytes.
        """

        def work(connection: Connection, session: PooledSession) -> None:  # noqa: ARG001
            ed25519ph.verify(session, public_key, message, signature)

        self._runner.run(CallKind.VERIFY, work)
