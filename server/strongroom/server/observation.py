"""Watching one process: its parts are counted, and looked at whenever its figures are written."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from strongroom.hsm import CallKind, OnCall, Token, TokenState
from strongroom.server.audit import Checkpoints
from strongroom.server.config import Settings
from strongroom.server.deployment import figures_directory
from strongroom.server.figures import (
    NO_FIGURES,
    CallFigures,
    FigureFile,
    ProcessFigures,
    RequestFigures,
    catalogue,
)
from strongroom.server.key_usage import LastUses
from strongroom.server.keyring import CacheFigures
from strongroom.server.quotas import Refusals
from strongroom.server.traces import Traces

OnState = Callable[[TokenState, str], None]


class _Cache(Protocol):
    figures: CacheFigures

    @property
    def size(self) -> int: ...


class ClosableTraces(Traces, Protocol):
    """Traces that are sent somewhere."""

    def close(self) -> None:
        """Sends what there is, for a few seconds at most."""


class Observation:
    """What is watched of one process.

    Args:
        file: its figures; None if nobody wants them.
        traces: None if nobody wants them.
    """

    def __init__(self, file: FigureFile | None, traces: ClosableTraces | None = None) -> None:
        self._file = file
        self._figures = None if file is None else file.figures
        self._token = None if self._figures is None else _TokenWatch(self._figures)
        self.traces = traces

    @property
    def requests(self) -> RequestFigures:
        """What the pipeline tells."""
        return self._figures or NO_FIGURES

    @property
    def calls(self) -> CallFigures:
        """What a face tells."""
        return self._figures or NO_FIGURES

    @property
    def on_token_call(self) -> OnCall | None:
        """What a token tells of its calls; None if it needn't."""
        return None if self._token is None else self._token.called

    def on_token_state(self, on_state: OnState) -> OnState:
        """What a token tells of its state, if `on_state` wants to know it, too."""
        watch = self._token
        if watch is None:
            return on_state

        def changed(state: TokenState, reason: str) -> None:
            watch.changed(state)
            on_state(state, reason)

        return changed

    def watch_token(self, token: Token) -> None:
        """Shows state, sessions and data key pairs of a token."""
        self._watch(lambda figures: _show_token(figures, token))

    def watch_caches(self, caches: Mapping[str, _Cache]) -> None:
        """Shows what caches hold, and how much they help."""
        self._watch(lambda figures: _show_caches(figures, caches))

    def watch_uses(self, uses: LastUses) -> None:
        """Shows how many last uses wait for the store."""
        self._watch(lambda figures: figures.gauge(catalogue.USES_WAITING).set((), uses.waiting))

    def watch_checkpoints(self, checkpoints: Checkpoints) -> None:
        """Shows when the audit trail was last signed."""
        self._watch(lambda figures: figures.gauge(catalogue.LAST_CHECKPOINT).set((), checkpoints.signed_at))

    def watch_refusals(self, refusals: Refusals) -> None:
        """Shows whose requests are refused, and why."""
        self._watch(lambda figures: _show_refusals(figures, refusals))

    def show_ready(self, *, is_ready: bool) -> None:
        """Shows whether the process serves."""
        if self._figures is not None:
            self._figures.gauge(catalogue.READY).set((), is_ready)

    @property
    def is_counting(self) -> bool:
        """True if anybody wants figures."""
        return self._file is not None

    def write(self) -> None:
        """Writes the figures as they are."""
        if self._file is not None:
            self._file.write()

    def close(self) -> None:
        """Writes and sends what there is."""
        self.write()
        if self.traces is not None:
            self.traces.close()

    def _watch(self, look: Callable[[ProcessFigures], None]) -> None:
        if self._figures is not None:
            self._figures.watch(look)


UNOBSERVED = Observation(None)


def open_figures(settings: Settings, directory: Path, name: str) -> FigureFile | None:
    """The figures of one process, if they are wanted.

    Raises:
        OSError: there is no room for them.
    """
    return FigureFile(directory, name, ProcessFigures(name)) if settings.metrics.listen else None


def open_traces(settings: Settings, name: str) -> ClosableTraces | None:
    """What makes the traces of one process, if they are wanted.

    Raises:
        OSError: the collector's authorities can't be read.
    """
    options = settings.tracing
    if not options.endpoint:
        return None
    # An extra of its own.
    from strongroom.server.tracing import Collector, Traces, resource_of  # noqa: PLC0415

    exporter = Collector(options.endpoint, options.ca).exporter()
    return Traces(exporter, resource_of(settings.deployment.name, name), options.sample_ratio)


class _TokenWatch:
    """Counts a token's calls, losses and recoveries; told from any thread."""

    def __init__(self, figures: ProcessFigures) -> None:
        self._calls = figures.token_calls
        self._labels = {kind: (kind.value,) for kind in CallKind}
        self._losses = figures.counter(catalogue.TOKEN_LOSSES)
        self._recoveries = figures.counter(catalogue.TOKEN_RECOVERIES)
        self._is_lost = False

    def called(self, kind: CallKind, duration_ns: int) -> None:
        """A call is over."""
        self._calls.observe(self._labels[kind], duration_ns)

    def changed(self, state: TokenState) -> None:
        """The token is in another state."""
        if state is TokenState.RECOVERING:
            self._is_lost = True
            self._losses.add(())
        elif state is TokenState.UP and self._is_lost:
            self._is_lost = False
            self._recoveries.add(())


def _show_token(figures: ProcessFigures, token: Token) -> None:
    for state in TokenState:
        figures.gauge(catalogue.TOKEN_STATE).set((state.value,), token.state is state)
    sessions = figures.gauge(catalogue.SESSIONS)
    for name, count in token.sessions()._asdict().items():
        sessions.set((name,), count)
    for kind, reserve in token.pairs_ahead().items():
        figures.gauge(catalogue.PAIRS_READY).set((kind.value,), reserve.ready)
        figures.counter(catalogue.PAIR_HITS).follow((kind.value,), reserve.hits)
        figures.counter(catalogue.PAIR_MISSES).follow((kind.value,), reserve.misses)


def _show_refusals(figures: ProcessFigures, refusals: Refusals) -> None:
    for refused, count in refusals.counts().items():
        figures.counter(catalogue.REFUSALS).follow(tuple(map(str, refused)), count)


def _show_caches(figures: ProcessFigures, caches: Mapping[str, _Cache]) -> None:
    for name, cache in caches.items():
        figures.counter(catalogue.CACHE_HITS).follow((name,), cache.figures.hits)
        figures.counter(catalogue.CACHE_MISSES).follow((name,), cache.figures.misses)
        figures.gauge(catalogue.CACHED).set((name,), cache.size)


def observe(settings: Settings, name: str, *, with_traces: bool) -> Observation:
    """What is watched of one process, as far as anybody wants to know.

    Raises:
        OSError: there is no room for its figures, or a file isn't there.
    """
    file = open_figures(settings, figures_directory(settings), name)
    return Observation(file, open_traces(settings, name) if with_traces else None)
