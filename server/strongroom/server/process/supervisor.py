"""The supervisor: starts workers and a housekeeper, restarts what dies, and ends them all.

It holds no token session and no listening socket. Children hold its pipe: when it dies, however, they end.
"""

import asyncio
import fcntl
import os
import signal
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from strongroom.server.config import Settings
from strongroom.server.deployment import figures_directory, open_store, require_own, runtime_directory
from strongroom.server.figures import clear_figures
from strongroom.server.process import limits
from strongroom.server.process.addresses import require_free
from strongroom.server.process.children import READY
from strongroom.server.process.exit_codes import ExitCode
from strongroom.server.process.notifications import ServiceManager
from strongroom.server.process.tls_versions import environment_of

_log = structlog.get_logger("strongroom.supervisor")

_FIRST_DELAY_S = 0.1
_MAX_DELAY_S = 10.0
_HEALTHY_S = 5.0  # a child that lived so long isn't in a crash loop

KILL_AFTER_DRAIN_S = 5.0
"""What a process has for its end after the time to drain is over."""

_CHILDREN = {
    "GRPC_VERBOSITY": "NONE",  # gRPC's own lines aren't JSON
    "MALLOC_ARENA_MAX": "2",  # glibc's default, eight for each processor, leaves holes in all of them
}


class AlreadyRunning(Exception):
    """Another supervisor serves this deployment."""


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """A child to keep running: its name, and the module of this package that it runs."""

    name: str
    kind: str


class Supervisor:
    """Keeps the children running until told to stop."""

    def __init__(self, settings: Settings, config: Path, workers: int) -> None:
        self._settings = settings
        self._config = config
        self._boot_id = str(uuid.uuid4())
        self._specs = [
            *(ChildSpec(f"worker-{i}", "worker") for i in range(workers)),
            ChildSpec("housekeeper", "housekeeper"),
        ]
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._ready: set[str] = set()
        self._stopping = asyncio.Event()
        self._exit_code = ExitCode.OK
        self._started = time.monotonic()
        self._manager = ServiceManager()

    async def run(self) -> int:
        """Runs until stopped; gives the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop_signal)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        keepers = [asyncio.create_task(self._keep(spec)) for spec in self._specs]
        keepers.append(asyncio.create_task(self._manager.keep_alive()))
        await self._stopping.wait()
        self._manager.say_stopping()
        await self._end(keepers)
        return self._exit_code

    def _stop_signal(self) -> None:
        if self._stopping.is_set():  # a second signal: at once
            self._signal_all(signal.SIGKILL)
        self._stopping.set()

    def _reload(self) -> None:
        if not self._is_complete():  # whoever still starts reads what is there now
            self._signal_all(signal.SIGHUP)
            return
        self._manager.say_reloading()
        self._signal_all(signal.SIGHUP)
        self._say_ready()

    def _signal_all(self, number: signal.Signals) -> None:
        for process in self._running.values():
            if process.returncode is None:
                process.send_signal(number)

    async def _keep(self, spec: ChildSpec) -> None:
        """Starts a child again and again; ever slower while it doesn't stay."""
        delay = _FIRST_DELAY_S
        while not self._stopping.is_set():
            started = time.monotonic()
            code = await self._run_child(spec)
            if self._stopping.is_set():
                return
            if code == ExitCode.NEVER and spec.name not in self._ready:
                _log.error("a process can't ever start with this configuration", child=spec.name)
                self._exit_code = ExitCode.NEVER
                self._stopping.set()
                return
            delay = _FIRST_DELAY_S if time.monotonic() - started > _HEALTHY_S else delay
            _log.error("a process ended and is started again", child=spec.name, code=code, delay_s=delay)
            await asyncio.sleep(delay)
            delay = min(2 * delay, _MAX_DELAY_S)

    async def _run_child(self, spec: ChildSpec) -> int:
        arguments = ("--config", str(self._config), "--name", spec.name, "--boot-id", self._boot_id)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            limits.__package__,
            spec.kind,
            *arguments,
            env={**_CHILDREN, **os.environ, **environment_of(self._settings.tls.min_version)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._running[spec.name] = process
        assert process.stdout is not None  # noqa: S101 # it is a pipe
        if await process.stdout.readline() == READY:
            self._note_ready(spec.name)
        return await process.wait()

    def _note_ready(self, name: str) -> None:
        was_complete = self._is_complete()
        self._ready.add(name)
        if not was_complete and self._is_complete():
            self._say_ready()
            _log.info(
                "ready",
                listen=", ".join(self._settings.server.addresses),
                workers=len(self._specs) - 1,
                ms=round((time.monotonic() - self._started) * 1000),
            )

    def _is_complete(self) -> bool:
        """True once every child has been ready."""
        return len(self._ready) == len(self._specs)

    def _say_ready(self) -> None:
        self._manager.say_ready(f"Serving on {self._settings.server.listen}; workers: {len(self._specs) - 1}")

    async def _end(self, keepers: list[asyncio.Task[None]]) -> None:
        self._signal_all(signal.SIGTERM)
        timeout_s = self._settings.server.drain_timeout_s + KILL_AFTER_DRAIN_S
        waiting = [asyncio.create_task(process.wait()) for process in self._running.values()]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=timeout_s)
            if late:
                _log.error("processes that didn't end are killed", count=len(late))
                self._signal_all(signal.SIGKILL)
                await asyncio.wait(late)
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)


@contextmanager
def only_one(directory: Path) -> Iterator[None]:
    """Refuses a second supervisor of the same deployment; a killed one leaves nothing behind.

    Raises:
        AlreadyRunning: there is one.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(directory / "supervisor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise AlreadyRunning(
            "Another `strongroomd serve`, or a restoration, runs for this deployment."
        ) from None
    finally:
        os.close(descriptor)


def serve(settings: Settings, config: Path, workers: int) -> int:
    """Serves until stopped; gives the exit code.

    Raises:
        AlreadyRunning: the deployment is being served.
        StoreError: the database can't be used, or is another deployment's.
        OSError: somebody listens at the address.
    """
    limits.set_traceable(is_traceable=settings.server.traceable)
    with only_one(runtime_directory(settings)):
        store = open_store(settings, upgrade=True)
        try:
            require_own(settings, store.deployment())
        finally:
            store.close()
        for address in settings.server.addresses:
            require_free(address)
        clear_figures(figures_directory(settings))
        return asyncio.run(_serve(settings, config, workers))


async def _serve(settings: Settings, config: Path, workers: int) -> int:
    return await Supervisor(settings, config, workers).run()
