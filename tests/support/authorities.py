"""What an authority signs for tests besides certificates of clients and servers."""

import datetime as dt
from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from strongroom.server.cli.development_pki import Issued

DAY = dt.timedelta(days=1)


def revocation_list(
    authority: Issued,
    revoked: Iterable[Issued] = (),
    *,
    age: dt.timedelta = dt.timedelta(seconds=1),
    ends_in: dt.timedelta = DAY,
    extensions: Iterable[tuple[x509.ExtensionType, bool]] = (),
) -> bytes:
    """A revocation list in PEM that an authority signs now."""
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(min(now, now + ends_in) - age)
        .next_update(now + ends_in)
    )
    for one in revoked:
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(one.certificate.serial_number)
            .revocation_date(now)
            .build()
        )
        builder = builder.add_revoked_certificate(entry)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(authority.key, SHA256()).public_bytes(Encoding.PEM)


def make_root(name: str, *, starts_in: dt.timedelta = -DAY, ends_in: dt.timedelta = DAY) -> Issued:
    """A self-signed authority that may have others beneath it; older than its extensions."""
    key = ec.generate_private_key(ec.SECP256R1())
    return _certificate(name, key, key, _name(name), is_authority=True, starts_in=starts_in, ends_in=ends_in)


def make_intermediate(
    authority: Issued, name: str, *, is_authority: bool = True, key: ec.EllipticCurvePrivateKey | None = None
) -> Issued:
    """An authority beneath another; or a certificate that is none, for who tries to issue with it."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    return _certificate(name, key, authority.key, authority.certificate.subject, is_authority=is_authority)


def make_bare_client(
    authority: Issued,
    name: str,
    *,
    starts_in: dt.timedelta = -DAY,
    ends_in: dt.timedelta = DAY,
    extensions: Iterable[x509.ExtensionType] = (),
) -> Issued:
    """A client's certificate with a common name and, by default, nothing else."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate.subject
    return _certificate(
        name,
        key,
        authority.key,
        issuer,
        is_authority=None,
        starts_in=starts_in,
        ends_in=ends_in,
        extensions=extensions,
    )


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    *,
    is_authority: bool | None,
    starts_in: dt.timedelta = -DAY,
    ends_in: dt.timedelta = DAY,
    extensions: Iterable[x509.ExtensionType] = (),
) -> Issued:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + starts_in)
        .not_valid_after(now + ends_in)
    )
    if is_authority is not None:
        builder = builder.add_extension(
            x509.BasicConstraints(ca=is_authority, path_length=None), critical=True
        )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return Issued(builder.sign(issuer_key, SHA256()), key)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
