"""RSAES-OAEP decryption (RFC 8017 §7.1.2), without a label; hash and mask function use the same hash.

Where a token has only SHA-1 for OAEP, as SoftHSM 2.6, and its profile says so, the private-key operation is
done in the token (CKM_RSA_X_509) and the encoding is removed here.
"""

import hmac
from collections.abc import Mapping
from enum import Enum

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from pkcs11 import MGF, Mechanism

from strongroom.hsm.errors import CiphertextRejected
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.token_profiles import TokenProfile

_LONGEST_BYTES = 512


class OaepHash(Enum):
    """The hash of the encoding."""

    SHA_1 = "SHA_1"
    SHA_256 = "SHA_256"


_PARAMETERS: Mapping[OaepHash, tuple[Mechanism, MGF, None]] = {
    OaepHash.SHA_1: (Mechanism.SHA_1, MGF.SHA1, None),
    OaepHash.SHA_256: (Mechanism.SHA256, MGF.SHA256, None),
}
_HASHES: Mapping[OaepHash, hashes.SHA1 | hashes.SHA256] = {
    OaepHash.SHA_1: hashes.SHA1(),  # noqa: S303 # RFC 8017 allows it here: OAEP needs no collision resistance
    OaepHash.SHA_256: hashes.SHA256(),
}


def is_outside(profile: TokenProfile, hash_: OaepHash) -> bool:
    """True if the encoding is removed outside the token."""
    return profile.oaep_sha_256_outside and hash_ is OaepHash.SHA_256


def parameters(hash_: OaepHash) -> tuple[Mechanism, MGF, None]:
    """The parameters of CKM_RSA_PKCS_OAEP."""
    return _PARAMETERS[hash_]


def longest_plaintext(public_key: RSAPublicKey, hash_: OaepHash) -> int:
    """The most bytes that can be encrypted: k - 2 hLen - 2 (RFC 8017 §7.1.1, step 1b)."""
    return public_key.key_size // 8 - 2 * _HASHES[hash_].digest_size - 2


def encrypt(public_key: RSAPublicKey, hash_: OaepHash, plaintext: bytes) -> bytes:
    """Encrypts with the public key, outside the token."""
    algorithm = _HASHES[hash_]
    return public_key.encrypt(plaintext, padding.OAEP(padding.MGF1(algorithm), algorithm, None))


def decrypt(
    session: PooledSession, handle: int, hash_: OaepHash, ciphertext: bytes, profile: TokenProfile
) -> bytes:
    """Decrypts with the private key in the token.

    Raises:
        CiphertextRejected: found out here.
        PKCS11Error: the token refuses, perhaps the ciphertext.
    """
    key = session.key
    key.handle = handle
    if not is_outside(profile, hash_):
        found = key._decrypt(ciphertext, Mechanism.RSA_PKCS_OAEP, parameters(hash_), None, _LONGEST_BYTES)  # noqa: SLF001
        return bytes(found)
    encoded = key._decrypt(ciphertext, Mechanism.RSA_X_509, None, None, _LONGEST_BYTES)  # noqa: SLF001
    return decode(bytes(encoded).rjust(len(ciphertext), b"\0"), _HASHES[hash_])


def decode(encoded: bytes, hash_: hashes.SHA1 | hashes.SHA256) -> bytes:
    """EME-OAEP decoding (RFC 8017 §7.1.2, step 3) of an encoded message as long as the modulus.

    Danger: whoever learns which step failed can decrypt (Manger, CRYPTO 2001; RFC 8017 §7.1.2, note). So
    every input takes the same steps over the same lengths, all findings are gathered in one number, and
    there is one exit for all of them. What remains: Python promises no constant time for integers and
    slices, and the length of the plaintext, once all is well, can be seen. That risk is why this is off for
    tokens that can do better.
    """
    size = hash_.digest_size
    empty_label = hashes.Hash(hash_).finalize()  # step 3a: the label is empty
    first, masked_seed, masked_db = encoded[0], encoded[1 : 1 + size], encoded[1 + size :]  # step 3b
    seed = _xor(masked_seed, _mgf1(masked_db, size, hash_))  # steps 3c and 3d
    db = _xor(masked_db, _mgf1(seed, len(masked_db), hash_))  # steps 3e and 3f
    # Step 3g: DB is lHash', zeros, 0x01, M. Every byte is looked at, whatever was found before it.
    bad = first | (not hmac.compare_digest(db[:size], empty_label))
    is_searching, start = 1, 0
    for index, byte in enumerate(db[size:], start=size + 1):
        is_one = ((byte ^ 1) - 1 >> 8) & 1
        is_zero = (byte - 1 >> 8) & 1
        start |= -(is_searching & is_one) & index
        bad |= is_searching & (is_one ^ 1) & (is_zero ^ 1)
        is_searching &= is_one ^ 1
    bad |= is_searching
    if bad:
        raise CiphertextRejected
    return db[start:]


def _mgf1(seed: bytes, length: int, hash_: hashes.SHA1 | hashes.SHA256) -> bytes:
    """MGF1 (RFC 8017 §B.2.1): the hashes of seed and counter, one behind the other."""
    blocks = []
    for counter in range(-(-length // hash_.digest_size)):
        block = hashes.Hash(hash_)
        block.update(seed + counter.to_bytes(4))
        blocks.append(block.finalize())
    return b"".join(blocks)[:length]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
