"""ECDSA, Ed25519 and ECDH, with fresh pairs; what comes of it is checked by another implementation."""

from functools import partial

from cryptography.hazmat.primitives.asymmetric import ec
from pkcs11 import Attribute, KeyType, ObjectClass

from strongroom.hsm import public_keys, shared_secrets, signatures, templates
from strongroom.hsm.capabilities import Capability, Finding
from strongroom.hsm.key_generation import generate_pair
from strongroom.hsm.key_kinds import SHAPES, KeyKind, KeyPurpose
from strongroom.hsm.probing.attempts import Attempt, Fault, Shown, timed
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.signatures import SigningAlgorithm
from strongroom.hsm.token_profiles import TokenProfile

_MESSAGE = b"strongroom tries what a token can do"

# RFC 8032 §7.3.
_PH_SECRET = bytes.fromhex("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42")
_PH_MESSAGE = b"abc"
_PH_SIGNATURE = bytes.fromhex(
    "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
    "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406"
)


def try_signing(
    kind: KeyKind, algorithm: SigningAlgorithm, session: PooledSession, profile: TokenProfile
) -> Shown:
    """Signs with a fresh key; another implementation verifies."""
    private, spki = generate_pair(
        session, kind, templates.template_of(kind, KeyPurpose.SIGN, profile), store=False
    )
    prepared = signatures.prepared(algorithm, _MESSAGE)
    signature = signatures.sign(session, private.handle, algorithm, prepared)
    signatures.verify(public_keys.load(spki), algorithm, signature, prepared)
    latency_us = timed(lambda: signatures.sign(session, private.handle, algorithm, prepared))
    return Shown("another implementation verifies", latency_us)


def _try_ed25519ph(session: PooledSession, profile: TokenProfile) -> Shown:  # noqa: ARG001
    """A known answer, for some tokens pass over the parameter and sign as pure Ed25519."""
    key = session.raw.create_object(
        {
            Attribute.CLASS: ObjectClass.PRIVATE_KEY,
            Attribute.KEY_TYPE: KeyType.EC_EDWARDS,
            Attribute.TOKEN: False,
            Attribute.EC_PARAMS: SHAPES[KeyKind.ED25519].curve,
            Attribute.VALUE: _PH_SECRET,
            Attribute.SIGN: True,
        }
    )
    found = signatures.sign(session, key.handle, SigningAlgorithm.ED25519_PH_SHA_512, _PH_MESSAGE)
    if found == _PH_SIGNATURE:
        return Shown("known answer")
    if found == signatures.sign(session, key.handle, SigningAlgorithm.ED25519_SHA_512, _PH_MESSAGE):
        raise Fault(Finding.FAILED, "it signs as pure Ed25519")
    raise Fault(Finding.FAILED, "the known answer isn't reproduced")


def _try_ecdh(kind: KeyKind, session: PooledSession, profile: TokenProfile) -> Shown:
    template = templates.template_of(kind, KeyPurpose.AGREE, profile)
    private, spki = generate_pair(session, kind, template, store=False)
    mine = ec.generate_private_key(public_keys.CURVES[kind])
    point = public_keys.point_of(mine.public_key())
    secret = shared_secrets.agree(session, private.handle, kind, point)
    if secret != mine.exchange(ec.ECDH(), public_keys.load(spki)):
        raise Fault(Finding.FAILED, "another implementation's secret isn't reproduced")
    latency_us = timed(lambda: shared_secrets.agree(session, private.handle, kind, point))
    return Shown("another implementation's secret", latency_us)


def _ecdsa(capability: Capability, kind: KeyKind, algorithm: SigningAlgorithm) -> Attempt:
    return Attempt(capability, "CKM_ECDSA", partial(try_signing, kind, algorithm))


ATTEMPTS = (
    _ecdsa(Capability.ECDSA_P256, KeyKind.P256, SigningAlgorithm.ECDSA_SHA_256),
    _ecdsa(Capability.ECDSA_P384, KeyKind.P384, SigningAlgorithm.ECDSA_SHA_384),
    _ecdsa(Capability.ECDSA_P521, KeyKind.P521, SigningAlgorithm.ECDSA_SHA_512),
    _ecdsa(Capability.ECDSA_SECP256K1, KeyKind.SECP256K1, SigningAlgorithm.ECDSA_SHA_256),
    Attempt(
        Capability.ED25519,
        "CKM_EDDSA",
        partial(try_signing, KeyKind.ED25519, SigningAlgorithm.ED25519_SHA_512),
    ),
    Attempt(Capability.ED25519PH, "CKM_EDDSA", _try_ed25519ph),
    Attempt(Capability.ECDH_P256, "CKM_ECDH1_DERIVE", partial(_try_ecdh, KeyKind.P256)),
    Attempt(Capability.ECDH_P384, "CKM_ECDH1_DERIVE", partial(_try_ecdh, KeyKind.P384)),
    Attempt(Capability.ECDH_P521, "CKM_ECDH1_DERIVE", partial(_try_ecdh, KeyKind.P521)),
)
