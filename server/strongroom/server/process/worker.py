"""A worker process: serves requests until it is told to stop or its supervisor is gone."""

import asyncio
import contextlib
import gc
import signal

import structlog
import uvloop

from strongroom.hsm import TokenState
from strongroom.server.app import Worker, build_worker
from strongroom.server.figures import FIGURES_INTERVAL_S
from strongroom.server.operations import Lane
from strongroom.server.process.children import Child, on_orphaned, run_child, say_ready
from strongroom.server.process.trail_keeping import TrailKeeper
from strongroom.server.store import StoreError

_log = structlog.get_logger("strongroom.worker")

_BETWEEN_WRITES_S = 0.1
_COLLECT_AFTER = 50_000  # allocations that outlive their request's first moments


class WorkerProcess:
    """The life of a worker: starts, follows the health of token, store and audit trail, drains."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._look = asyncio.Event()
        self._is_told_to_reload = False

    async def run(self) -> None:
        """Serves until stopped."""
        child = self._child
        worker = build_worker(
            child.settings, name=child.name, boot_id=child.boot_id, on_token=self._token_changed
        )
        self._listen_to_signals()
        on_orphaned(self._loop, self._stopping.set)
        await worker.face.start()
        await worker.face.set_ready(is_ready=True)
        worker.observation.show_ready(is_ready=True)
        _quieten_collector()
        keeper = TrailKeeper(worker.trail.records, worker.observation.requests, self._look_soon)
        say_ready()
        duties = (self._follow_health, self._write_uses, self._write_figures)
        tasks = [asyncio.create_task(duty(worker)) for duty in duties]
        await self._stopping.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await worker.face.drain(child.settings.server.drain_timeout_s)
        await asyncio.to_thread(keeper.stop)
        worker.close()

    def _listen_to_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._stopping.set)
        self._loop.add_signal_handler(signal.SIGHUP, self._reload)

    def _reload(self) -> None:
        self._is_told_to_reload = True
        self._look.set()

    def _token_changed(self, state: TokenState, reason: str) -> None:  # noqa: ARG002
        self._look_soon()

    def _look_soon(self) -> None:
        """Looks at what is well or isn't, now; told from any thread."""
        self._loop.call_soon_threadsafe(self._look.set)

    async def _follow_health(self, worker: Worker) -> None:
        """Readiness follows them, and files that were replaced are read: now and then, and when told."""
        interval_s = self._child.settings.token.heartbeat_interval_s
        was_ready = True
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._look.wait(), interval_s)
            self._look.clear()
            in_any_case, self._is_told_to_reload = self._is_told_to_reload, False
            threads = worker.fairness.threads[Lane.COMMON]
            await self._loop.run_in_executor(threads, _tend_credentials, worker, in_any_case)
            is_ready = await self._loop.run_in_executor(threads, _is_well, worker)
            if is_ready != was_ready:
                _log.warning("ready" if is_ready else "not ready")
                await worker.face.set_ready(is_ready=is_ready)
                worker.observation.show_ready(is_ready=is_ready)
                was_ready = is_ready

    async def _write_uses(self, worker: Worker) -> None:
        """A part at a time: a transaction of thousands of rows would hold requests up."""
        interval_s = pause_s = self._child.settings.store.last_usage_interval_s
        while True:
            await asyncio.sleep(pause_s)
            is_more = await self._loop.run_in_executor(
                worker.fairness.threads[Lane.COMMON], worker.uses.flush_some
            )
            pause_s = _BETWEEN_WRITES_S if is_more else interval_s

    async def _write_figures(self, worker: Worker) -> None:
        while worker.observation.is_counting:
            await self._loop.run_in_executor(worker.fairness.threads[Lane.COMMON], worker.observation.write)
            await asyncio.sleep(FIGURES_INTERVAL_S)


def _quieten_collector() -> None:
    """What is here now stays: the collector needn't look at it, and rarely at anything else.

    Requests leave no cycles behind, and a full collection stops the loop for longer the more keys are cached.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 50)


def _tend_credentials(worker: Worker, in_any_case: bool) -> None:  # noqa: FBT001 # run_in_executor passes no names
    try:
        worker.credentials.tend(in_any_case=in_any_case)
    except Exception:  # noqa: BLE001 # health must be followed in any case
        _log.exception("incident")


def _is_well(worker: Worker) -> bool:
    try:
        worker.store.ping()
    except StoreError:
        return False
    worker.trail.checkpoints.tend()
    return worker.token.heartbeat() and worker.trail.records.can_record


async def _run(child: Child) -> None:
    await WorkerProcess(child).run()


def main() -> int:
    """The process's entry point; gives its exit code."""
    return run_child(lambda child: uvloop.run(_run(child)))
