"""Builds what has to do with certificates and tokens from the configuration, and keeps it up to date."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from strongroom.server.authentication import (
    Authenticator,
    CertificateAuthenticator,
    ClientTrust,
    PrincipalMap,
    TokenAuthenticator,
    TokenIssuer,
)
from strongroom.server.authentication.claims import Rules
from strongroom.server.authentication.key_addresses import KeyAddress
from strongroom.server.authentication.key_sources import FetchedKeys, FileKeys, KeySource, tell_no_keys
from strongroom.server.authentication.subjects import SubjectMap
from strongroom.server.config import Settings
from strongroom.server.config.key_set_files import read_key_set
from strongroom.server.config.revocation_lists import outdated
from strongroom.server.config.tls_files import (
    ClientAuthorities,
    examine_authorities,
    examine_pair,
    usable,
)
from strongroom.server.config.token_issuer_settings import TokenIssuerSettings
from strongroom.server.config.watched_files import WatchedFiles
from strongroom.server.core.clock import utc_now
from strongroom.server.faces.grpc.credentials import ServerCertificates

_log = structlog.get_logger("strongroom.files")


class CredentialParts:
    """What has to do with certificates and tokens, wired together.

    Args:
        authenticator: says who calls.
        certificates: those of the server.
        authorities: who vouches for clients.
        files: all that is read again when it is replaced, `authorities` too.
        sources: of issuers' keys.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        certificates: ServerCertificates,
        authorities: WatchedFiles[ClientAuthorities],
        files: Sequence[WatchedFiles[Any]],
        sources: Sequence[KeySource],
    ) -> None:
        self.authenticator = authenticator
        self.certificates = certificates
        self._authorities = authorities
        self._files = files
        self._sources = sources
        self._outdated: tuple[str, ...] = ()
        self._out_of_time: tuple[str, ...] = ()

    def tend(self, *, in_any_case: bool = False) -> None:
        """Takes what was replaced, or reads everything again in any case; what can't be used is left."""
        for files in self._files:
            files.look(in_any_case=in_any_case)
        self._tell_out_of_time()
        self._tell_outdated()

    def close(self) -> None:
        """Ends what fetches keys."""
        for source in self._sources:
            source.close()

    def _tell_out_of_time(self) -> None:
        found = tuple(self._authorities.value.out_of_time(utc_now()))
        if found != self._out_of_time:
            self._out_of_time = found
            if found:
                _log.warning("authorities aren't valid now: these vouch for nobody", authorities=found)

    def _tell_outdated(self) -> None:
        found = tuple(outdated(self._authorities.value.lists, utc_now()))
        if found != self._outdated:
            self._outdated = found
            if found:
                _log.error("revocation lists ran out: whom these vouch for is refused", authorities=found)


@dataclass(frozen=True, slots=True)
class _Tokens:
    authenticator: TokenAuthenticator
    files: Sequence[WatchedFiles[Any]]
    sources: Sequence[KeySource]


def credential_parts(settings: Settings) -> CredentialParts:
    """Reads all files, and begins to fetch issuers' keys.

    Raises:
        OSError: a file can't be used.
    """
    tls = settings.tls
    pair_paths = (tls.certificate, tls.private_key)
    authority_paths = (tls.client_ca, tls.client_crl) if tls.client_crl else (tls.client_ca,)
    pair = WatchedFiles("certificate", pair_paths, lambda: usable(examine_pair(tls, utc_now())))
    authorities = WatchedFiles(
        "client authorities", authority_paths, lambda: usable(examine_authorities(tls))
    )
    certificates = ServerCertificates(pair.value, authorities.value)
    principals = principal_map(settings)
    clients = CertificateAuthenticator(principals, ClientTrust(authorities.value), utc_now)
    pair.on_change(certificates.use_pair)
    authorities.on_change(lambda value: clients.use(ClientTrust(value)))
    authorities.on_change(certificates.use_authorities)
    tokens = _tokens(settings, principals)
    return CredentialParts(
        Authenticator(clients, tokens.authenticator),
        certificates,
        authorities,
        (pair, authorities, *tokens.files),
        tokens.sources,
    )


def principal_map(settings: Settings) -> PrincipalMap:
    """Which principal a credential stands for."""
    authentication = settings.authentication
    domains = {domain.name: domain.account_id for domain in authentication.trust_domains}
    names = {name: entry.principal for entry in authentication.certificates for name in entry.names}
    tags = {entry.principal: entry.tags for entry in authentication.principals}
    return PrincipalMap(settings.deployment.partition, domains, names, tags)


def _tokens(settings: Settings, principals: PrincipalMap) -> _Tokens:
    """What verifies tokens: nothing, where there is no listener for them."""
    authenticator = TokenAuthenticator(principals, utc_now)
    issuers: list[TokenIssuer] = []
    files: list[WatchedFiles[Any]] = []
    for one in settings.authentication.token_issuers if settings.server.listen_tokens else ():
        source: KeySource
        if one.is_remote:
            address = KeyAddress(one.jwks, one.jwks_ca, one.jwks_bearer)
            source = FetchedKeys(one.issuer, address, authenticator.forget)
        else:
            source = _file_keys(one, authenticator, files)
        issuers.append(TokenIssuer(_rules(one), SubjectMap(one.subjects, one.prefix), source))
    authenticator.use(issuers)
    return _Tokens(authenticator, files, [issuer.source for issuer in issuers])


def _file_keys(
    issuer: TokenIssuerSettings, authenticator: TokenAuthenticator, files: list[WatchedFiles[Any]]
) -> FileKeys:
    path = Path(issuer.jwks)
    watched = WatchedFiles(f"keys of {issuer.issuer}", (path,), lambda: read_key_set(path))
    source = FileKeys(watched.value)
    tell_no_keys(issuer.issuer, watched.value)
    watched.on_change(lambda keys: tell_no_keys(issuer.issuer, keys))
    watched.on_change(source.use)
    watched.on_change(authenticator.forget)
    files.append(watched)
    return source


def _rules(issuer: TokenIssuerSettings) -> Rules:
    return Rules(issuer.issuer, issuer.audiences, issuer.algorithms, issuer.max_lifetime_s, issuer.leeway_s)
