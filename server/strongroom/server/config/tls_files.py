"""Whether the service's certificates can be used: readable, valid now, and fitting their key."""

import stat
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from strongroom.server.config.revocation_lists import ListUnusable, RevocationList, outdated, parse_lists
from strongroom.server.config.service_settings import TlsSettings
from strongroom.server.core.certificates import UNREADABLE

_CLOSED_TO = stat.S_IWGRP | stat.S_IRWXO  # a group may read: container platforms mount secrets so

_BEGIN = b"-----BEGIN CERTIFICATE-----"

Result = TypeVar("Result")
Examination = Generator[tuple[str, str], None, Result]
"""Yields what is wrong, as `(option, text)`; returns what was read, of use only where nothing is wrong."""


class FileUnusable(OSError):
    """A file that can't be used; says why and what to do."""


@dataclass(frozen=True, slots=True)
class ServerPair:
    """The server's certificate chain and its key, in PEM."""

    chain: bytes
    private_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientAuthorities:
    """Who may vouch for clients.

    Args:
        pem: their certificates in PEM.
        certificates: the same.
        lists: what they have taken back, for those that have a list.
    """

    pem: bytes
    certificates: tuple[x509.Certificate, ...]
    lists: tuple[RevocationList, ...]

    def out_of_time(self, now: datetime) -> Iterator[str]:
        """The names of the authorities that aren't valid now: these vouch for nobody."""
        for one in self.certificates:
            if not one.not_valid_before_utc <= now <= one.not_valid_after_utc:
                yield one.subject.rfc4514_string()


def check_tls(tls: TlsSettings, now: datetime) -> Iterator[tuple[str, str]]:
    """What is wrong with the certificates, as `(option, text)`."""
    yield from examine_pair(tls, now)
    yield from examine_authorities(tls)


def warn_of_authorities(tls: TlsSettings, now: datetime) -> Iterator[tuple[str, str]]:
    """Which authorities and lists are out of their time, as `(option, text)`; the service goes on without."""
    try:
        known = usable(examine_authorities(tls))
    except FileUnusable:  # check_tls says why
        return
    for text in _out_of_time(tls.client_ca, known.certificates, now):
        yield "client_ca", f"{text} It vouches for nobody."
    for name in outdated(known.lists, now):
        yield (
            "client_crl",
            f"The list of {name} in {tls.client_crl} ran out: nobody is believed whom it vouches for.",
        )


def usable(examination: Examination[Result]) -> Result:
    """What an examination returns.

    Raises:
        FileUnusable: something is wrong.
    """
    problems: list[str] = []
    while True:
        try:
            problems.append(next(examination)[1])
        except StopIteration as end:
            if problems:
                raise FileUnusable(" ".join(problems)) from None
            result: Result = end.value
            return result


def examine_pair(tls: TlsSettings, now: datetime) -> Examination[ServerPair]:
    """Reads the server's certificate and its key."""
    data, chain = yield from _certificates("certificate", tls.certificate)
    for text in _out_of_time(tls.certificate, chain, now):
        yield "certificate", text
    try:
        key_pem = read_file(tls.private_key)
        key = _public_key(tls.private_key, key_pem)
    except FileUnusable as error:
        yield "private_key", str(error)
        return ServerPair(data, b"")
    if chain and not _is_key_of(key, chain[0]):
        yield (
            "private_key",
            f"{tls.private_key} isn't the key of {tls.certificate}: give the one made with it.",
        )
    return ServerPair(data, key_pem)


def examine_authorities(tls: TlsSettings) -> Examination[ClientAuthorities]:
    """Reads the authorities of client certificates, and their revocation lists.

    Those out of their time are no reason to do without the others: who asks them looks at the time.
    """
    data, authorities = yield from _certificates("client_ca", tls.client_ca)
    lists: tuple[RevocationList, ...] = ()
    if tls.client_crl is not None and authorities:
        lists = yield from _lists(tls.client_crl, authorities)
    return ClientAuthorities(data, tuple(authorities), lists)


def certificates_in(path: Path) -> list[x509.Certificate]:
    """The certificates of a PEM file, at least one.

    Raises:
        FileUnusable: it can't be read, or has none.
    """
    return _parsed(path, read_file(path))


def read_file(path: Path) -> bytes:
    """What a file has; FileUnusable if it can't be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnusable(f"{path} can't be read: {error.strerror}.") from None


def _parsed(path: Path, data: bytes) -> list[x509.Certificate]:
    try:
        found = x509.load_pem_x509_certificates(data)
        for one in found:
            _require_readable(one)
    except UNREADABLE:
        raise FileUnusable(f"{path} has no certificates in PEM, as `openssl x509` writes them.") from None
    if data.count(_BEGIN) != len(found):
        raise FileUnusable(f"{path} ends within a certificate: is it being written?")
    return found


def _require_readable(certificate: x509.Certificate) -> None:
    """Asks for what is told of certificates: `cryptography` reads that only when it is asked for."""
    for name in (certificate.subject, certificate.issuer):
        name.rfc4514_string()
    certificate.not_valid_before_utc  # noqa: B018 # a property that may raise
    certificate.not_valid_after_utc  # noqa: B018


def _certificates(option: str, path: Path) -> Examination[tuple[bytes, list[x509.Certificate]]]:
    try:
        data = read_file(path)
        return data, _parsed(path, data)
    except FileUnusable as error:
        yield option, str(error)
        return b"", []


def _out_of_time(path: Path, certificates: Iterable[x509.Certificate], now: datetime) -> Iterator[str]:
    for certificate in certificates:
        first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        name = certificate.subject.rfc4514_string()
        if last < now:
            yield f"{name} in {path} ran out on {last:%Y-%m-%d}: renew it."
        if first > now:
            yield f"{name} in {path} isn't valid before {first:%Y-%m-%d %H:%M} UTC: is the clock right?"


def _lists(path: Path, authorities: list[x509.Certificate]) -> Examination[tuple[RevocationList, ...]]:
    try:
        return parse_lists(read_file(path), authorities)
    except FileUnusable as error:
        yield "client_crl", str(error)
    except ListUnusable as error:
        yield "client_crl", f"{path} {error}."
    return ()


def _public_key(path: Path, data: bytes) -> PublicKeyTypes:
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


def _is_key_of(key: PublicKeyTypes, certificate: x509.Certificate) -> bool:
    try:
        return _spki(certificate.public_key()) == _spki(key)
    except UNREADABLE:
        return False


def _spki(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
