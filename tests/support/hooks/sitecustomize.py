"""Python imports this at the start of every process whose PYTHONPATH has this directory (tests/support/hooking.py).

It comes before everything else, so what it replaces in core is what all other modules import.
"""

import mmap
import os
import signal
import struct
import sys
from datetime import datetime, timedelta
from pathlib import Path

_CLOCK = "STRONGROOM_TEST_CLOCK"
_CRASH = "STRONGROOM_TEST_CRASH"
_AGES_CERTIFICATES = os.environ.get("STRONGROOM_TEST_AGES_CERTIFICATES") == "1"
_OF_CREDENTIALS = ("strongroom.server.authentication", "strongroom.server.credentials")


def _move_clock(file: Path) -> None:
    """The service's clock is off by as many seconds as the file says at the moment."""
    from strongroom.server.core import clock

    with file.open("rb") as opened:
        offset = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    real = clock.utc_now

    def moved() -> datetime:
        asking = sys._getframe(1).f_globals["__name__"]
        if not _AGES_CERTIFICATES and asking.startswith(_OF_CREDENTIALS):
            return real()
        (seconds,) = struct.unpack("d", offset)
        return real() + timedelta(seconds=seconds)

    clock.utc_now = moved


def _crash_at(file: Path) -> None:
    """The process that reaches the step that the file names dies there, or fails, and takes the file with it."""
    from strongroom.server.core import steps

    def reached(step: str) -> None:
        try:
            found, _, how = file.read_text().partition(" ")
            if found != step:
                return
            file.unlink()
        except FileNotFoundError:
            return
        if how == "fails":
            raise RuntimeError("a defect, made by a test")
        os.kill(os.getpid(), signal.SIGKILL)

    steps.reached = reached


if _CLOCK in os.environ:
    _move_clock(Path(os.environ[_CLOCK]))
if _CRASH in os.environ:
    _crash_at(Path(os.environ[_CRASH]))
