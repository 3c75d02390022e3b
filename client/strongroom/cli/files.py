"""Bytes in and out: files, pipes and terminals. Secrets are never arguments."""

import base64
import binascii
import os
import stat
import sys
from enum import StrEnum
from pathlib import Path

from strongroom.cli.failures import usage

STANDARD = Path("-")
"""Standard input or output."""

_STANDARD_OUTPUTS = frozenset({STANDARD, Path("/dev/stdout"), Path("/dev/fd/1"), Path("/proc/self/fd/1")})


class Encoding(StrEnum):
    """How bytes are written or read."""

    AUTO = "auto"  # base64 towards a terminal, raw everywhere else
    RAW = "raw"
    BASE64 = "base64"
    HEX = "hex"


def read_bytes(path: Path, encoding: Encoding, *, most: int, too_long: str) -> bytes:
    """Reads a file or standard input.

    Args:
        path: what to read; `-` is standard input.
        encoding: how the bytes are written there.
        most: the most bytes, decoded.
        too_long: what to tell who gives more.
    """
    data = _decoded(path, _read(path, limit=4 * most + 4), encoding)
    if len(data) > most:
        usage(too_long)
    return data


def write_bytes(path: Path, data: bytes, encoding: Encoding, *, force: bool, is_secret: bool) -> None:
    """Writes to a file, whole or not at all, or to standard output, a device or a pipe.

    Args:
        path: where to; `-` is standard output.
        data: what.
        encoding: how.
        force: True to overwrite a file.
        is_secret: True to let only the owner read the file.
    """
    if is_standard_output(path):
        _write_standard(data, encoding)
        return
    encoded = _encoded(data, Encoding.RAW if encoding is Encoding.AUTO else encoding)
    try:
        if _is_stream(path):
            _write_stream(path, encoded)
        else:
            _write_whole(path, encoded, force=force, mode=0o600 if is_secret else 0o666)
    except FileExistsError:
        usage(f"{path} exists; --force overwrites it.")
    except OSError as error:
        usage(f"{path} can't be written: {error.strerror}.")


def check_writable(path: Path, *, force: bool) -> None:
    """Ends early if what is written couldn't be kept, before anything is asked of the service."""
    if is_standard_output(path) or _is_stream(path):
        return
    if path.is_dir():
        usage(f"{path} is a directory.")
    if path.exists() and not force:
        usage(f"{path} exists; --force overwrites it.")
    if not path.resolve().parent.is_dir():
        usage(f"{path} can't be written: there is no such directory.")


def is_standard_output(path: Path) -> bool:
    """True for standard output, by whichever of its names."""
    return path in _STANDARD_OUTPUTS


def _read(path: Path, limit: int) -> bytes:
    if path == STANDARD:
        if sys.stdin.isatty():
            sys.stderr.write("Reading from the terminal; end with Ctrl-D.\n")
        return sys.stdin.buffer.read(limit)
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        usage(f"{path} can't be read: {error.strerror}.")


def _decoded(path: Path, data: bytes, encoding: Encoding) -> bytes:
    try:
        if encoding is Encoding.BASE64:
            return base64.b64decode(b"".join(data.split()), validate=True)
        if encoding is Encoding.HEX:
            return bytes.fromhex(data.decode("ascii"))
    except (binascii.Error, ValueError):
        usage(f"{'The input' if path == STANDARD else path} isn't {encoding.value}.")
    return data


def _encoded(data: bytes, encoding: Encoding) -> bytes:
    if encoding is Encoding.BASE64:
        return base64.b64encode(data) + b"\n"
    if encoding is Encoding.HEX:
        return data.hex().encode() + b"\n"
    return data


def _write_standard(data: bytes, encoding: Encoding) -> None:
    if encoding is Encoding.AUTO:
        encoding = Encoding.BASE64 if sys.stdout.isatty() else Encoding.RAW
    sys.stdout.buffer.write(_encoded(data, encoding))
    sys.stdout.buffer.flush()


def _is_stream(path: Path) -> bool:
    """True for a device, a pipe or a socket: what a file must never take the place of."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _write_stream(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_NOCTTY), "wb") as stream:
        stream.write(data)


def _write_whole(path: Path, data: bytes, *, force: bool, mode: int) -> None:
    target = path.resolve()  # where a symbolic link leads, so that the link stays
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        _write_draft(draft, data, mode)
        if force:
            draft.replace(target)
        else:
            os.link(draft, target)  # unlike a rename, it fails if there is a file
    finally:
        draft.unlink(missing_ok=True)


def _write_draft(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
