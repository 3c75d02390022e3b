"""What the parts of a process are like now, shown whenever its figures are read."""

from collections.abc import Mapping
from typing import Protocol

from strongroom.hsm import CallKind, Token, TokenState
from strongroom.server.audit import Checkpoints
from strongroom.server.figures import ProcessFigures, catalogue
from strongroom.server.key_usage import LastUses
from strongroom.server.keyring import CacheFigures
from strongroom.server.quotas import Refusals


class _Cache(Protocol):
    figures: CacheFigures

    @property
    def size(self) -> int: ...


class TokenWatch:
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


def watch_token(figures: ProcessFigures, token: Token) -> None:
    """Shows state, sessions and data key pairs of a token."""
    figures.watch(lambda into: _show_token(into, token))


def watch_caches(figures: ProcessFigures, caches: Mapping[str, _Cache]) -> None:
    """Shows what caches hold, and how much they help."""
    figures.watch(lambda into: _show_caches(into, caches))


def watch_uses(figures: ProcessFigures, uses: LastUses) -> None:
    """Shows how many last uses wait for the store."""
    figures.watch(lambda into: into.gauge(catalogue.USES_WAITING).set((), uses.waiting))


def watch_checkpoints(figures: ProcessFigures, checkpoints: Checkpoints) -> None:
    """Shows when the audit trail was last signed."""
    figures.watch(lambda into: into.gauge(catalogue.LAST_CHECKPOINT).set((), checkpoints.signed_at))


def watch_refusals(figures: ProcessFigures, refusals: Refusals) -> None:
    """Shows whose requests are refused, and why."""
    figures.watch(lambda into: _show_refusals(into, refusals))


def _show_refusals(figures: ProcessFigures, refusals: Refusals) -> None:
    for refused, count in refusals.counts().items():
        figures.counter(catalogue.REFUSALS).follow(tuple(map(str, refused)), count)


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


def _show_caches(figures: ProcessFigures, caches: Mapping[str, _Cache]) -> None:
    for name, cache in caches.items():
        figures.counter(catalogue.CACHE_HITS).follow((name,), cache.figures.hits)
        figures.counter(catalogue.CACHE_MISSES).follow((name,), cache.figures.misses)
        figures.gauge(catalogue.CACHED).set((name,), cache.size)
