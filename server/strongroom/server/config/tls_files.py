"""Whether the service's certificates can be used: readable, valid now, and fitting their key."""

import stat
from collections.abc import Generator, Iterator
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from strongroom.server.config.service_settings import TlsSettings

_CLOSED_TO = stat.S_IWGRP | stat.S_IRWXO  # a group may read: container platforms mount secrets so


class FileUnusable(Exception):
    """A file that can't be used; says why and what to do."""


def check_tls(tls: TlsSettings, now: datetime) -> Iterator[tuple[str, str]]:
    """What is wrong with the certificates, as `(option, text)`."""
    chain = yield from _certificates("certificate", tls.certificate, now)
    yield from _certificates("client_ca", tls.client_ca, now)
    try:
        key = _public_key(tls.private_key)
    except FileUnusable as error:
        yield "private_key", str(error)
        return
    if chain and _spki(chain[0].public_key()) != _spki(key):
        yield (
            "private_key",
            f"{tls.private_key} isn't the key of {tls.certificate}: give the one made with it.",
        )


def certificates_in(path: Path) -> list[x509.Certificate]:
    """The certificates of a PEM file, at least one.

    Raises:
        FileUnusable: it can't be read, or has none.
    """
    data = _read(path)
    try:
        return x509.load_pem_x509_certificates(data)
    except ValueError:
        raise FileUnusable(f"{path} has no certificates in PEM, as `openssl x509` writes them.") from None


def _certificates(
    option: str, path: Path, now: datetime
) -> Generator[tuple[str, str], None, list[x509.Certificate]]:
    """Yields what is wrong with them; returns them."""
    try:
        found = certificates_in(path)
    except FileUnusable as error:
        yield option, str(error)
        return []
    for certificate in found:
        name = certificate.subject.rfc4514_string()
        if certificate.not_valid_after_utc < now:
            yield option, f"{name} in {path} ran out on {certificate.not_valid_after_utc:%Y-%m-%d}: renew it."
        if certificate.not_valid_before_utc > now:
            day = certificate.not_valid_before_utc
            yield option, f"{name} in {path} isn't valid before {day:%Y-%m-%d %H:%M} UTC: is the clock right?"
    return found


def _public_key(path: Path) -> PublicKeyTypes:
    data = _read(path)
    if path.stat().st_mode & _CLOSED_TO:
        raise FileUnusable(f"The private key {path} is open to others. Run: chmod 600 {path}")
    try:
        return load_pem_private_key(data, password=None).public_key()
    except TypeError:
        raise FileUnusable(
            f"{path} is encrypted, and nobody could type its password. Decrypt it: openssl pkey."
        ) from None
    except (ValueError, UnsupportedAlgorithm):  # whose texts may tell of the key
        raise FileUnusable(f"{path} is no private key in PEM, as `openssl pkey` writes it.") from None


def _spki(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnusable(f"{path} can't be read: {error.strerror}.") from None
