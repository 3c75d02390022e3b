"""The format of a symmetric ciphertext blob.

  offset  bytes  field
       0      1  format, 0x01: AES-256-GCM with a 96-bit IV and a 128-bit tag
       1     16  material id
      17     12  IV, from the token (NIST SP 800-38D §8.2.2)
      29    n+16  ciphertext and tag

Format and material id, the header, are authenticated as part of the AAD; the IV is by GCM itself.
"""

import hashlib
from typing import NamedTuple

from strongroom.server.core.errors import InvalidCiphertext

FORMAT = b"\x01"
MATERIAL_ID_BYTES = 16
IV_BYTES = 12
TAG_BYTES = 16
OVERHEAD_BYTES = 1 + MATERIAL_ID_BYTES + IV_BYTES + TAG_BYTES
MAX_PLAINTEXT_BYTES = 4096

_MATERIAL_DOMAIN = b"strongroom/material-id\x00"
_HEADER_BYTES = 1 + MATERIAL_ID_BYTES
_SEALED_AT = _HEADER_BYTES + IV_BYTES


class Blob(NamedTuple):
    """A ciphertext blob, taken apart and not yet authenticated.

    Args:
        header: format and material id, 17 bytes.
        material_id: 16 bytes.
        iv: 12 bytes.
        sealed: ciphertext and tag, 17 to 4112 bytes.
    """

    header: bytes
    material_id: bytes
    iv: bytes
    sealed: bytes


def kms_material_id(material_id: bytes) -> str:
    """The name of a material towards callers, 64 hex digits; it tells nothing that the blob doesn't."""
    return hashlib.sha256(_MATERIAL_DOMAIN + material_id).hexdigest()


def header(material_id: bytes) -> bytes:
    """The header of every blob that a material of this id encrypts."""
    return FORMAT + material_id


def pack(header: bytes, iv: bytes, sealed: bytes) -> bytes:
    """The ciphertext blob that Encrypt answers and Decrypt takes."""
    return header + iv + sealed


def parse(data: bytes) -> Blob:
    """Takes a blob apart.

    Raises:
        InvalidCiphertext: no blob of this format has this first byte or length.
    """
    length = len(data)
    if not OVERHEAD_BYTES < length <= OVERHEAD_BYTES + MAX_PLAINTEXT_BYTES or data[:1] != FORMAT:
        raise InvalidCiphertext
    return Blob(
        data[:_HEADER_BYTES],
        data[1:_HEADER_BYTES],
        data[_HEADER_BYTES:_SEALED_AT],
        data[_SEALED_AT:],
    )
