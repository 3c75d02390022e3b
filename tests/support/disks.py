"""Disks without room."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_MIB = 1024 * 1024


@contextmanager
def no_room_for(pid: int, file: Path) -> Iterator[None]:
    """What a process appends to this file finds no room; its smaller files have it.

    The file is made larger than the process may make any; afterwards it is as it was.
    """
    size = file.stat().st_size
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    os.truncate(file, size + 48 * _MIB)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (24 * _MIB, before[1]))
    try:
        yield
    finally:
        os.truncate(file, size)
        with suppress(ProcessLookupError):  # it may have been killed
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def small_disk(directory: Path, size_bytes: int) -> Iterator[None]:
    """A file system of its own in a directory, in memory."""
    directory.mkdir(mode=0o700, exist_ok=True)
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes},mode=0700", "tmpfs", str(directory)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk takes root")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


def fill(directory: Path) -> Path:
    """A file that takes all the room there is."""
    filler = directory / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return filler
