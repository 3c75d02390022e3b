"""PEM, the text form of DER (RFC 7468)."""

import base64
import binascii
import re

PUBLIC_KEY = "PUBLIC KEY"
PRIVATE_KEY = "PRIVATE KEY"

_LINE_CHARACTERS = 64
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)


def to_pem(label: str, der: bytes) -> bytes:
    """The PEM of one DER value."""
    text = base64.b64encode(der).decode()
    lines = [text[at : at + _LINE_CHARACTERS] for at in range(0, len(text), _LINE_CHARACTERS)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()


def to_der(label: str, data: bytes) -> bytes:
    """The DER that a file holds, itself or as PEM.

    Raises:
        ValueError: it is PEM of something else, of more than one thing, or broken.
    """
    if b"-----BEGIN " not in data:
        return data
    blocks = _BLOCK.findall(data)
    if len(blocks) != 1 or blocks[0][0].decode() != label:
        found = ", ".join(name.decode() for name, _ in blocks) or "nothing whole"
        raise ValueError(f"It should hold one PEM {label}; it holds {found}.")
    try:
        return base64.b64decode(b"".join(blocks[0][1].split()), validate=True)
    except binascii.Error:
        raise ValueError("What the PEM holds isn't base64.") from None
