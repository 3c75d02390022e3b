"""The keys by which tokens are verified: JSON Web Key Sets (RFC 7517, RFC 7518 §6, RFC 8037).

Of a set only public keys for signatures are taken. What else is in it is left aside: secret keys, keys for
encryption, curves that we don't know. So is the private part of a key that should never have been there.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

MAX_BYTES = 256 * 1024
"""The largest set that is read."""

_MAX_KEYS = 100
_RSA_BITS = range(2048, 8192 + 1)
_ON_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_KINDS: Mapping[tuple[str, str | None], tuple[tuple[str, ...], tuple[str, ...]]] = {
    ("RSA", None): (("n", "e"), _ON_RSA),
    ("EC", "P-256"): (("crv", "x", "y"), ("ES256",)),
    ("EC", "P-384"): (("crv", "x", "y"), ("ES384",)),
    ("EC", "P-521"): (("crv", "x", "y"), ("ES512",)),
    ("OKP", "Ed25519"): (("crv", "x"), ("EdDSA",)),
}
"""By `kty` and `crv`: the public members, and the algorithms of such a key."""


class KeySetInvalid(ValueError):
    """It is no key set; its text says why, and quotes nothing."""


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key of an issuer.

    Args:
        key_id: its `kid`, or None.
        algorithms: what it may be used with: those of its kind, or the one that its `alg` says.
        public_key: as `cryptography` has it.
    """

    key_id: str | None
    algorithms: tuple[str, ...]
    public_key: Any


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of an issuer; none where it has withdrawn them all."""

    keys: tuple[VerifyingKey, ...]

    def find(self, key_id: str | None, algorithm: str) -> VerifyingKey | None:
        """The one key that a token's header can mean; None if there is none, or more than one.

        Args:
            key_id: the header's `kid`. Without it the set must have a single key for the algorithm.
            algorithm: the header's `alg`.
        """
        fitting = [
            key
            for key in self.keys
            if algorithm in key.algorithms and (key_id is None or key.key_id == key_id)
        ]
        return fitting[0] if len(fitting) == 1 else None

    def has(self, key_id: str) -> bool:
        """True if some key has this `kid`."""
        return any(key.key_id == key_id for key in self.keys)


def parse_key_set(data: bytes) -> KeySet:
    """Reads a key set.

    Raises:
        KeySetInvalid: it is none, or too large.
    """
    if len(data) > MAX_BYTES:
        raise KeySetInvalid(f"has more than {MAX_BYTES} bytes")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise KeySetInvalid("isn't JSON") from None
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list) or len(entries) > _MAX_KEYS:
        raise KeySetInvalid(f'isn\'t {{"keys": […]}} with at most {_MAX_KEYS} keys')
    return KeySet(tuple(_usable(entries)))


def _usable(entries: Sequence[Any]) -> Iterator[VerifyingKey]:
    for entry in entries:
        if isinstance(entry, dict) and _is_for_signatures(entry):
            key = _key(entry)
            if key is not None:
                yield key


def _is_for_signatures(entry: Mapping[str, Any]) -> bool:
    operations = entry.get("key_ops", ["verify"])
    is_id_readable = isinstance(entry.get("kid", ""), str)
    return (
        is_id_readable
        and entry.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
    )


def _key(entry: Mapping[str, Any]) -> VerifyingKey | None:
    """The key of an entry, or None if it is of no kind that we know, or broken."""
    members, algorithms = _kind(entry)
    if "alg" in entry:
        algorithms = tuple(one for one in algorithms if one == entry["alg"])
    if not algorithms:
        return None
    public = {name: entry.get(name) for name in ("kty", *members)}  # what is private stays behind
    if not all(isinstance(value, str) for value in public.values()):
        return None
    try:
        public_key = jwt.PyJWK(public, algorithms[0]).key
    except (jwt.PyJWTError, ValueError):
        return None
    if isinstance(public_key, RSAPublicKey) and public_key.key_size not in _RSA_BITS:
        return None
    return VerifyingKey(entry.get("kid"), algorithms, public_key)


def _kind(entry: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    kty, curve = entry.get("kty"), entry.get("crv")
    if not isinstance(kty, str) or not isinstance(curve, str | None):
        return (), ()
    return _KINDS.get((kty, curve), ((), ()))
