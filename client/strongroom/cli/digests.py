"""Hashes of inputs of any size, for what signs only digests."""

import hashlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, Protocol

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from strongroom.cli.failures import usage
from strongroom.cli.files import STANDARD

CHUNK_BYTES = 1024 * 1024

HASHES: Mapping[str, str] = {
    "RSASSA_PSS_SHA_256": "sha256",
    "RSASSA_PSS_SHA_384": "sha384",
    "RSASSA_PSS_SHA_512": "sha512",
    "RSASSA_PKCS1_V1_5_SHA_256": "sha256",
    "RSASSA_PKCS1_V1_5_SHA_384": "sha384",
    "RSASSA_PKCS1_V1_5_SHA_512": "sha512",
    "ECDSA_SHA_256": "sha256",
    "ECDSA_SHA_384": "sha384",
    "ECDSA_SHA_512": "sha512",
    "ED25519_PH_SHA_512": "sha512",
    "HMAC_SHA_224": "sha224",
    "HMAC_SHA_256": "sha256",
    "HMAC_SHA_384": "sha384",
    "HMAC_SHA_512": "sha512",
}
"""The hash of each algorithm that takes a digest; not SM2DSA, whose digest is of more than the message."""


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


def digest_of(path: Path, algorithm: str, *, as_json: bool) -> bytes:
    """The digest of a file or of standard input, by an algorithm's hash.

    A file's progress is shown on standard error, if that is a terminal and JSON wasn't asked for.
    """
    name = HASHES.get(algorithm)
    if name is None:
        usage(f"{algorithm} takes no digest: leave --digest out.")
    made = hashlib.new(name)
    try:
        if path == STANDARD:
            _hash(sys.stdin.buffer, made, lambda _count: None)
        else:
            _hash_file(path, made, is_shown=sys.stderr.isatty() and not as_json)
    except OSError as error:
        usage(f"{path} can't be read: {error.strerror}.")
    return made.digest()


def _hash_file(path: Path, made: _Hash, *, is_shown: bool) -> None:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    progress = Progress(*columns, console=Console(stderr=True), transient=True, disable=not is_shown)
    with path.open("rb") as file, progress:
        task = progress.add_task(f"Hashing {path.name}", total=os.fstat(file.fileno()).st_size)
        _hash(file, made, lambda count: progress.advance(task, count))


def _hash(file: BinaryIO, made: _Hash, advanced: Callable[[int], None]) -> None:
    while chunk := file.read(CHUNK_BYTES):
        made.update(chunk)
        advanced(len(chunk))
