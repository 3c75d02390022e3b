"""What to do after a failed call: the one place that triages PKCS#11 errors of running operations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

import pkcs11

from strongroom.hsm import sentinel
from strongroom.hsm.connection import Connection
from strongroom.hsm.errors import (
    CiphertextRejected,
    HsmError,
    HsmFault,
    MechanismUnsupported,
    TokenFull,
    TokenUnavailable,
)
from strongroom.hsm.identifiers import MaterialRef
from strongroom.hsm.link import Link
from strongroom.hsm.meanings import Meaning, describe, meaning_of
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.token_profiles import TokenProfile


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed call.

    Args:
        ref: the key that was used, if one was.
        is_decryption: True if the token may have refused the ciphertext.
        is_last: True if the call won't be tried again.
    """

    connection: Connection
    session: PooledSession
    error: pkcs11.PKCS11Error
    ref: MaterialRef | None
    is_decryption: bool
    is_last: bool


class Failures:
    """Decides after a failed call: another try, a typed error, or another connection."""

    def __init__(self, link: Link, profile: TokenProfile) -> None:
        self._link = link
        self._profile = profile
        self._reactions: Mapping[Meaning, Callable[[Failure], None]] = {
            Meaning.AMBIGUOUS: self._find_out,
            Meaning.DATA: self._refuse_data,
            Meaning.FULL: self._refuse(TokenFull, "The token has no room for another object"),
            Meaning.GONE: self._lose,
            Meaning.HANDLE: self._find_again,
            Meaning.PIN: self._lose,
            Meaning.PROTECTED: self._refuse(HsmFault, "The token protects the object"),
            Meaning.SESSION: self._use_another_session,
            Meaning.UNSUPPORTED: self._refuse(MechanismUnsupported, "The token can't do this"),
            Meaning.USAGE: self._refuse(HsmFault, "The token refuses the call"),
        }

    def acquire(self, connection: Connection) -> PooledSession:
        """A session of the connection.

        Raises:
            TokenUnavailable: none can be had; unless too many are open, it recovers from now on.
        """
        try:
            return connection.sessions.acquire()
        except pkcs11.PKCS11Error as error:
            name = describe(error)
            if meaning_of(error, self._profile.error_meanings) is Meaning.FULL:
                raise TokenUnavailable(f"The token opens no more sessions: {name}.") from None
            raise self._link.lose(connection, name) from None

    def settle(self, failure: Failure) -> None:
        """Raises what the failure means, or returns if the call should be made again.

        Either way the session has been released or closed.
        """
        meaning = meaning_of(failure.error, self._profile.error_meanings)
        self._reactions[meaning](failure)

    def require_health(self, connection: Connection, session: PooledSession) -> None:
        """Returns if the token is well.

        Raises:
            TokenUnavailable: it isn't; it recovers from now on.
        """
        if not sentinel.answers(connection, session):
            raise self._link.lose(connection, "the sentinel doesn't answer")

    def _find_out(self, failure: Failure) -> None:
        """SoftHSM 2.6 says CKR_GENERAL_ERROR of a wrong tag and of a broken token alike."""
        connection, session = failure.connection, failure.session
        if failure.is_decryption and sentinel.answers(connection, session):
            connection.sessions.release(session)
            raise CiphertextRejected
        connection.sessions.discard(session)
        if failure.is_last:
            self._judge(failure)

    def _judge(self, failure: Failure) -> NoReturn:
        session = self.acquire(failure.connection)
        try:
            self.require_health(failure.connection, session)
        finally:
            failure.connection.sessions.release(session)
        raise HsmFault(f"The token fails although it is well: {describe(failure.error)}.")

    def _refuse_data(self, failure: Failure) -> NoReturn:
        failure.connection.sessions.release(failure.session)
        if failure.is_decryption:
            raise CiphertextRejected
        raise HsmFault(f"The token refuses the data: {describe(failure.error)}.")

    def _lose(self, failure: Failure) -> NoReturn:
        failure.connection.sessions.discard(failure.session)
        raise self._link.lose(failure.connection, describe(failure.error))

    def _find_again(self, failure: Failure) -> None:
        failure.connection.sessions.discard(failure.session)
        if failure.ref is not None:
            failure.connection.handles.pop(failure.ref.name, None)
            failure.connection.candidates.pop(failure.ref.material_id, None)
        if failure.is_last:
            self._judge(failure)

    def _use_another_session(self, failure: Failure) -> None:
        failure.connection.sessions.discard(failure.session)
        if failure.is_last:
            raise self._link.lose(failure.connection, describe(failure.error))

    def _refuse(self, kind: type[HsmError], message: str) -> Callable[[Failure], None]:
        def refuse(failure: Failure) -> NoReturn:
            failure.connection.sessions.discard(failure.session)
            raise kind(f"{message}: {describe(failure.error)}.")

        return refuse
