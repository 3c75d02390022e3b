"""Keeps a connection to the token, and makes another when it is lost.

UP ──lost──▶ RECOVERING ──connected──▶ UP
                 │
                 └──the PIN is refused──▶ DOWN
"""

import logging
from collections.abc import Callable
from threading import Event, Lock, Thread

import pkcs11

from strongroom.hsm.connection import Connection
from strongroom.hsm.errors import HsmError, PinRejected, PinUnavailable, TokenUnavailable
from strongroom.hsm.identifiers import TokenState
from strongroom.hsm.meanings import describe

_log = logging.getLogger(__name__)

_FIRST_DELAY_S = 0.05
_MAX_DELAY_S = 0.5  # a token that returns is used again within two seconds
_QUIET_TIMEOUT_S = 10.0

OnState = Callable[[TokenState, str], None]


class Link:
    """The connection of a token; thread-safe.

    Args:
        connect: makes a connection that is ready for use.
        on_state: told of every change of state, with a reason, from any thread.
    """

    def __init__(self, connect: Callable[[], Connection], on_state: OnState) -> None:
        self._connect = connect
        self._on_state = on_state
        self._lock = Lock()
        self._closing = Event()
        self._thread: Thread | None = None
        self._reason = "not connected"
        self.state = TokenState.RECOVERING
        self.connection: Connection | None = None

    def open(self) -> Connection:
        """The first connection; its failure is raised and not tried again."""
        connection = self._connect()
        self._settle(TokenState.UP, "connected", connection)
        return connection

    def current(self) -> Connection:
        """The connection.

        Raises:
            TokenUnavailable: there is none now.
        """
        connection = self.connection
        if connection is None:
            raise TokenUnavailable(f"The token is {self.state.value}: {self._reason}.")
        return connection

    def lose(self, connection: Connection, reason: str) -> TokenUnavailable:
        """Begins to recover, if this connection is still the current one; gives the error to raise."""
        with self._lock:
            if self.connection is connection and not self._closing.is_set():
                self.connection = None
                self._thread = Thread(
                    target=self._recover, args=(connection,), name="token-recovery", daemon=True
                )
                self._change(TokenState.RECOVERING, reason)
                self._thread.start()
        return TokenUnavailable(f"The token is {self.state.value}: {self._reason}.")

    def close(self) -> None:
        """Ends the connection, or the attempts to make one."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(_QUIET_TIMEOUT_S)
        with self._lock:
            connection, self.connection = self.connection, None
            self._change(TokenState.CLOSED, "closed")
        if connection is not None:
            connection.close(_QUIET_TIMEOUT_S)

    def _recover(self, dead: Connection) -> None:
        while not dead.close(_QUIET_TIMEOUT_S):
            _log.error("a call to the token doesn't return; the worker can't reconnect until it does")
            if self._closing.is_set():
                return
        delay = _FIRST_DELAY_S
        while not self._closing.wait(delay):
            if self._has_settled():
                return
            delay = min(2 * delay, _MAX_DELAY_S)

    def _has_settled(self) -> bool:
        try:
            connection = self._connect()
        except (PinRejected, PinUnavailable) as error:
            self._settle(TokenState.DOWN, str(error), None)
        except (HsmError, OSError, pkcs11.PKCS11Error) as error:
            self._reason = describe(error) if isinstance(error, pkcs11.PKCS11Error) else str(error)
            return False
        else:
            self._settle(TokenState.UP, "reconnected", connection)
        return True

    def _settle(self, state: TokenState, reason: str, connection: Connection | None) -> None:
        with self._lock:
            self.connection = connection
            self._change(state, reason)

    def _change(self, state: TokenState, reason: str) -> None:
        self.state, self._reason = state, reason.rstrip(".")
        level = logging.INFO if state in {TokenState.UP, TokenState.CLOSED} else logging.ERROR
        _log.log(level, "token is %s: %s", state.value, self._reason)
        self._on_state(state, self._reason)
