"""Who is behind a client certificate.

TLS has proved that the peer holds the key of a certificate from our CA; here the certificate becomes a
principal. A certificate that maps to none, or to several, is nobody: default closed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtensionOID, NameOID

from strongroom.server.core.callers import Caller, is_principal
from strongroom.server.core.errors import CredentialsInvalid

_SPIFFE = "spiffe://"
_MAX_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class CertificateNames:
    """The names that a client certificate may be known by.

    Args:
        spiffe_id: the URI of an X.509-SVID, or None.
        common_name: CN of the subject, or None.
        dns_names: DNS names of the subject alternative name.
        fingerprint: SHA-256 of the certificate, lowercase hex.
    """

    spiffe_id: str | None
    common_name: str | None
    dns_names: tuple[str, ...]
    fingerprint: str


class PrincipalMap:
    """Which principal a certificate stands for.

    Args:
        partition: of the principals' ARNs.
        trust_domains: account id by SPIFFE trust domain.
        certificates: principal ARN by `("fingerprint_sha256" | "dns" | "common_name", value)`.
        tags: of principals, by ARN.
    """

    def __init__(
        self,
        partition: str,
        trust_domains: Mapping[str, str],
        certificates: Mapping[tuple[str, str], str],
        tags: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._partition = partition
        self._trust_domains = trust_domains
        self._certificates = certificates
        self._tags = tags

    def caller(self, names: CertificateNames) -> Caller:
        """The principal: by SPIFFE id if the certificate has one, else by the configured mapping.

        Raises:
            CredentialsInvalid: there is none, or more than one.
        """
        if names.spiffe_id is not None:
            return self.by_spiffe_id(names.spiffe_id)
        known = (
            ("fingerprint_sha256", names.fingerprint),
            *(("dns", name) for name in names.dns_names),
            ("common_name", names.common_name or ""),
        )
        found = {self._certificates[name] for name in known if name in self._certificates}
        if len(found) != 1:
            raise CredentialsInvalid("The client certificate doesn't stand for exactly one principal here.")
        arn = found.pop()
        return self._caller(arn, f"certificate:{names.fingerprint}")

    def by_spiffe_id(self, spiffe_id: str) -> Caller:
        """The principal of a SPIFFE id.

        Raises:
            CredentialsInvalid: its trust domain isn't trusted, or no policy could name the principal.
        """
        domain, _, path = spiffe_id.removeprefix(_SPIFFE).partition("/")
        account_id = self._trust_domains.get(domain)
        if account_id is None or not path:
            raise CredentialsInvalid("The client certificate's SPIFFE trust domain isn't trusted here.")
        arn = f"arn:{self._partition}:iam::{account_id}:role/{path}"
        if not is_principal(arn):
            raise CredentialsInvalid("The client certificate's SPIFFE id can't be the name of a role.")
        return self._caller(arn, spiffe_id)

    def by_arn(self, arn: str) -> Caller:
        """A principal that hasn't called, with its tags; nothing proves that it is one."""
        return self._caller(arn, "")

    def _caller(self, arn: str, credential: str) -> Caller:
        return Caller(arn, arn.split(":")[4], credential, self._tags.get(arn, {}))


class Authenticator:
    """Turns certificates into callers, and remembers them; thread-safe."""

    def __init__(self, principals: PrincipalMap) -> None:
        self._principals = principals
        self._callers: dict[bytes, Caller] = {}

    def authenticate(self, certificate: bytes | None) -> Caller:
        """The caller behind a verified client certificate in PEM.

        Raises:
            CredentialsInvalid: no certificate, or one that stands for nobody.
        """
        if certificate is None:
            raise CredentialsInvalid("A client certificate is needed.")
        caller = self._callers.get(certificate)
        if caller is None:
            caller = self._principals.caller(names_of(certificate))
            if len(self._callers) >= _MAX_REMEMBERED:
                self._callers.clear()
            self._callers[certificate] = caller
        return caller


def names_of(certificate: bytes) -> CertificateNames:
    """The names in a PEM certificate.

    Raises:
        CredentialsInvalid: it can't be read, or has several URIs (SPIFFE X.509-SVID §2 allows one).
    """
    try:
        parsed = x509.load_pem_x509_certificate(certificate)
        uris, dns_names = _alternative_names(parsed)
        common_names = parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except ValueError:
        raise CredentialsInvalid("The client certificate can't be read.") from None
    spiffe_ids = [uri for uri in uris if uri.startswith(_SPIFFE)]
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
