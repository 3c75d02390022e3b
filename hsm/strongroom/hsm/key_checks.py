"""The pinned identity of a material: what no other object can do.

Of a secret key it is what the key made of a known message when it was made; of a pair it is the public key,
and the private key proves itself by a fresh challenge. Whoever plants another object under the same id and
label fails; CKA_CHECK_VALUE would prove nothing, since an object may be created with any.
"""

import hmac
import os
from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives.asymmetric import ec

from strongroom.hsm import aes_gcm, macs, public_keys, rsa_oaep, shared_secrets, signatures
from strongroom.hsm.errors import CiphertextRejected, SignatureRejected
from strongroom.hsm.identifiers import MaterialRef
from strongroom.hsm.key_kinds import SHAPES, KeyKind, KeyPurpose
from strongroom.hsm.sessions import IV_BYTES, PooledSession
from strongroom.hsm.signatures import SigningAlgorithm
from strongroom.hsm.token_profiles import TokenProfile

_MESSAGE = b"strongroom proves its materials."
_AES_DOMAIN = b"strongroom/key-check/aes-256-gcm\x00"
_FINGERPRINT_DOMAIN = b"strongroom/key-fingerprint\x00"
_FINGERPRINT_IV = b"fingerprint\x00"
_MAC_DOMAIN = b"strongroom/key-check/hmac\x00"
_CHALLENGE_DOMAIN = b"strongroom/key-check/signature\x00"
_CHALLENGE_BYTES = 32

# Any algorithm that such a key may do.
_SIGNING: Mapping[KeyKind, SigningAlgorithm] = {
    KeyKind.RSA_2048: SigningAlgorithm.RSASSA_PSS_SHA_256,
    KeyKind.RSA_3072: SigningAlgorithm.RSASSA_PSS_SHA_256,
    KeyKind.RSA_4096: SigningAlgorithm.RSASSA_PSS_SHA_256,
    KeyKind.P256: SigningAlgorithm.ECDSA_SHA_256,
    KeyKind.P384: SigningAlgorithm.ECDSA_SHA_384,
    KeyKind.P521: SigningAlgorithm.ECDSA_SHA_512,
    KeyKind.SECP256K1: SigningAlgorithm.ECDSA_SHA_256,
    KeyKind.ED25519: SigningAlgorithm.ED25519_SHA_512,
    KeyKind.ML_DSA_44: SigningAlgorithm.ML_DSA_SHAKE_256,
    KeyKind.ML_DSA_65: SigningAlgorithm.ML_DSA_SHAKE_256,
    KeyKind.ML_DSA_87: SigningAlgorithm.ML_DSA_SHAKE_256,
}


def make(session: PooledSession, handle: int, kind: KeyKind, material_id: bytes) -> bytes:
    """The check of a fresh secret key."""
    if kind is not KeyKind.AES_256:
        return macs.authenticate(session, handle, kind, _MAC_DOMAIN + material_id)
    sealed = aes_gcm.seal(session, handle, _MESSAGE, _AES_DOMAIN + material_id)
    return sealed.iv + sealed.ciphertext


def fingerprint(session: PooledSession, handle: int, kind: KeyKind) -> bytes:
    """What every object of one secret key gives, and no other: 48 bytes, or an HMAC.

    Not for anybody's eyes: whoever guesses a key could prove the guess by it. Of an AES key it is one message
    under one IV, always the same; the IVs of encryptions are random and meet it with probability 2^-96 each.
    """
    if kind is not KeyKind.AES_256:
        return macs.authenticate(session, handle, kind, _FINGERPRINT_DOMAIN)
    return aes_gcm.seal_with(session, handle, _FINGERPRINT_IV, _MESSAGE, _FINGERPRINT_DOMAIN)


def matches(session: PooledSession, handle: int, ref: MaterialRef, profile: TokenProfile) -> bool:
    """True if this object is the material; a token's refusal is raised as it comes."""
    try:
        return _PROOFS[ref.purpose](session, handle, ref, profile)
    except (CiphertextRejected, SignatureRejected):
        return False


def _unwraps(session: PooledSession, handle: int, ref: MaterialRef, profile: TokenProfile) -> bool:  # noqa: ARG001
    """Needs no proof: what was wrapped under a public key opens under no other's private key."""
    return True


def _encrypts(session: PooledSession, handle: int, ref: MaterialRef, profile: TokenProfile) -> bool:
    if not SHAPES[ref.kind].is_secret:
        return _decrypts(session, handle, ref, profile)
    iv, ciphertext = ref.check[:IV_BYTES], ref.check[IV_BYTES:]
    opened = aes_gcm.open_sealed(session, handle, iv, ciphertext, _AES_DOMAIN + ref.material_id)
    return hmac.compare_digest(opened, _MESSAGE)


def _decrypts(session: PooledSession, handle: int, ref: MaterialRef, profile: TokenProfile) -> bool:
    challenge = os.urandom(_CHALLENGE_BYTES)
    hash_ = rsa_oaep.OaepHash.SHA_256
    ciphertext = rsa_oaep.encrypt(public_keys.load(ref.check), hash_, challenge)
    return hmac.compare_digest(rsa_oaep.decrypt(session, handle, hash_, ciphertext, profile), challenge)


def _authenticates(session: PooledSession, handle: int, ref: MaterialRef, profile: TokenProfile) -> bool:  # noqa: ARG001
    return hmac.compare_digest(make(session, handle, ref.kind, ref.material_id), ref.check)


def _signs(session: PooledSession, handle: int, ref: MaterialRef, profile: TokenProfile) -> bool:  # noqa: ARG001
    """The signature is never given to anybody."""
    algorithm = _SIGNING[ref.kind]
    prepared = signatures.prepared(algorithm, _CHALLENGE_DOMAIN + os.urandom(_CHALLENGE_BYTES))
    signature = signatures.sign(session, handle, algorithm, prepared)
    signatures.verify(public_keys.load(ref.check), algorithm, signature, prepared)
    return True


def _agrees(session: PooledSession, handle: int, ref: MaterialRef, profile: TokenProfile) -> bool:  # noqa: ARG001
    mine = ec.generate_private_key(public_keys.CURVES[ref.kind])
    point = public_keys.point_of(mine.public_key())
    theirs = shared_secrets.agree(session, handle, ref.kind, point)
    return hmac.compare_digest(theirs, mine.exchange(ec.ECDH(), public_keys.load(ref.check)))


def _decapsulates(session: PooledSession, handle: int, ref: MaterialRef, profile: TokenProfile) -> bool:  # noqa: ARG001
    secret, ciphertext = public_keys.load(ref.check).encapsulate()
    return hmac.compare_digest(shared_secrets.decapsulate(session, handle, ciphertext), secret)


_PROOFS: Mapping[KeyPurpose, Callable[[PooledSession, int, MaterialRef, TokenProfile], bool]] = {
    KeyPurpose.ENCRYPT: _encrypts,
    KeyPurpose.AUTHENTICATE: _authenticates,
    KeyPurpose.SIGN: _signs,
    KeyPurpose.AGREE: _agrees,
    KeyPurpose.ENCAPSULATE: _decapsulates,
    KeyPurpose.UNWRAP: _unwraps,
    KeyPurpose.UNWRAP_OUTSIDE: _unwraps,
}
