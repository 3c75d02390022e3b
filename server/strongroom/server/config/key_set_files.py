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
        FileUnusable: it can't be read, or is no key set.
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


def warn_of_key_sets(authentication: AuthenticationSettings, _now: datetime) -> Iterator[tuple[str, str]]:
    """Which issuers have withdrawn all keys; the service goes on without them."""
    for issuer in authentication.token_issuers:
        if not issuer.is_remote and _is_empty(Path(issuer.jwks)):
            yield (
                _OPTION,
                f"{issuer.jwks} has no public key for signatures: every token of {issuer.issuer} is refused.",
            )


def _is_empty(path: Path) -> bool:
    try:
        return not read_key_set(path).keys
    except FileUnusable:  # check_authentication says why
        return False


def _require_usable(issuer: TokenIssuerSettings) -> None:
    if not issuer.is_remote:
        read_key_set(Path(issuer.jwks))
    if issuer.jwks_ca is not None:
        certificates_in(issuer.jwks_ca)
    if issuer.jwks_bearer is not None:
        read_file(issuer.jwks_bearer)
