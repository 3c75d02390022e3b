"""Looking at a token without changing it."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

import pkcs11

from strongroom.hsm import labels, objects, probing
from strongroom.hsm.capabilities import CapabilityReport
from strongroom.hsm.connection import Connection, connect
from strongroom.hsm.errors import HsmFault, IdentityMismatch, MaterialMissing
from strongroom.hsm.identifiers import MaterialRef, TokenDescription, TokenObject
from strongroom.hsm.meanings import describe
from strongroom.hsm.pins import PinSource
from strongroom.hsm.sentinel import SENTINEL_ID
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.token_profiles import TokenProfile

_QUIET_TIMEOUT_S = 5.0


class Presence(Enum):
    """Whether a token has a material."""

    PROVED = "the object is there, protected, and made the check"
    MISSING = "there is no object with this id and label"
    ANOTHER = "what is under this id and label isn't the material"


class Inspection:
    """A token that is looked at: logged in to, but no object on it is made, changed or destroyed.

    Use `inspecting`. Every method may raise HsmFault.

    Args:
        connection: used by nobody else.
        profile: of the token.
    """

    def __init__(self, connection: Connection, profile: TokenProfile) -> None:
        self._connection = connection
        self._profile = profile
        self.description: TokenDescription = connection.description

    def probe(self) -> CapabilityReport:
        """Tries what the token can do, with session objects that vanish."""
        with self._session() as session:
            return probing.probe(session, self._profile)

    def objects(self, deployment: str) -> tuple[TokenObject, ...]:
        """The deployment's keys, without the sentinel that the service keeps there."""
        with self._session() as session:
            objects.learn_all(self._connection, session, labels.prefix_of(deployment))
        return tuple(
            TokenObject(material_id, one.label)
            for material_id, found in self._connection.candidates.items()
            for one in found
            if material_id != SENTINEL_ID
        )

    def find(self, ref: MaterialRef) -> Presence:
        """Whether a material is there; quick for those that `objects` has found."""
        with self._session() as session:
            try:
                objects.handle_of(self._connection, session, ref, self._profile)
            except MaterialMissing:
                return Presence.MISSING
            except IdentityMismatch:
                return Presence.ANOTHER
        return Presence.PROVED

    @contextmanager
    def _session(self) -> Iterator[PooledSession]:
        sessions = self._connection.sessions
        try:
            session = sessions.acquire()
        except pkcs11.PKCS11Error as error:
            raise HsmFault(f"The token opens no session: {describe(error)}.") from None
        try:
            yield session
        except pkcs11.PKCS11Error as error:
            raise HsmFault(f"The token failed: {describe(error)}.") from None
        finally:
            sessions.discard(session)  # a session that a probe or a failure left in doubt is never used again


@contextmanager
def inspecting(profile: TokenProfile, pin: PinSource, directory: Path) -> Iterator[Inspection]:
    """Logs in to look at a token, and ends the module afterwards.

    Not in a process that has the token open: a module is global to its process.

    Args:
        profile: how to use the token.
        pin: where its PIN is.
        directory: where the deployment's processes keep the lock by which they log in one by one.

    Raises:
        HsmError: the token can't be opened.
    """
    connection = connect(profile, pin, directory)
    try:
        yield Inspection(connection, profile)
    finally:
        connection.close(_QUIET_TIMEOUT_S)
