"""Running work in a session of the current connection, and making sense of what comes of it."""

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pkcs11

from strongroom.hsm import objects
from strongroom.hsm.connection import Connection
from strongroom.hsm.errors import (
    CiphertextRejected,
    IdentityMismatch,
    KeyMaterialRejected,
    KeyNotProtected,
    MaterialMissing,
    PublicKeyRejected,
    SignatureRejected,
)
from strongroom.hsm.failures import Failure, Failures
from strongroom.hsm.identifiers import MaterialRef
from strongroom.hsm.link import Link
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.token_calls import CallKind, OnCall, TokenCall
from strongroom.hsm.token_profiles import TokenProfile

T = TypeVar("T")
Work = Callable[[Connection, PooledSession], T]

_HARMLESS = (
    CiphertextRejected,
    IdentityMismatch,
    KeyMaterialRejected,
    KeyNotProtected,
    MaterialMissing,
    PublicKeyRejected,
    SignatureRejected,
)
"""The token answered as it should: its session is fine."""


class Runner:
    """Does work in sessions; thread-safe."""

    def __init__(
        self, link: Link, failures: Failures, profile: TokenProfile, on_call: OnCall | None = None
    ) -> None:
        self._link = link
        self._failures = failures
        self._profile = profile
        self._on_call = on_call

    def use(self, call: TokenCall[T], *, attempts: int = 2) -> T:
        """Uses a material.

        Raises:
            MaterialMissing, IdentityMismatch: this material can't be used; others can.
            CiphertextRejected: of a decryption.
        """

        def find(connection: Connection, session: PooledSession) -> int:
            return self.handle_of(connection, session, call.ref)

        def work(connection: Connection, session: PooledSession) -> T:
            return call.work(session, find(connection, session), *call.arguments)

        if call.ref.name not in self._link.current().handles:
            self.run(
                CallKind.FIND, find, ref=call.ref
            )  # what fails in the search says nothing of a ciphertext
        return self.run(call.kind, work, ref=call.ref, is_decryption=call.is_decryption, attempts=attempts)

    def use_each(self, calls: Sequence[TokenCall[Any]]) -> list[Any]:
        """Uses materials, one behind the other; gives for each its result, or the exception.

        As many as can be in one session, for as long as nothing fails and nobody waits for it.
        """
        results: list[Any] = []
        while len(results) < len(calls):
            rest = calls[len(results) :]
            results += self._use_some(rest) or [self._outcome(rest[0])]
        return results

    def _use_some(self, calls: Sequence[TokenCall[Any]]) -> list[Any]:
        """The results of calls in one session, up to where it ends."""
        try:
            connection = self._link.current()
            session = self._failures.acquire(connection)
        except Exception as error:  # noqa: BLE001 # it is the answer to these calls, and to no others
            return [error] * len(calls)
        results: list[Any] = []
        for call in calls:
            handle = connection.handles.get(call.ref.name)
            if handle is None or (results and not self._may_go_on(connection)):
                break
            try:
                results.append(self._timed(call.kind, call.work, session, handle, *call.arguments))
            except pkcs11.PKCS11Error as error:
                results.append(self._do_again(call, connection, session, error))
                return results
            except _HARMLESS as error:
                results.append(error)
            except Exception as error:  # noqa: BLE001 # likewise
                connection.sessions.discard(session)
                results.append(error)
                return results
            except BaseException:
                connection.sessions.discard(session)
                raise
        connection.sessions.release(session)
        return results

    def _timed(self, kind: CallKind, work: Callable[..., T], *arguments: object) -> T:
        """Does work, and tells whoever wants to know how long it took."""
        if self._on_call is None:
            return work(*arguments)
        started = time.perf_counter_ns()
        try:
            return work(*arguments)
        finally:
            self._on_call(kind, time.perf_counter_ns() - started)

    def _may_go_on(self, connection: Connection) -> bool:
        """False if the connection was given up, or somebody waits for a session of it."""
        return self._link.connection is connection and not connection.sessions.is_wanted

    def _do_again(
        self, call: TokenCall[T], connection: Connection, session: PooledSession, error: pkcs11.PKCS11Error
    ) -> T | Exception:
        """The answer to a call that has failed once."""
        try:
            self._failures.settle(
                Failure(connection, session, error, call.ref, call.is_decryption, is_last=False)
            )
        except Exception as final:  # noqa: BLE001 # likewise
            return final
        return self._outcome(call, attempts=1)

    def _outcome(self, call: TokenCall[T], *, attempts: int = 2) -> T | Exception:
        try:
            return self.use(call, attempts=attempts)
        except Exception as error:  # noqa: BLE001 # likewise
            return error

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
        kind: CallKind,
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
                result = self._timed(kind, work, connection, session)
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
