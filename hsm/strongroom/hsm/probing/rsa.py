"""RSA, with a known key where the token takes one: making a pair may take seconds, at every start."""

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import pkcs11
from cryptography.hazmat.primitives.asymmetric import rsa
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass

from strongroom.hsm import public_keys, rsa_oaep, signatures
from strongroom.hsm.capabilities import Capability, Finding
from strongroom.hsm.key_generation import generate_pair
from strongroom.hsm.key_kinds import KeyKind
from strongroom.hsm.probing.attempts import Attempt, Fault, Shown, is_refused, timed
from strongroom.hsm.rsa_oaep import OaepHash
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.signatures import SigningAlgorithm
from strongroom.hsm.token_profiles import TokenProfile

_MESSAGE = b"strongroom tries what a token can do"
_LARGEST_BITS = 4096

# The primes of a key made for this probe: everybody knows them.
_P = int(
    "ec021353ecd05c28b84e606388fbf6f1b2d01778abe90d09e43b068c836e598a"
    "ea78780485d59f5c719b02456d0685db67f58c1ee57a304018f60a374a873503"
    "589c40f500252e1f23201f53ade95e9c32027413425cebbd8c660ed3061a6293"
    "f608afb3e7f6e8f311e8fd5b18e350224e176289c11ebdea94263cec94adcabb",
    16,
)
_Q = int(
    "c3d4a61815fbce6a653aabcc2d2a5008cc0e143201de4d5280f5386724f9883f"
    "30f5b226e2cf48370a34c2107465b1d0a9e0a84137d06d32bdf7a63c9defad52"
    "9da029fe876f72cdd621cb98a23e724d2bbd3923f0495fa6f8eb1350c400a694"
    "51cf1d6d3a3bfd31d8bfd2b6ebe31246f5207eb247d441090062c369959cd899",
    16,
)
_E = 65537


@lru_cache(maxsize=1)
def known_key() -> rsa.RSAPrivateNumbers:
    """The known key's numbers."""
    d = rsa.rsa_recover_private_exponent(_E, _P, _Q)
    public = rsa.RSAPublicNumbers(_E, _P * _Q)
    return rsa.RSAPrivateNumbers(
        _P, _Q, d, rsa.rsa_crt_dmp1(d, _P), rsa.rsa_crt_dmq1(d, _Q), rsa.rsa_crt_iqmp(_P, _Q), public
    )


def import_known_key(session: PooledSession, template: Mapping[Attribute, Any]) -> Any:  # noqa: ANN401 # a pkcs11 object
    """Makes a session object of the known key, with these attributes besides."""
    numbers = known_key()
    parts = {
        Attribute.MODULUS: numbers.public_numbers.n,
        Attribute.PUBLIC_EXPONENT: _E,
        Attribute.PRIVATE_EXPONENT: numbers.d,
        Attribute.PRIME_1: numbers.p,
        Attribute.PRIME_2: numbers.q,
        Attribute.EXPONENT_1: numbers.dmp1,
        Attribute.EXPONENT_2: numbers.dmq1,
        Attribute.COEFFICIENT: numbers.iqmp,
    }
    return session.raw.create_object(
        {
            Attribute.CLASS: ObjectClass.PRIVATE_KEY,
            Attribute.KEY_TYPE: KeyType.RSA,
            Attribute.TOKEN: False,
            **template,
            **{name: value.to_bytes(-(-value.bit_length() // 8)) for name, value in parts.items()},
        }
    )


def known_pair(session: PooledSession, usage: Attribute) -> tuple[int, rsa.RSAPublicKey]:
    """A handle, and the public key: of the known key, or of a fresh one where the token takes no keys."""
    try:
        key = import_known_key(session, {usage: True})
    except pkcs11.PKCS11Error:
        private, spki = generate_pair(session, KeyKind.RSA_2048, {usage: True}, store=False)
        return int(private.handle), public_keys.load(spki)
    return int(key.handle), known_key().public_numbers.public_key()


def _try_pairs(session: PooledSession, profile: TokenProfile) -> Shown:  # noqa: ARG001
    """Takes the token's word: a pair takes seconds to make, and each is proved when it is made."""
    info = session.raw.token.slot.get_mechanism_info(Mechanism.RSA_PKCS_KEY_PAIR_GEN)
    if info.max_key_length < _LARGEST_BITS:
        raise Fault(Finding.UNSUPPORTED, f"the longest has {info.max_key_length} bits")
    return Shown(f"offered up to {info.max_key_length} bits; proved when one is made")


def _try_signing(
    algorithms: tuple[SigningAlgorithm, ...],
    session: PooledSession,
    profile: TokenProfile,  # noqa: ARG001
) -> Shown:
    handle, public_key = known_pair(session, Attribute.SIGN)
    for algorithm in algorithms:
        prepared = signatures.prepared(algorithm, _MESSAGE)
        signature = signatures.sign(session, handle, algorithm, prepared)
        signatures.verify(public_key, algorithm, signature, prepared)
    latency_us = timed(lambda: signatures.sign(session, handle, algorithm, prepared))
    return Shown("another implementation verifies", latency_us)


def _try_oaep(hash_: OaepHash, session: PooledSession, profile: TokenProfile) -> Shown:
    handle, public_key = known_pair(session, Attribute.DECRYPT)
    ciphertext = rsa_oaep.encrypt(public_key, hash_, _MESSAGE)

    def decrypt(data: bytes) -> bytes:
        return rsa_oaep.decrypt(session, handle, hash_, data, profile)

    if decrypt(ciphertext) != _MESSAGE:
        raise Fault(Finding.FAILED, "what another implementation encrypted isn't decrypted")
    if not is_refused(partial(decrypt, bytes(1) + ciphertext[:-1])):
        raise Fault(Finding.FAILED, "an altered ciphertext is accepted")
    where = (
        "its encoding is removed outside the token" if rsa_oaep.is_outside(profile, hash_) else "in the token"
    )
    return Shown(f"another implementation encrypts; {where}", timed(lambda: decrypt(ciphertext)))


_PKCS1 = (
    SigningAlgorithm.RSASSA_PKCS1_V1_5_SHA_256,
    SigningAlgorithm.RSASSA_PKCS1_V1_5_SHA_384,
    SigningAlgorithm.RSASSA_PKCS1_V1_5_SHA_512,
)
_PSS = (
    SigningAlgorithm.RSASSA_PSS_SHA_256,
    SigningAlgorithm.RSASSA_PSS_SHA_384,
    SigningAlgorithm.RSASSA_PSS_SHA_512,
)

ATTEMPTS = (
    Attempt(Capability.RSA_PAIRS, "CKM_RSA_PKCS_KEY_PAIR_GEN", _try_pairs),
    Attempt(Capability.RSA_PKCS1, "CKM_RSA_PKCS", partial(_try_signing, _PKCS1)),
    Attempt(Capability.RSA_PSS, "CKM_RSA_PKCS_PSS", partial(_try_signing, _PSS)),
    Attempt(Capability.RSA_OAEP_SHA_1, "CKM_RSA_PKCS_OAEP", partial(_try_oaep, OaepHash.SHA_1)),
    Attempt(
        Capability.RSA_OAEP_SHA_256,
        "CKM_RSA_PKCS_OAEP, CKM_RSA_X_509",
        partial(_try_oaep, OaepHash.SHA_256),
    ),
)
