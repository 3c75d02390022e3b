"""Whether pairs can be made that are read once: their private keys must be readable as session objects."""

from functools import partial

import pkcs11
from pkcs11 import Attribute

from strongroom.hsm import data_key_pairs, public_keys
from strongroom.hsm.capabilities import Capability
from strongroom.hsm.key_kinds import KeyKind
from strongroom.hsm.probing.attempts import Attempt, Shown
from strongroom.hsm.probing.rsa import import_known_key, known_key
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.token_profiles import TokenProfile

_READ = "its private key was read, and belongs to its public key"


def _try_rsa(session: PooledSession, profile: TokenProfile) -> Shown:
    """With the known key, since making one may take a second."""
    try:
        key = import_known_key(session, {Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True})
    except pkcs11.PKCS11Error:
        return _try(KeyKind.RSA_2048, session, profile)
    data_key_pairs.take(key, KeyKind.RSA_2048, public_keys.encode(known_key().public_numbers.public_key()))
    return Shown(_READ)


def _try(kind: KeyKind, session: PooledSession, profile: TokenProfile) -> Shown:  # noqa: ARG001
    private, spki = data_key_pairs.generate(session, kind)
    data_key_pairs.take(private, kind, spki)
    return Shown(_READ)


ATTEMPTS = (
    Attempt(Capability.RSA_DATA_KEY_PAIRS, "CKM_RSA_PKCS_KEY_PAIR_GEN", _try_rsa),
    Attempt(Capability.EC_DATA_KEY_PAIRS, "CKM_EC_KEY_PAIR_GEN", partial(_try, KeyKind.P256)),
    Attempt(Capability.ED25519_DATA_KEY_PAIRS, "CKM_EC_EDWARDS_KEY_PAIR_GEN", partial(_try, KeyKind.ED25519)),
    Attempt(Capability.ML_KEM_DATA_KEY_PAIRS, "CKM_ML_KEM_KEY_PAIR_GEN", partial(_try, KeyKind.ML_KEM_768)),
)
