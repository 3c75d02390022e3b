"""The files that say whose tokens are believed: key sets, and what is needed to fetch one."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from strongroom.server.config.authentication_settings import AuthenticationSettings
from strongroom.server.config.tls_files import FileUnusable, certificates_in, read_file
from strongroom.server.config.token_issuer_settings import TokenIssuerSettings
from strongroom.server.core.key_sets import KeySet, KeySetInvalid, parse_key_set

_OPTION = "token_issuers"


def read_key_set(path: Path) -> KeySet:
    """The keys in a file.

    Raises:
        FileUnusable: it can't be read, or has none that could verify a token.
    """
    try:
        return parse_key_set(read_file(path))
    except KeySetInvalid as error:
        raise FileUnusable(f"{path} {error}: give the issuer's JSON Web Key Set.") from None


def check_authentication(authentication: AuthenticationSettings, _now: datetime) -> Iterator[tuple[str, str]]:
    """What is wrong with the files of issuers; nothing is fetched."""
    for issuer in authentication.token_issuers:
        try:
            _require_usable(issuer)
        except FileUnusable as error:
            yield _OPTION, str(error)


def _require_usable(issuer: TokenIssuerSettings) -> None:
    if not issuer.is_remote:
        read_key_set(Path(issuer.jwks))
    if issuer.jwks_ca is not None:
        certificates_in(issuer.jwks_ca)
    if issuer.jwks_bearer is not None:
        read_file(issuer.jwks_bearer)
