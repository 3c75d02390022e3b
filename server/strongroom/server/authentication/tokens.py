"""Who is behind a bearer token.

A token is believed if a configured issuer's key signed it for one of our audiences, it is valid now, and its
subject is a principal here. Whatever else it is, the caller learns the same.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from strongroom.server.authentication.claims import Rules, TokenRefused, Unverified, read_unverified, verify
from strongroom.server.authentication.key_sources import KeySource
from strongroom.server.authentication.principals import PrincipalMap
from strongroom.server.authentication.remembered import RememberedCallers
from strongroom.server.authentication.subjects import SubjectMap
from strongroom.server.core.callers import Caller
from strongroom.server.core.errors import CredentialsInvalid, DependencyUnavailable
from strongroom.server.core.key_sets import VerifyingKey

MAX_TOKEN_BYTES = 8192

_SCHEME = "bearer"
_RETRY_AFTER_S = 1.0
_NEEDED = "A bearer token is needed, or a client certificate where the service asks for one."
_REFUSED = (
    "The bearer token isn't accepted: it is wrong or expired, or not of an issuer, audience and subject "
    "that are known here."
)


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """Whose tokens are believed.

    Args:
        rules: what they must be like.
        subjects: which principals its subjects are.
        source: of its keys.
    """

    rules: Rules
    subjects: SubjectMap
    source: KeySource


class TokenAuthenticator:
    """Turns bearer tokens into callers, and remembers them until they expire; thread-safe.

    Args:
        principals: what is known of principals.
        clock: gives the time in UTC.
    """

    def __init__(self, principals: PrincipalMap, clock: Callable[[], datetime]) -> None:
        self._principals = principals
        self._issuers: Mapping[str, TokenIssuer] = {}
        self._clock = clock
        self._remembered = RememberedCallers(clock)
        self._log = structlog.get_logger("strongroom.tokens")

    def use(self, issuers: Sequence[TokenIssuer]) -> None:
        """Believes these issuers from now on, and no other."""
        self._issuers = {issuer.rules.issuer: issuer for issuer in issuers}
        self.forget()

    def forget(self, _keys: object = None) -> None:
        """Verifies every token anew: to be called after an issuer's keys have changed."""
        self._remembered = RememberedCallers(self._clock)

    def authenticate(self, authorization: Sequence[str]) -> Caller:
        """The caller behind a bearer token.

        Args:
            authorization: every `authorization` entry of the request.

        Raises:
            CredentialsInvalid: there is no token, more than one, or one that isn't believed.
            DependencyUnavailable: the issuer's keys, or its newest, aren't here yet.
        """
        token = _token_of(authorization)
        proof = hashlib.sha256(token.encode()).digest()
        remembered = self._remembered  # before the keys: `forget` is called after they have changed
        caller = remembered.get(proof)
        if caller is None:
            caller, until = self._verified(token)
            remembered.put(proof, caller, until)
        return caller

    def _verified(self, token: str) -> tuple[Caller, datetime]:
        try:
            return self._verify(token)
        except TokenRefused as refusal:
            self._log.info("token refused", reason=str(refusal))
            raise CredentialsInvalid(_REFUSED) from None

    def _verify(self, token: str) -> tuple[Caller, datetime]:
        said = read_unverified(token)
        issuer = self._issuers.get(said.issuer)
        if issuer is None:
            raise TokenRefused("issuer")
        if said.algorithm not in issuer.rules.algorithms:
            raise TokenRefused("algorithm")
        key = _key_of(issuer, said)
        verified = verify(token, key.public_key, said.algorithm, issuer.rules, self._clock())
        principal = issuer.subjects.principal(verified.subject)
        if principal is None:
            raise TokenRefused("subject")
        credential = f"jwt:{issuer.rules.issuer}:{verified.subject}"
        return self._principals.by_arn(principal, credential), verified.good_until


def _token_of(authorization: Sequence[str]) -> str:
    """The token of a request; nothing that is told of it quotes it."""
    if not authorization:
        raise CredentialsInvalid(_NEEDED)
    if len(authorization) > 1:
        raise CredentialsInvalid("The request has more than one authorization.")
    scheme, _, token = authorization[0].partition(" ")
    if scheme.lower() != _SCHEME or not token:
        raise CredentialsInvalid("The authorization must be Bearer, a blank, and a token.")
    if not token.isascii():
        raise CredentialsInvalid(_REFUSED)
    if len(token) > MAX_TOKEN_BYTES:
        raise CredentialsInvalid(f"The bearer token has more than {MAX_TOKEN_BYTES} bytes.")
    return token


def _key_of(issuer: TokenIssuer, said: Unverified) -> VerifyingKey:
    """The key that must have signed a token."""
    keys = issuer.source.keys()
    if keys is None:
        issuer.source.ask_again()
        raise DependencyUnavailable(
            "The token issuer's keys can't be had now; try again.", retry_after_s=_RETRY_AFTER_S
        )
    if said.key_id is not None and not keys.has(said.key_id) and issuer.source.ask_again():
        raise DependencyUnavailable(
            "The token issuer's newest keys are being fetched; try again.", retry_after_s=_RETRY_AFTER_S
        )
    key = keys.find(said.key_id, said.algorithm)
    if key is None:
        raise TokenRefused("key")
    return key
