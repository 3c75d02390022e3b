"""The housekeeper process: scheduled work, done by whoever holds the lease."""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Callable

import structlog

from strongroom.hsm import HsmError, Token, TokenState
from strongroom.server.audit import AuditUnavailable
from strongroom.server.config import Settings
from strongroom.server.deployment import figures_directory, open_store
from strongroom.server.figures import FIGURES_INTERVAL_S
from strongroom.server.housekeeping.jobs import JobParts, jobs_of
from strongroom.server.housekeeping.leases import LEASE, Lease
from strongroom.server.housekeeping.rounds import Round
from strongroom.server.materials import material_importer, material_maker
from strongroom.server.metrics import (
    CertificateMetrics,
    ForwardingMetrics,
    JobMetrics,
    KeyMetrics,
    ProcessMetrics,
    serve_metrics,
)
from strongroom.server.observation import Observation, observe
from strongroom.server.process.children import Child, on_orphaned, run_child, say_ready
from strongroom.server.process.trail_keeping import TrailKeeper
from strongroom.server.recording import AuditTrail, audit_forwarder, audit_trail
from strongroom.server.store import Store, StoreError
from strongroom.server.token_opening import open_token

_log = structlog.get_logger("strongroom.housekeeper")

_LEASE_INTERVALS = 3
_FORWARDING_TIMEOUT_S = 15.0


class HousekeeperProcess:
    """The life of the housekeeper: does its rounds until it is told to stop."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Does rounds until stopped."""
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._stop)
        self._loop.add_signal_handler(signal.SIGHUP, self._wake.set)
        on_orphaned(self._loop, self._stop)
        settings = self._child.settings
        store = open_store(settings)
        observation = observe(settings, self._child.name, with_traces=False)
        token = open_token(settings, self._token_changed, observation)
        trail = audit_trail(settings, self._child.name, store, token)
        observation.watch_checkpoints(trail.checkpoints)
        keeper = TrailKeeper(trail.records, observation.requests)
        stop_forwarding = _forwarding(settings, store)
        writing = asyncio.create_task(_write_figures(observation))
        stop_metrics = _metrics(settings, store)
        say_ready()
        with contextlib.suppress(StoreError):  # the first round tries again
            # Only one supervisor serves a deployment: whoever else holds the lease is dead.
            store.leases.release(LEASE)
        while not self._stopping.is_set():
            await asyncio.to_thread(self._round, store, token, trail)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), settings.housekeeping.reconcile_interval_s)
            self._wake.clear()
        await asyncio.to_thread(keeper.stop)
        trail.close()
        await asyncio.to_thread(stop_forwarding)
        token.close()
        writing.cancel()
        observation.close()
        await asyncio.to_thread(stop_metrics)
        with contextlib.suppress(StoreError):
            store.leases.release(LEASE)
        store.close()

    def _stop(self) -> None:
        self._stopping.set()
        self._wake.set()

    def _token_changed(self, state: TokenState, reason: str) -> None:  # noqa: ARG002
        if state is TokenState.UP:
            self._loop.call_soon_threadsafe(self._wake.set)

    def _round(self, store: Store, token: Token, trail: AuditTrail) -> None:
        """One round, if it can be begun and another process doesn't do it."""
        child = self._child
        boot_id = child.boot_id
        lease = Lease(store, boot_id, _LEASE_INTERVALS * child.settings.housekeeping.reconcile_interval_s)
        try:
            trail.records.require(for_change=False)
            token.heartbeat()
            if not lease.take():
                return
        except (AuditUnavailable, HsmError, StoreError) as error:
            _log.warning("round not begun", error=type(error).__name__, reason=str(error))
            return
        maker = material_maker(child.settings, token, store, boot_id)
        importer = material_importer(maker, token, store)
        parts = JobParts(child.settings.housekeeping, store, token, trail.records, maker, importer, boot_id)
        Round(store.jobs, lease, self._stopping.is_set).run(jobs_of(parts))
        trail.checkpoints.tend()


def _forwarding(settings: Settings, store: Store) -> Callable[[], None]:
    """Forwards the audit trail if that is wanted; gives what ends it."""
    forwarder = audit_forwarder(settings, store)
    if forwarder is None:
        return lambda: None
    stopping = threading.Event()
    thread = threading.Thread(target=forwarder.run, args=(stopping,), name="forwarding", daemon=True)
    thread.start()

    def stop() -> None:
        stopping.set()
        thread.join(_FORWARDING_TIMEOUT_S)

    return stop


async def _write_figures(observation: Observation) -> None:
    while observation.is_counting:
        await asyncio.to_thread(observation.write)
        await asyncio.sleep(FIGURES_INTERVAL_S)


def _metrics(settings: Settings, store: Store) -> Callable[[], None]:
    """Serves figures if they are wanted; gives what ends it. Whoever can't listen still keeps house."""
    listen, tls = settings.metrics.listen, settings.tls
    if listen:
        collectors = (
            ProcessMetrics(figures_directory(settings), os.getppid()),
            KeyMetrics(store),
            JobMetrics(store),
            ForwardingMetrics(settings.audit.directory if settings.audit.syslog else None, store),
            CertificateMetrics({"certificate": tls.certificate, "client_ca": tls.client_ca}),
        )
        try:
            return serve_metrics(listen, collectors)
        except OSError as error:
            _log.error("no metrics", listen=listen, reason=error.strerror)  # no defect
    return lambda: None


async def _run(child: Child) -> None:
    await HousekeeperProcess(child).run()


def main() -> int:
    """The process's entry point; gives its exit code."""
    return run_child(lambda child: asyncio.run(_run(child)))
