"""Whether the authorities of now vouch for a client certificate."""

from datetime import datetime
from itertools import pairwise

import structlog
from cryptography import x509
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from strongroom.server.authentication.anchors import issued_anchors
from strongroom.server.config.revocation_lists import Issuer, RevocationList, issuer_of
from strongroom.server.config.tls_files import ClientAuthorities
from strongroom.server.core.errors import CredentialsInvalid

_log = structlog.get_logger("strongroom.certificates")


class ClientTrust:
    """Looks at client certificates once more, after TLS did; thread-safe.

    TLS looked at a certificate when its connection was made: under authorities that may have been replaced
    since, without revocation lists, at a time when it may not have expired. The whole path is validated anew
    (RFC 5280 §6) and not just a signature, because the peer chooses what is between its certificate and the
    authority. Extensions that `cryptography` would want besides aren't asked for: TLS did without them, and
    checked what certificates may be used for, which doesn't change.

    Args:
        authorities: the authorities, and what they have taken back.
    """

    def __init__(self, authorities: ClientAuthorities) -> None:
        self._lists: dict[Issuer, RevocationList] = {one.issuer: one for one in authorities.lists}
        self._above = issued_anchors(authorities.certificates) if self._lists else {}
        anything = ExtensionPolicy.permit_all()
        as_authority = anything.require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
        self._policy = (
            PolicyBuilder()
            .store(Store(list(authorities.certificates)))
            .extension_policies(ca_policy=as_authority, ee_policy=anything)
        )

    def vouched_until(
        self, certificate: x509.Certificate, intermediates: list[x509.Certificate], now: datetime
    ) -> datetime:
        """Until when a certificate can be believed without asking again.

        Raises:
            CredentialsInvalid: it can't be believed now.
        """
        try:
            chain = self._policy.time(now).build_client_verifier().verify(certificate, intermediates).chain
        except VerificationError as error:
            _log.info("certificate refused", reason=str(error))
            raise CredentialsInvalid(
                "The client certificate ran out, or isn't of an authority that is accepted here."
            ) from None
        times = [one.not_valid_after_utc for one in chain]
        for subject, authority in (*pairwise(chain), *self._above.get(chain[-1], ())):
            known = self._lists.get(issuer_of(authority)) if self._lists else None
            if known is not None:
                _require_kept(subject, known, now)
                times.append(known.next_update)
        return min(times)


def _require_kept(certificate: x509.Certificate, known: RevocationList, now: datetime) -> None:
    if certificate.serial_number in known.serials:
        raise CredentialsInvalid("The client certificate was revoked.")
    if now >= known.next_update:
        raise CredentialsInvalid("The revocation list of the client certificate's authority ran out.")
