"""ML-DSA and ML-KEM, with fresh pairs; another implementation verifies and encapsulates."""

from functools import partial

from strongroom.hsm import public_keys, shared_secrets, templates
from strongroom.hsm.capabilities import Capability, Finding
from strongroom.hsm.key_generation import generate_pair
from strongroom.hsm.key_kinds import KeyKind, KeyPurpose
from strongroom.hsm.probing.attempts import Attempt, Fault, Shown, timed
from strongroom.hsm.probing.elliptic_curves import try_signing
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.signatures import SigningAlgorithm
from strongroom.hsm.token_profiles import TokenProfile


def _try_ml_kem(kind: KeyKind, session: PooledSession, profile: TokenProfile) -> Shown:
    template = templates.template_of(kind, KeyPurpose.ENCAPSULATE, profile)
    private, spki = generate_pair(session, kind, template, store=False)
    secret, ciphertext = public_keys.load(spki).encapsulate()
    if shared_secrets.decapsulate(session, private.handle, ciphertext) != secret:
        raise Fault(Finding.FAILED, "another implementation's secret isn't reproduced")
    latency_us = timed(lambda: shared_secrets.decapsulate(session, private.handle, ciphertext))
    return Shown("another implementation's secret", latency_us)


def _try_nothing(session: PooledSession, profile: TokenProfile) -> Shown:  # noqa: ARG001
    raise Fault(Finding.UNSUPPORTED, "the service has nothing to encapsulate with: `cryptography` lacks it")


def _ml_dsa(capability: Capability, kind: KeyKind) -> Attempt:
    return Attempt(capability, "CKM_ML_DSA", partial(try_signing, kind, SigningAlgorithm.ML_DSA_SHAKE_256))


ATTEMPTS = (
    _ml_dsa(Capability.ML_DSA_44, KeyKind.ML_DSA_44),
    _ml_dsa(Capability.ML_DSA_65, KeyKind.ML_DSA_65),
    _ml_dsa(Capability.ML_DSA_87, KeyKind.ML_DSA_87),
    Attempt(Capability.ML_KEM_512, "CKM_ML_KEM", _try_nothing),
    Attempt(Capability.ML_KEM_768, "CKM_ML_KEM", partial(_try_ml_kem, KeyKind.ML_KEM_768)),
    Attempt(Capability.ML_KEM_1024, "CKM_ML_KEM", partial(_try_ml_kem, KeyKind.ML_KEM_1024)),
)
