"""Which principal a credential stands for."""

from collections.abc import Mapping
from dataclasses import dataclass

from strongroom.server.core.callers import Caller, is_principal
from strongroom.server.core.errors import CredentialsInvalid

SPIFFE = "spiffe://"

_NO_SEGMENTS = frozenset({"", ".", ".."})
"""What no segment of a path may be (SPIFFE-ID §2.2)."""


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
    """Which principal a certificate stands for, and what is known of principals.

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
        return self.by_arn(found.pop(), f"certificate:{names.fingerprint}")

    def by_spiffe_id(self, spiffe_id: str) -> Caller:
        """The principal of a SPIFFE id.

        Raises:
            CredentialsInvalid: its trust domain isn't trusted, or no policy could name the principal.
        """
        domain, _, path = spiffe_id.removeprefix(SPIFFE).partition("/")
        account_id = self._trust_domains.get(domain)
        if account_id is None or not path:
            raise CredentialsInvalid("The client certificate's SPIFFE trust domain isn't trusted here.")
        arn = f"arn:{self._partition}:iam::{account_id}:role/{path}"
        if not _NO_SEGMENTS.isdisjoint(path.split("/")) or not is_principal(arn):
            raise CredentialsInvalid("The client certificate's SPIFFE id can't be the name of a role.")
        return self.by_arn(arn, spiffe_id)

    def by_arn(self, arn: str, credential: str = "") -> Caller:
        """The principal with this ARN, and its tags.

        Args:
            arn: of a user or a role.
            credential: what proved it; empty of one that hasn't called.
        """
        return Caller(arn, arn.split(":")[4], credential, self._tags.get(arn, {}))
