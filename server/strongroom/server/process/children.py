"""What every child process of the supervisor has in common."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from strongroom.server.config import Settings, load_settings
from strongroom.server.process import limits
from strongroom.server.process.exit_codes import EXPECTED, ExitCode, exit_code_of
from strongroom.server.process.logs import configure_logs

READY = b"ready\n"
"""What a child writes to its standard output once it does its work."""


@dataclass(frozen=True, slots=True)
class Child:
    """What a child was started with.

    Args:
        name: `worker-0` or `housekeeper`.
        boot_id: of the service that it belongs to.
    """

    name: str
    boot_id: str
    settings: Settings


def run_child(run: Callable[[Child], None]) -> int:
    """Reads the arguments, sets logging up, runs, and gives the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--boot-id", required=True)
    arguments = parser.parse_args()
    log = structlog.get_logger("strongroom.process")
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to reload
    try:
        limits.claim()
        settings = load_settings(arguments.config)
        limits.set_traceable(is_traceable=settings.server.traceable)
        configure_logs(arguments.name, settings.log.level)
        run(Child(arguments.name, arguments.boot_id, settings))
    except EXPECTED as error:
        code = exit_code_of(error)
        log.error("can't go on", error=type(error).__name__, reason=str(error))  # noqa: TRY400 # no defect
        return code
    except Exception:
        log.exception("crashed")
        return ExitCode.CRASHED
    return ExitCode.OK


def say_ready() -> None:
    """Tells the supervisor that this process does its work."""
    os.write(sys.stdout.fileno(), READY)


def on_orphaned(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    """Calls back when the supervisor is gone, however it went: it holds our standard input open."""

    def read() -> None:
        if not os.read(sys.stdin.fileno(), 1):
            loop.remove_reader(sys.stdin.fileno())
            callback()

    loop.add_reader(sys.stdin.fileno(), read)
