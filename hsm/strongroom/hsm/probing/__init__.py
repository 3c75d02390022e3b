"""Finding out what a token can do by trying it, with session objects that vanish with their session.

A mechanism list is a claim. Each row here is a known answer, a check by another implementation, or an attack
that must fail.
"""

import pkcs11

from strongroom.hsm.capabilities import Capability, CapabilityReport, CapabilityRow, Finding
from strongroom.hsm.errors import HsmError
from strongroom.hsm.meanings import Meaning, describe, meaning_of
from strongroom.hsm.probing import (
    data_key_pairs,
    elliptic_curves,
    imports,
    post_quantum,
    protection,
    rsa,
    symmetric,
)
from strongroom.hsm.probing.attempts import Attempt, Fault
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.token_profiles import TokenProfile

_RANDOM_BITS = 256
_ATTEMPTS: tuple[Attempt, ...] = (
    *symmetric.ATTEMPTS,
    *protection.ATTEMPTS,
    *rsa.ATTEMPTS,
    *elliptic_curves.ATTEMPTS,
    *post_quantum.ATTEMPTS,
    *data_key_pairs.ATTEMPTS,
    *imports.ATTEMPTS,
)
_UNASKED = CapabilityRow(Capability.SM2, "none", Finding.UNSUPPORTED, "PKCS#11 v3.2 has no mechanism for it")


def probe(session: PooledSession, profile: TokenProfile) -> CapabilityReport:
    """Tries everything in a session of its own; the caller closes it.

    Raises:
        pkcs11.PKCS11Error: the token was lost meanwhile.
    """
    report = CapabilityReport((*(_row(session, profile, attempt) for attempt in _ATTEMPTS), _UNASKED))
    _require_presence(session, profile)
    return report


def _require_presence(session: PooledSession, profile: TokenProfile) -> None:
    """A token that is away also fails at what it can do, and at every attack: neither says anything of it."""
    try:
        session.raw.generate_random(_RANDOM_BITS)
    except pkcs11.PKCS11Error as error:
        if meaning_of(error, profile.error_meanings) is Meaning.GONE:
            raise


def _row(session: PooledSession, profile: TokenProfile, attempt: Attempt) -> CapabilityRow:
    capability, mechanism = attempt.capability, attempt.mechanism
    if capability.name in profile.switched_off:
        return CapabilityRow(capability, mechanism, Finding.SWITCHED_OFF, "by the token profile")
    try:
        shown = attempt.run(session, profile)
    except Fault as fault:
        return CapabilityRow(capability, mechanism, fault.finding, fault.detail)
    except pkcs11.PKCS11Error as error:
        unsupported = meaning_of(error, profile.error_meanings) is Meaning.UNSUPPORTED
        finding = Finding.UNSUPPORTED if unsupported else Finding.FAILED
        return CapabilityRow(capability, mechanism, finding, describe(error))
    except HsmError as error:  # a result that another implementation refuses
        return CapabilityRow(capability, mechanism, Finding.FAILED, type(error).__name__)
    return CapabilityRow(capability, mechanism, Finding.SUPPORTED, shown.detail, shown.latency_us)
