"""Looking for secrets where none may be."""

import base64
from collections.abc import Iterator, Mapping

_GROUP_BYTES = 3  # of base64: what stands before a secret shifts it by none, one or two


def forms_of(secret: bytes) -> frozenset[bytes]:
    """A secret as it may stand in a text: as it is, as Python shows it, in hex, in base64 wherever it begins."""
    shown, in_hex = repr(secret)[2:-1], secret.hex()
    return frozenset({secret, *map(str.encode, (shown, in_hex, in_hex.upper())), *_in_base64(secret)})


def found(secrets: Mapping[str, bytes], places: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """Which secret stands in which place."""
    return [
        (name, place)
        for name, secret in secrets.items()
        for place, content in places.items()
        if any(form in content for form in forms_of(secret))
    ]


def _in_base64(secret: bytes) -> Iterator[bytes]:
    for shift in range(_GROUP_BYTES):
        rest = secret[(_GROUP_BYTES - shift) % _GROUP_BYTES :]
        whole = rest[: len(rest) // _GROUP_BYTES * _GROUP_BYTES]
        yield base64.b64encode(whole)
        yield base64.urlsafe_b64encode(whole)
