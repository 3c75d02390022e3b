"""`strongroom` and `strongroomd` as tests run them: real processes, but without the second that imports take."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

_HERE = Path(__file__).with_name("preloading")
_ROOT = Path(__file__).parents[2]
_CLIENT = ("strongroom.cli",)
_SERVER = (
    "alembic.command",
    "strongroom.server.app",
    "strongroom.server.cli.commands",
    "strongroom.server.config.checks",
    "strongroom.server.process.housekeeper",
)


def strongroom() -> tuple[str, ...]:
    """What runs the client's command, to which arguments are added."""
    return _begin(_CLIENT, "strongroom.cli:main")


def strongroomd(entry: str = "strongroom.server.cli:main") -> tuple[str, ...]:
    """What runs the service's command, or another function where its modules are loaded; likewise."""
    return _begin(_SERVER, entry)


def _begin(modules: tuple[str, ...], entry: str) -> tuple[str, ...]:
    return (sys.executable, "-IS", str(_HERE / "begin.py"), str(_loaded(modules)), entry)


@cache
def _loaded(modules: tuple[str, ...]) -> Path:
    """The socket of a process that has loaded modules; it ends with this one."""
    directory = Path(tempfile.mkdtemp(prefix="strongroom-commands-"))
    atexit.register(shutil.rmtree, directory)
    address = directory / "socket"
    program = [sys.executable, str(_HERE / "forks.py"), str(address), *modules]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    process = subprocess.Popen(
        program, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    atexit.register(process.wait)
    atexit.register(process.kill)
    assert process.stdout
    assert process.stdout.readline() == b"ready\n"
    return address
