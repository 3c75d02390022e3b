"""Certificate revocation lists (RFC 5280 §5) of the authorities whose client certificates are accepted."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from strongroom.server.core.certificates import UNREADABLE

_BEGIN = b"-----BEGIN X509 CRL-----"
_LIST = re.compile(rb"-----BEGIN X509 CRL-----.+?-----END X509 CRL-----", re.DOTALL)

Issuer = tuple[bytes, bytes]
"""Who issues certificates: subject and public key, both in DER. Two authorities may bear one name."""


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A list whose signature was verified.

    Args:
        issuer: the authority.
        name: its name, for people.
        serials: of the certificates that it takes back.
        last_update: since when it holds.
        next_update: when there must be another one.
    """

    issuer: Issuer
    name: str
    serials: frozenset[int] = field(repr=False)
    last_update: datetime
    next_update: datetime


class ListUnusable(ValueError):
    """A list that can't be used; says which and why."""


def issuer_of(authority: x509.Certificate) -> Issuer:
    """How an authority is told from others."""
    key = authority.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return authority.subject.public_bytes(), key


def parse_lists(data: bytes, authorities: Sequence[x509.Certificate]) -> tuple[RevocationList, ...]:
    """Reads the lists of a PEM file; of several of one authority, the newest counts.

    Args:
        data: the file.
        authorities: one of them must have signed each list.

    Raises:
        ListUnusable: there is none, one can't be read, isn't whole, or isn't signed by an authority.
    """
    found = [_parsed(pem, authorities) for pem in _LIST.findall(data)]
    if data.count(_BEGIN) != len(found):
        raise ListUnusable("ends within a list: is it being written?")
    if not found:
        raise ListUnusable("has no list in PEM, as `openssl crl` writes it")
    newest: dict[Issuer, RevocationList] = {}
    for one in sorted(found, key=lambda one: one.last_update):
        newest[one.issuer] = one
    return tuple(newest.values())


def _parsed(pem: bytes, authorities: Sequence[x509.Certificate]) -> RevocationList:
    try:
        return _verified(x509.load_pem_x509_crl(pem), authorities)
    except ListUnusable:
        raise
    except UNREADABLE:
        raise ListUnusable("has a list that can't be read") from None


def _verified(crl: x509.CertificateRevocationList, authorities: Sequence[x509.Certificate]) -> RevocationList:
    name = crl.issuer.rfc4514_string()
    issuer = next((one for one in authorities if _has_signed(one, crl)), None)
    if issuer is None:
        raise ListUnusable(f"has a list of {name} that none of the authorities in client_ca has signed")
    if any(extension.critical for extension in crl.extensions):
        # An issuing distribution point or a delta: what isn't on it may yet be revoked.
        raise ListUnusable(f"has a list of {name} that tells of some certificates only")
    if crl.next_update_utc is None:
        raise ListUnusable(f"has a list of {name} that doesn't say when the next one comes (nextUpdate)")
    return RevocationList(
        issuer=issuer_of(issuer),
        name=name,
        serials=frozenset(revoked.serial_number for revoked in crl),
        last_update=crl.last_update_utc,
        next_update=crl.next_update_utc,
    )


def _has_signed(authority: x509.Certificate, crl: x509.CertificateRevocationList) -> bool:
    try:
        if authority.subject != crl.issuer or not _may_sign_lists(authority):
            return False
        return crl.is_signature_valid(authority.public_key())  # type: ignore[arg-type] # TypeError: no key that signs
    except UNREADABLE:  # the authority
        return False


def _may_sign_lists(authority: x509.Certificate) -> bool:
    """RFC 5280 §6.3.3 (f)."""
    try:
        return authority.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def outdated(lists: Sequence[RevocationList], now: datetime) -> Iterator[str]:
    """The names of the authorities whose list ran out."""
    return (one.name for one in lists if one.next_update <= now)
