"""Running work in a session of the current connection, and making sense of what comes of it."""

from collections.abc import Callable
from typing import TypeVar

import pkcs11

from strongroom.hsm import objects
from strongroom.hsm.connection import Connection
from strongroom.hsm.errors import (
    CiphertextRejected,
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
from strongroom.hsm.token_profiles import TokenProfile

T = TypeVar("T")
Work = Callable[[Connection, PooledSession], T]
Use = Callable[[PooledSession, int], T]

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

    def use(self, ref: MaterialRef, use: Use[T], *, is_decryption: bool = False) -> T:
        """Uses a material.

        Args:
            ref: the material.
            use: takes a session and the material's handle.
            is_decryption: True if the token may refuse the data.

        Raises:
            MaterialMissing, IdentityMismatch: this material can't be used; others can.
            CiphertextRejected: of a decryption.
        """

        def work(connection: Connection, session: PooledSession) -> T:
            handle = connection.handles.get(ref.material_id)
            if handle is None:
                handle = self.handle_of(connection, session, ref)
            return use(session, handle)

        return self.run(work, ref=ref, is_decryption=is_decryption)

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
