"""What a bearer token says, before and after it is believed (RFC 7519, RFC 8725)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt

_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
_REQUIRED = ("iss", "sub", "aud", "exp")
_LATEST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
_UNVERIFIED: Any = {"verify_signature": False}


class TokenRefused(Exception):
    """A token that isn't believed; its text says why in a word, for the log, and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What an issuer's tokens must be like.

    Args:
        issuer: `iss`, exactly.
        audiences: one of them must be in `aud`.
        algorithms: of the signature.
        max_lifetime_s: between `iat`, or now, and `exp`.
        leeway_s: by which clocks may differ.
    """

    issuer: str
    audiences: tuple[str, ...]
    algorithms: tuple[str, ...]
    max_lifetime_s: float
    leeway_s: float


@dataclass(frozen=True, slots=True)
class Unverified:
    """What a token says of itself, as far as it is needed to find the key that must have signed it."""

    issuer: str
    algorithm: str
    key_id: str | None


@dataclass(frozen=True, slots=True)
class Verified:
    """Who was vouched for, and for how long."""

    subject: str
    good_until: datetime


def read_unverified(token: str) -> Unverified:
    """Looks into a token.

    Keys and addresses of keys in the header (jwk, jku, x5c, x5u) are never looked at.

    Raises:
        TokenRefused: it is no token, or wants what we don't understand.
    """
    if not _TOKEN.fullmatch(token):
        raise TokenRefused("malformed")
    try:
        read = jwt.decode_complete(token, options=_UNVERIFIED)
    except (jwt.PyJWTError, ValueError):
        raise TokenRefused("malformed") from None
    header, issuer = read["header"], read["payload"].get("iss")
    algorithm, kind = header.get("alg"), header.get("typ", "JWT")
    if "crit" in header or "b64" in header:
        raise TokenRefused("critical header")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise TokenRefused("type")
    if not isinstance(algorithm, str) or not isinstance(issuer, str):
        raise TokenRefused("malformed")
    return Unverified(issuer, algorithm, header.get("kid"))


def verify(token: str, public_key: Any, algorithm: str, rules: Rules, now: datetime) -> Verified:  # noqa: ANN401 # any public key
    """Verifies a token's signature and everything that it claims.

    Args:
        token: the token.
        public_key: the issuer's key, of the kind that the algorithm needs.
        algorithm: the only one that is tried.
        rules: of the issuer.
        now: the time.

    Raises:
        TokenRefused: it isn't believed.
    """
    options: Any = {
        "require": _REQUIRED,
        "enforce_minimum_key_length": True,
        # By our own clock, below.
        "verify_exp": False,
        "verify_nbf": False,
        "verify_iat": False,
    }
    try:
        claims = jwt.decode(
            token, public_key, [algorithm], options, audience=rules.audiences, issuer=rules.issuer
        )
    except (jwt.PyJWTError, ValueError) as error:
        raise TokenRefused(type(error).__name__) from None
    return Verified(claims["sub"], _good_until(claims, rules, now.timestamp()))


def _good_until(claims: Mapping[str, Any], rules: Rules, now: float) -> datetime:
    expires = _time(claims, "exp", now)
    issued = _time(claims, "iat", now)
    if expires + rules.leeway_s <= now:
        raise TokenRefused("expired")
    if max(issued, _time(claims, "nbf", now)) > now + rules.leeway_s:
        raise TokenRefused("not yet valid")
    if expires - issued > rules.max_lifetime_s:
        raise TokenRefused("lifetime")
    return datetime.fromtimestamp(expires + rules.leeway_s, UTC)


def _time(claims: Mapping[str, Any], name: str, default: float) -> float:
    """A NumericDate; a claim that is there must be one."""
    if name not in claims:
        return default
    value = claims[name]
    # The bound keeps arithmetic from overflowing, and out NaN.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LATEST:
        raise TokenRefused(name)
    return float(value)
