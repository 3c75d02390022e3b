"""One PKCS#11 token of this process: the face of the token layer."""

import logging
from collections.abc import Mapping
from pathlib import Path

import pkcs11

from strongroom.hsm import data_key_pairs, key_generation, labels, objects, probing, sentinel
from strongroom.hsm.capabilities import DATA_KEY_PAIRS, CapabilityReport
from strongroom.hsm.connection import Connection, connect
from strongroom.hsm.errors import MaterialMissing, MechanismUnsupported, TokenUnavailable
from strongroom.hsm.failures import Failures
from strongroom.hsm.identifiers import (
    KeyPair,
    MaterialId,
    MaterialRef,
    TokenDescription,
    TokenObject,
    TokenState,
)
from strongroom.hsm.key_generation import NewKey
from strongroom.hsm.key_imports import KeyImports
from strongroom.hsm.key_kinds import KeyKind, KeyPurpose
from strongroom.hsm.key_uses import KeyUses
from strongroom.hsm.link import Link, OnState
from strongroom.hsm.meanings import describe
from strongroom.hsm.pair_reserve import PairReserve, ReserveFigures
from strongroom.hsm.pins import PinSource
from strongroom.hsm.runner import Runner
from strongroom.hsm.sessions import PooledSession, SessionFigures
from strongroom.hsm.token_calls import CallKind, OnCall
from strongroom.hsm.token_profiles import TokenProfile

_log = logging.getLogger(__name__)

_BITS = 8
_CLOSE_TIMEOUT_S = 1.0
_SESSIONS_FOR_CALLS = 8  # a pair that waits keeps a session
_NO_RESERVE: Mapping[KeyKind, int] = {}


class Token(KeyUses, KeyImports):
    """A token that this process is logged in to; thread-safe, one a process and module.

    Every method that reaches for the token may raise TokenUnavailable while it is away; it comes back by
    itself. HsmFault is raised for what nothing else says.
    """

    def __init__(
        self,
        profile: TokenProfile,
        pin: PinSource,
        *,
        deployment: str,
        lock_dir: Path,
        pairs_ahead: Mapping[KeyKind, int],
        on_state: OnState,
        on_call: OnCall | None,
    ) -> None:
        self._pin = pin
        self._prefix = labels.prefix_of(deployment)
        self._lock_dir = lock_dir
        self._link = Link(self._connect, on_state)
        self._failures = Failures(self._link, profile)
        super().__init__(Runner(self._link, self._failures, profile, on_call), profile)
        has_room = profile.max_sessions > sum(pairs_ahead.values()) + _SESSIONS_FOR_CALLS
        if pairs_ahead and not has_room:
            _log.warning(
                "no data key pairs are made ahead: max_sessions %d leaves no session for them, %d are wanted",
                profile.max_sessions,
                sum(pairs_ahead.values()) + _SESSIONS_FOR_CALLS,
            )
        self._reserve = PairReserve(self._runner, pairs_ahead if has_room else _NO_RESERVE)

    @classmethod
    def open(
        cls,
        profile: TokenProfile,
        pin: PinSource,
        *,
        deployment: str,
        lock_dir: Path,
        pairs_ahead: Mapping[KeyKind, int] = _NO_RESERVE,
        on_state: OnState = lambda _state, _reason: None,
        on_call: OnCall | None = None,
    ) -> "Token":
        """Logs in, finds the deployment's keys, and probes what the token can do.

        Args:
            profile: how to use the token.
            pin: where its PIN is.
            deployment: the name in the labels of its keys, `strongroom/<deployment>/…`.
            lock_dir: a directory that all processes of the deployment share.
            pairs_ahead: how many data key pairs of each kind to make before somebody asks for them.
            on_state: told of every change of state, from any thread.
            on_call: told of every call, if anybody wants to know.

        Raises:
            HsmError: it can't be opened; unlike later losses, this isn't tried again.
        """
        token = cls(
            profile,
            pin,
            deployment=deployment,
            lock_dir=lock_dir,
            pairs_ahead=pairs_ahead,
            on_state=on_state,
            on_call=on_call,
        )
        token._link.open()
        return token

    description: TokenDescription
    """What the token says of itself."""
    capabilities: CapabilityReport
    """What it can do, as the last connection's probe found out."""

    @property
    def state(self) -> TokenState:
        """Whether the token can be used now."""
        return self._link.state

    def random(self, length: int) -> bytes:
        """Random bytes from the token's generator."""
        step = self._profile.max_random_bytes

        def work(_connection: Connection, session: PooledSession) -> bytes:
            sizes = [min(step, length - start) for start in range(0, length, step)]
            return b"".join(session.raw.generate_random(size * _BITS) for size in sizes)

        return self._runner.run(CallKind.RANDOM, work)

    def generate(
        self, material_id: MaterialId, label: str, kind: KeyKind, purpose: KeyPurpose
    ) -> MaterialRef:
        """Makes a key that can never leave the token.

        Raises:
            MechanismUnsupported: the probe showed that this token can't do it, or can't protect it.
            KeyNotProtected: the token didn't prove it of this key; the key was destroyed.
            TokenFull: no room.
        """
        missing = self.capabilities.missing_for(kind, purpose)
        if missing:
            raise MechanismUnsupported(missing)
        new = NewKey(material_id, label, kind, purpose)

        def work(connection: Connection, session: PooledSession) -> MaterialRef:
            return key_generation.generate(connection, session, self._profile, new)

        return self._runner.run(CallKind.GENERATE, work, attempts=1)

    def generate_data_key_pair(self, kind: KeyKind) -> KeyPair:
        """Makes a pair of which nothing stays on the token, or takes one that was made ahead.

        Raises:
            MechanismUnsupported: the probe showed that this token can't do it.
        """
        missing = self.capabilities.missing(DATA_KEY_PAIRS[kind])
        if missing:
            raise MechanismUnsupported(missing)

        def work(_connection: Connection, session: PooledSession) -> KeyPair:
            private, public_key = data_key_pairs.generate(session, kind)
            return data_key_pairs.take(private, kind, public_key)

        return self._reserve.take(kind) or self._runner.run(CallKind.GENERATE_PAIR, work)

    def pairs_ahead(self) -> Mapping[KeyKind, ReserveFigures]:
        """How many data key pairs are made ahead, and how often that helped."""
        return self._reserve.figures()

    def sessions(self) -> SessionFigures:
        """How many sessions there are now, besides the one that logged in."""
        connection = self._link.connection
        return SessionFigures(0, 0, 0) if connection is None else connection.sessions.figures()

    def destroy(self, material_id: MaterialId, label: str) -> bool:
        """Destroys the object with this id and label; False if the token is well and has none."""

        def work(connection: Connection, session: PooledSession) -> bool:
            if key_generation.destroy_named(connection, session, material_id, label):
                return True
            self._failures.require_health(connection, session)
            return False

        return self._runner.run(CallKind.DESTROY, work)

    def exists(self, ref: MaterialRef) -> bool:
        """Proves a material anew; False if the token is well and hasn't got it.

        Raises:
            IdentityMismatch: another object is under its name.
        """

        def work(connection: Connection, session: PooledSession) -> bool:
            connection.handles.pop(ref.name, None)
            self._runner.handle_of(connection, session, ref)
            return True

        try:
            return self._runner.run(CallKind.FIND, work)
        except MaterialMissing:
            return False

    def objects(self) -> tuple[TokenObject, ...]:
        """The deployment's keys on the token, read anew; never an empty answer from a token that is away."""

        def work(connection: Connection, session: PooledSession) -> tuple[TokenObject, ...]:
            found = objects.names(connection, session, self._prefix)
            self._failures.require_health(connection, session)
            return tuple(name for name in found if name.material_id != sentinel.SENTINEL_ID)

        return self._runner.run(CallKind.LIST, work)

    def warm(self, ref: MaterialRef) -> bool:
        """True if using this material needs no search; as cheap as a dictionary."""
        connection = self._link.connection
        return connection is not None and ref.name in connection.handles

    def heartbeat(self) -> bool:
        """Tries whether the token is well; a token found lost begins to recover. True if it is UP."""
        if self._link.connection is None:
            return False
        try:
            self._runner.run(CallKind.HEARTBEAT, self._failures.require_health)
        except Exception:  # noqa: BLE001 # whatever it is, the token isn't well
            return False
        return True

    def close(self) -> None:
        """Logs out and finalises the module."""
        self._reserve.close()
        self._link.close()

    def _connect(self) -> Connection:
        connection = connect(self._profile, self._pin, self._lock_dir)
        connection.before_close.append(lambda: self._reserve.drop(connection))
        try:
            self._prepare(connection)
        except pkcs11.PKCS11Error as error:
            connection.close(_CLOSE_TIMEOUT_S)
            raise TokenUnavailable(f"The token can't be used: {describe(error)}.") from None
        except BaseException:
            connection.close(_CLOSE_TIMEOUT_S)
            raise
        self.description = connection.description
        return connection

    def _prepare(self, connection: Connection) -> None:
        """Probes the token and finds the deployment's keys, each in a session of its own."""
        session = connection.sessions.acquire()
        try:
            self.capabilities = probing.probe(session, self._profile)
        finally:
            connection.sessions.discard(session)
        session = connection.sessions.acquire()
        try:
            objects.learn_all(connection, session, self._prefix)
            sentinel.place(
                connection,
                session,
                self._profile,
                self.capabilities,
                prefix=self._prefix,
                directory=self._lock_dir,
            )
        finally:
            connection.sessions.release(session)
