"""Data key pairs made ahead, since an RSA pair takes the token up to seconds.

A pair waits inside the token, as a session object, until somebody asks for it: its private key isn't in our
memory before. Pairs of a kind are made ahead from the first request for one on, by one thread.
"""

import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from threading import Condition, Thread
from typing import Any, NamedTuple

from strongroom.hsm import data_key_pairs
from strongroom.hsm.connection import Connection
from strongroom.hsm.errors import HsmError, TokenUnavailable
from strongroom.hsm.identifiers import KeyPair
from strongroom.hsm.key_kinds import KeyKind
from strongroom.hsm.runner import Runner
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.token_calls import CallKind

_log = logging.getLogger(__name__)

_RETRY_S = 5.0


class _Waiting(NamedTuple):
    """A pair that waits, with the session that it would vanish with."""

    connection: Connection
    session: PooledSession
    private: Any  # a pkcs11 object
    public_key: bytes


@dataclass(slots=True)
class ReserveFigures:
    """What the reserve of one kind has done.

    Args:
        size: how many pairs are kept ahead.
        ready: how many there are now.
        hits: how many requests found one.
        misses: how many found none.
    """

    size: int
    ready: int = 0
    hits: int = 0
    misses: int = 0


@dataclass(slots=True)
class _Shelf:
    figures: ReserveFigures
    pairs: deque[_Waiting] = field(default_factory=deque)
    is_wanted: bool = False
    made: int = 0


class PairReserve:
    """Keeps pairs ahead; thread-safe.

    Args:
        runner: of the token.
        sizes: how many of each kind.
    """

    def __init__(self, runner: Runner, sizes: Mapping[KeyKind, int]) -> None:
        self._runner = runner
        self._shelves = {kind: _Shelf(ReserveFigures(size)) for kind, size in sizes.items() if size}
        self._changed = Condition()
        self._is_closed = False
        self._thread: Thread | None = None

    def take(self, kind: KeyKind) -> KeyPair | None:
        """A pair that was made ahead, or None; either way more are made."""
        shelf = self._shelves.get(kind)
        if shelf is None:
            return None
        waiting = self._next(shelf)
        if waiting is None:
            return None
        pair = None
        try:
            pair = data_key_pairs.take(waiting.private, kind, waiting.public_key)
        finally:
            give_back = (
                waiting.connection.sessions.discard if pair is None else waiting.connection.sessions.release
            )
            give_back(waiting.session)
        return pair

    def figures(self) -> Mapping[KeyKind, ReserveFigures]:
        """What the reserve of each kind has done so far."""
        return {kind: shelf.figures for kind, shelf in self._shelves.items()}

    def drop(self, connection: Connection) -> None:
        """Gives back the sessions of a connection that ends; its pairs vanish with them."""
        with self._changed:
            for shelf in self._shelves.values():
                gone = [waiting for waiting in shelf.pairs if waiting.connection is connection]
                for waiting in gone:
                    shelf.pairs.remove(waiting)
                    waiting.connection.sessions.discard(waiting.session)
                shelf.figures.ready = len(shelf.pairs)

    def close(self) -> None:
        """Makes no more pairs."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _next(self, shelf: _Shelf) -> _Waiting | None:
        with self._changed:
            shelf.is_wanted = True
            waiting = shelf.pairs.popleft() if shelf.pairs else None
            shelf.figures.ready = len(shelf.pairs)
            if waiting is None:
                shelf.figures.misses += 1
            else:
                shelf.figures.hits += 1
            if self._thread is None and not self._is_closed:
                self._thread = Thread(target=self._fill, name="key-pair-reserve", daemon=True)
                self._thread.start()
            self._changed.notify()
        return waiting

    def _fill(self) -> None:
        while True:
            with self._changed:
                while not self._is_closed and self._wanting() is None:
                    self._changed.wait()
                kind = self._wanting()
                if self._is_closed or kind is None:
                    return
            try:
                self._runner.run(
                    CallKind.GENERATE_PAIR, partial(self._make, kind), attempts=1, keeps_session=True
                )
            except HsmError as error:
                _log.info("no key pair made ahead: %s", type(error).__name__)
                with self._changed:
                    self._changed.wait(_RETRY_S)

    def _wanting(self) -> KeyKind | None:
        """The kind of which most are missing, for its size: one that is used up fast starves no other."""
        missing = {
            kind: 1 - len(shelf.pairs) / shelf.figures.size
            for kind, shelf in self._shelves.items()
            if shelf.is_wanted and len(shelf.pairs) < shelf.figures.size
        }
        return max(missing, key=lambda kind: (missing[kind], -self._shelves[kind].made), default=None)

    def _make(self, kind: KeyKind, connection: Connection, session: PooledSession) -> None:
        """Makes one, in a session that it keeps."""
        private, public_key = data_key_pairs.generate(session, kind)
        shelf = self._shelves[kind]
        with self._changed:
            if connection.is_ending:
                raise TokenUnavailable("The connection ends; the pair vanishes with its session.")
            shelf.made += 1
            shelf.pairs.append(_Waiting(connection, session, private, public_key))
            shelf.figures.ready = len(shelf.pairs)
