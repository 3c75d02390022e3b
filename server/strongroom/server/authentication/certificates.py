"""Who is behind a client certificate.

TLS has proved that the peer holds the key of a certificate from our CA; here the certificate becomes a
principal. A certificate that maps to none, or to several, is nobody: default closed.
"""

from collections.abc import Callable
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtensionOID, NameOID

from strongroom.server.authentication.chains import ClientTrust
from strongroom.server.authentication.principals import SPIFFE, CertificateNames, PrincipalMap
from strongroom.server.authentication.remembered import RememberedCallers
from strongroom.server.core.callers import Caller
from strongroom.server.core.certificates import UNREADABLE
from strongroom.server.core.errors import CredentialsInvalid


class CertificateAuthenticator:
    """Turns certificates into callers, and remembers them; thread-safe.

    Args:
        principals: which principal a certificate stands for.
        trust: who vouches for certificates.
        clock: gives the time in UTC.
    """

    def __init__(self, principals: PrincipalMap, trust: ClientTrust, clock: Callable[[], datetime]) -> None:
        self._principals = principals
        self._trust = trust
        self._clock = clock
        self._remembered = RememberedCallers(clock)

    def use(self, trust: ClientTrust) -> None:
        """Asks others from now on, about certificates that are remembered too."""
        self._trust = trust
        self._remembered = RememberedCallers(self._clock)

    def authenticate(self, certificate: bytes, intermediates: bytes) -> Caller:
        """The caller behind a client certificate.

        Args:
            certificate: in PEM; TLS proved that the peer has its key.
            intermediates: what the peer showed besides, in PEM.

        Raises:
            CredentialsInvalid: it stands for nobody, ran out or was revoked.
        """
        remembered = self._remembered  # before the trust is asked: `use` replaces them in the other order
        caller = remembered.get(certificate)
        if caller is None:
            parsed = _parsed(certificate)
            caller = self._principals.caller(names_of(parsed[0]))
            others = _parsed(intermediates) if intermediates else []
            until = self._trust.vouched_until(parsed[0], others, self._clock())
            remembered.put(certificate, caller, until)
        return caller


def _parsed(certificates: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(certificates)
    except UNREADABLE:
        raise CredentialsInvalid("The client certificate can't be read.") from None


def names_of(parsed: x509.Certificate) -> CertificateNames:
    """The names in a certificate.

    Raises:
        CredentialsInvalid: they can't be read, or are several URIs (SPIFFE X.509-SVID §2 allows one).
    """
    try:
        uris, dns_names = _alternative_names(parsed)
        common_names = parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except UNREADABLE:
        raise CredentialsInvalid("The client certificate can't be read.") from None
    spiffe_ids = [uri for uri in uris if uri.startswith(SPIFFE)]
    if spiffe_ids and len(uris) > 1:
        raise CredentialsInvalid("A SPIFFE certificate has exactly one URI.")
    return CertificateNames(
        spiffe_id=spiffe_ids[0] if spiffe_ids else None,
        common_name=str(common_names[0].value) if len(common_names) == 1 else None,
        dns_names=dns_names,
        fingerprint=parsed.fingerprint(SHA256()).hex(),
    )


def _alternative_names(parsed: x509.Certificate) -> tuple[list[str], tuple[str, ...]]:
    try:
        extension = parsed.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    except x509.ExtensionNotFound:
        return [], ()
    names = extension.value
    assert isinstance(names, x509.SubjectAlternativeName)  # noqa: S101 # by its OID
    return (
        names.get_values_for_type(x509.UniformResourceIdentifier),
        tuple(names.get_values_for_type(x509.DNSName)),
    )
