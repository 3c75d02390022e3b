"""Who vouches for the authorities that are accepted.

The validation of a path ends at the first of them, a trust anchor (RFC 5280 §6.1.1 (d)): it doesn't ask who
issued that one's certificate, nor whether it was taken back.
"""

from collections.abc import Iterator, Mapping, Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from strongroom.server.config.revocation_lists import issuer_of
from strongroom.server.core.certificates import UNREADABLE

Issued = tuple[x509.Certificate, x509.Certificate]
"""A certificate, and that of the authority that issued it."""


def issued_anchors(authorities: Sequence[x509.Certificate]) -> Mapping[x509.Certificate, Sequence[Issued]]:
    """What is above each authority, as far up as these go; nothing above a self-signed one."""
    named: dict[x509.Name, list[x509.Certificate]] = {}
    for one in authorities:
        named.setdefault(one.subject, []).append(one)
    direct = {
        one: [other for other in named.get(one.issuer, ()) if _has_issued(other, one)] for one in authorities
    }
    return {one: tuple(_all_above(one, direct)) for one in authorities}


def _has_issued(authority: x509.Certificate, anchor: x509.Certificate) -> bool:
    """True if it signed the anchor and isn't the anchor itself, or its successor with the same key."""
    try:
        if issuer_of(authority) == issuer_of(anchor):
            return False
        anchor.verify_directly_issued_by(authority)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def _all_above(
    anchor: x509.Certificate, direct: Mapping[x509.Certificate, Sequence[x509.Certificate]]
) -> Iterator[Issued]:
    seen, waiting = {anchor}, [anchor]  # two authorities may have certified each other
    while waiting:
        subject = waiting.pop()
        for issuer in direct[subject]:
            yield subject, issuer
            if issuer not in seen:
                seen.add(issuer)
                waiting.append(issuer)
