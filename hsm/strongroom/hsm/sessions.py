"""The sessions of one connection.

One session logs in and is never closed, for closing it would log the whole process out and kill every
private handle. All others are opened without a PIN and inherit the login.
"""

import time
from collections import deque
from contextlib import suppress
from threading import Condition
from typing import Any, NamedTuple

import pkcs11

from strongroom.hsm.bound_keys import BoundKey
from strongroom.hsm.errors import TokenUnavailable
from strongroom.hsm.templates import attribute_mapper

_POLL_S = 0.005
_WAIT_S = 5.0

IV_BYTES = 12
"""Of AES-GCM (NIST SP 800-38D §8.2.2)."""


class PooledSession:
    """A session and the key object that it lends to operations."""

    __slots__ = ("_ivs", "_ivs_at_once", "key", "raw")

    def __init__(self, raw: Any, ivs_at_once: int) -> None:  # noqa: ANN401 # a pkcs11 session
        self.raw = raw
        self.key = BoundKey(raw)
        self._ivs_at_once = ivs_at_once
        self._ivs: list[bytes] = []

    def next_iv(self) -> bytes:
        """96 fresh bits of the token's generator; several are drawn at once, which costs what one costs."""
        if not self._ivs:
            data = self.raw.generate_random(self._ivs_at_once * IV_BYTES * 8)
            self._ivs = [data[at : at + IV_BYTES] for at in range(0, len(data), IV_BYTES)]
        return self._ivs.pop()


class SessionFigures(NamedTuple):
    """How many sessions a pool has.

    Args:
        limit: how many it may open.
        opened: how many are open.
        idle: how many of these nobody uses now.
    """

    limit: int
    opened: int
    idle: int


class _Waiter:
    """Somebody who waits for a session, and the one that he was given."""

    __slots__ = ("session",)

    def __init__(self) -> None:
        self.session: PooledSession | None = None


class SessionPool:
    """Sessions for one operation at a time each; last in, first out.

    Args:
        token: the pkcs11 token, logged in.
        limit: how many sessions the pool may open.
        ivs_at_once: how many IVs to draw from the token in one call.
    """

    def __init__(self, token: Any, limit: int, ivs_at_once: int) -> None:  # noqa: ANN401 # a pkcs11 token
        self._token = token
        self._limit = limit
        self._ivs_at_once = ivs_at_once
        self._idle: deque[PooledSession] = deque()
        self._opened = 0
        self._waiters: deque[_Waiter] = deque()
        self._lock = Condition()
        self._is_closed = False

    def acquire(self) -> PooledSession:
        """An idle session, or a new one; waits a while at the limit.

        Raises:
            TokenUnavailable: none became idle, or the connection is being closed.
        """
        try:
            return self._idle.pop()
        except IndexError:
            return self._acquire_slowly()

    def release(self, session: PooledSession) -> None:
        """Gives a healthy session back."""
        self._idle.append(session)
        if self._waiters:
            self._hand_over()

    @property
    def is_wanted(self) -> bool:
        """True if somebody waits for a session."""
        return bool(self._waiters)

    def figures(self) -> SessionFigures:
        """How many sessions there are now."""
        return SessionFigures(self._limit, self._opened, len(self._idle))

    def discard(self, session: PooledSession) -> None:
        """Closes a session whose state is in doubt."""
        try:
            session.raw.close()
        except pkcs11.PKCS11Error:
            pass  # it was dead already
        finally:
            self._count_less()

    def close(self, timeout_s: float) -> bool:
        """Refuses new operations and waits for the running ones; False if some still run."""
        with self._lock:
            self._is_closed = True
            self._lock.notify_all()
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            while self._idle:
                self.discard(self._idle.pop())
            with self._lock:
                if self._opened == 0:
                    return True
            time.sleep(_POLL_S)
        return False

    def _acquire_slowly(self) -> PooledSession:
        session = self._wait(time.monotonic() + _WAIT_S)
        return self._open() if session is None else session

    def _wait(self, deadline: float) -> PooledSession | None:
        """A session that was handed over, or an idle one; None once another may be opened, and is counted."""
        waiter = _Waiter()
        with self._lock:
            self._waiters.append(waiter)  # before the look at `_idle`: a release after it hands over
            try:
                while not self._is_closed:
                    if waiter.session is not None:
                        return waiter.session
                    if self._opened < self._limit:
                        self._opened += 1
                        return None
                    try:
                        return self._idle.pop()
                    except IndexError:
                        if not self._lock.wait(deadline - time.monotonic()) and waiter.session is None:
                            break
            finally:
                with suppress(ValueError):
                    self._waiters.remove(waiter)
            if waiter.session is not None:
                self._idle.append(waiter.session)  # the pool was closed meanwhile
        raise TokenUnavailable("No session of the token is free.", retry_after_s=1.0)

    def _hand_over(self) -> None:
        """Gives idle sessions to those who wait, so that whoever released one can't take it again at once."""
        with self._lock:
            while self._waiters and self._idle:
                self._waiters.popleft().session = self._idle.pop()
            self._lock.notify_all()

    def _count_less(self) -> None:
        with self._lock:
            self._opened -= 1
            self._lock.notify_all()

    def _open(self) -> PooledSession:
        try:
            raw = self._token.open(rw=True, attribute_mapper=attribute_mapper())
            return PooledSession(raw, self._ivs_at_once)
        except BaseException:
            self._count_less()
            raise
