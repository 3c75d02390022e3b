"""Whether the service's certificates can be used: readable, valid now, and fitting their key."""

import stat
from collections.abc import Generator, Iterator
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


def check_tls(tls: TlsSettings, now: datetime) -> Iterator[tuple[str, str]]:
    """What is wrong with the certificates, as `(option, text)`."""
    yield from examine_pair(tls, now)
    yield from examine_authorities(tls, now)


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
    data, chain = yield from _certificates("certificate", tls.certificate, now)
    try:
        key_pem = read_file(tls.private_key)
        key = _public_key(tls.private_key, key_pem)
    except FileUnusable as error:
        yield "private_key", str(error)
        return ServerPair(data, b"")
    if chain and _spki(chain[0].public_key()) != _spki(key):
        yield (
            "private_key",
            f"{tls.private_key} isn't the key of {tls.certificate}: give the one made with it.",
        )
    return ServerPair(data, key_pem)


def examine_authorities(tls: TlsSettings, now: datetime) -> Examination[ClientAuthorities]:
    """Reads the authorities of client certificates, and their revocation lists."""
    data, authorities = yield from _certificates("client_ca", tls.client_ca, now)
    lists: tuple[RevocationList, ...] = ()
    if tls.client_crl is not None and authorities:
        lists = yield from _lists(tls.client_crl, authorities, now)
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
    except ValueError:
        raise FileUnusable(f"{path} has no certificates in PEM, as `openssl x509` writes them.") from None
    if data.count(_BEGIN) != len(found):
        raise FileUnusable(f"{path} ends within a certificate: is it being written?")
    return found


def _certificates(
    option: str, path: Path, now: datetime
) -> Examination[tuple[bytes, list[x509.Certificate]]]:
    try:
        data = read_file(path)
        found = _parsed(path, data)
    except FileUnusable as error:
        yield option, str(error)
        return b"", []
    for certificate in found:
        name = certificate.subject.rfc4514_string()
        if certificate.not_valid_after_utc < now:
            yield option, f"{name} in {path} ran out on {certificate.not_valid_after_utc:%Y-%m-%d}: renew it."
        if certificate.not_valid_before_utc > now:
            day = certificate.not_valid_before_utc
            yield option, f"{name} in {path} isn't valid before {day:%Y-%m-%d %H:%M} UTC: is the clock right?"
    return data, found


def _lists(
    path: Path, authorities: list[x509.Certificate], now: datetime
) -> Examination[tuple[RevocationList, ...]]:
    try:
        found = parse_lists(read_file(path), authorities)
    except FileUnusable as error:
        yield "client_crl", str(error)
        return ()
    except ListUnusable as error:
        yield "client_crl", f"{path} {error}."
        return ()
    for name in outdated(found, now):
        yield "client_crl", f"The list of {name} in {path} ran out: nobody is believed whom it vouches for."
    return found


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


def _spki(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
