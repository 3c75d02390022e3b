"""Running work in a session of the current connection, and making sense of what comes of it."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pkcs11

from strongroom.hsm import objects
from strongroom.hsm.connection import Connection
from strongroom.hsm.errors import (
    CiphertextRejected,
    HsmError,
    IdentityMismatch,
    KeyNotProtected,
    MaterialMissing,
    PublicKeyRejected,
    SignatureRejected,
)
from strongroom.hsm.failures import Failure, Failures
from strongroom.hsm.identifiers import MaterialRef
from strongroom.hsm.link import Link
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.token_calls import TokenCall
from strongroom.hsm.token_profiles import TokenProfile

T = TypeVar("T")
Work = Callable[[Connection, PooledSession], T]

_HARMLESS = (
    CiphertextRejected,
    IdentityMismatch,
    KeyNotProtected,
    MaterialMissing,
    PublicKeyRejected,
    SignatureRejected,
)
"""The token answered as it should: its session is fine."""


class Runner:
    """Does work in sessions; thread-safe."""

    def __init__(self, link: Link, failures: Failures, profile: TokenProfile) -> None:
        self._link = link
        self._failures = failures
        self._profile = profile

    def use(self, call: TokenCall[T], *, attempts: int = 2) -> T:
        """Uses a material.

        Raises:
            MaterialMissing, IdentityMismatch: this material can't be used; others can.
            CiphertextRejected: of a decryption.
        """

        def work(connection: Connection, session: PooledSession) -> T:
            return self._do(call, connection, session)

        return self.run(work, ref=call.ref, is_decryption=call.is_decryption, attempts=attempts)

    def use_each(self, calls: Sequence[TokenCall[Any]]) -> list[Any]:
        """Uses materials, one behind the other; gives for each its result, or the exception.

        All in one session, unless a call fails.
        """
        results: list[Any] = []
        while len(results) < len(calls):
            results += self._use_some(calls[len(results) :])
        return results

    def _use_some(self, calls: Sequence[TokenCall[Any]]) -> list[Any]:
        """The results of calls in one session, up to the first that the session may not survive."""
        try:
            connection = self._link.current()
            session = self._failures.acquire(connection)
        except HsmError as error:
            return [error] * len(calls)
        results: list[Any] = []
        for call in calls:
            try:
                results.append(self._do(call, connection, session))
            except pkcs11.PKCS11Error as error:
                results.append(self._do_again(call, connection, session, error))
                return results
            except _HARMLESS as error:
                results.append(error)
            except Exception as error:  # noqa: BLE001 # it is this call's answer, and no other's
                connection.sessions.discard(session)
                results.append(error)
                return results
            except BaseException:
                connection.sessions.discard(session)
                raise
        connection.sessions.release(session)
        return results

    def _do(self, call: TokenCall[T], connection: Connection, session: PooledSession) -> T:
        handle = connection.handles.get(call.ref.material_id)
        if handle is None:
            handle = self.handle_of(connection, session, call.ref)
        return call.work(session, handle, *call.arguments)

    def _do_again(
        self, call: TokenCall[T], connection: Connection, session: PooledSession, error: pkcs11.PKCS11Error
    ) -> T | Exception:
        """The answer to a call that has failed once."""
        try:
            self._failures.settle(
                Failure(connection, session, error, call.ref, call.is_decryption, is_last=False)
            )
            return self.use(call, attempts=1)
        except Exception as final:  # noqa: BLE001 # likewise
            return final

    def handle_of(self, connection: Connection, session: PooledSession, ref: MaterialRef) -> int:
        """The handle of a material, found and proved if need be.

        Raises:
            MaterialMissing: the token is well and hasn't got it.
            IdentityMismatch: another object is under its name.
        """
        try:
            return objects.handle_of(connection, session, ref, self._profile)
        except MaterialMissing:
            self._failures.require_health(connection, session)
            raise

    def run(
        self,
        work: Work[T],
        *,
        ref: MaterialRef | None = None,
        is_decryption: bool = False,
        attempts: int = 2,
        keeps_session: bool = False,
    ) -> T:
        """Does work in a session, and once more in another where a failure is worth it.

        With `keeps_session`, work that succeeds has kept its session, and will give it back.
        """
        for attempt in range(attempts):
            connection = self._link.current()
            session = self._failures.acquire(connection)
            try:
                result = work(connection, session)
            except pkcs11.PKCS11Error as error:
                is_last = attempt + 1 == attempts
                self._failures.settle(Failure(connection, session, error, ref, is_decryption, is_last))
            except _HARMLESS:
                connection.sessions.release(session)
                raise
            except BaseException:
                connection.sessions.discard(session)
                raise
            else:
                if not keeps_session:
                    connection.sessions.release(session)
                return result
        raise AssertionError("the last failure raises")
