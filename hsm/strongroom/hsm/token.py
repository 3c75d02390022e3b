"""One PKCS#11 token of this process: the face of the token layer."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pkcs11

from strongroom.hsm import aes_gcm, key_generation, objects, probing, sentinel
from strongroom.hsm.capabilities import SYMMETRIC_KEYS, Capability, CapabilityReport
from strongroom.hsm.connection import Connection, connect
from strongroom.hsm.errors import (
    IdentityMismatch,
    KeyNotProtected,
    MaterialMissing,
    MechanismUnsupported,
    TokenUnavailable,
)
from strongroom.hsm.failures import Failure, Failures
from strongroom.hsm.identifiers import (
    MaterialId,
    MaterialRef,
    Sealed,
    TokenDescription,
    TokenObject,
    TokenState,
)
from strongroom.hsm.link import Link, OnState
from strongroom.hsm.meanings import describe
from strongroom.hsm.pins import PinSource
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.token_profiles import TokenProfile

T = TypeVar("T")
Work = Callable[[Connection, PooledSession], T]

_BITS = 8
_LATENCY_SAMPLES = 31
_CLOSE_TIMEOUT_S = 1.0


class Token:
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
        on_state: OnState,
    ) -> None:
        self._profile = profile
        self._pin = pin
        self._prefix = f"strongroom/{deployment}/"
        self._lock_dir = lock_dir
        self._link = Link(self._connect, on_state)
        self._failures = Failures(self._link, profile)

    @classmethod
    def open(
        cls,
        profile: TokenProfile,
        pin: PinSource,
        *,
        deployment: str,
        lock_dir: Path,
        on_state: OnState = lambda _state, _reason: None,
    ) -> "Token":
        """Logs in, finds the deployment's keys, and probes what the token can do.

        Args:
            profile: how to use the token.
            pin: where its PIN is.
            deployment: the name in the labels of its keys, `strongroom/<deployment>/…`.
            lock_dir: a directory that all processes of the deployment share.
            on_state: told of every change of state, from any thread.

        Raises:
            HsmError: it can't be opened; unlike later losses, this isn't tried again.
        """
        token = cls(profile, pin, deployment=deployment, lock_dir=lock_dir, on_state=on_state)
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

    def missing(self, capability: Capability) -> str:
        """What the token lacks for keys that need this capability, in words; empty if nothing."""
        needed = SYMMETRIC_KEYS if capability is Capability.AES_256_GCM else (capability,)
        return self.capabilities.missing(*needed)

    def encrypt(self, ref: MaterialRef, plaintext: bytes, aad: bytes) -> Sealed:
        """Encrypts with AES-256-GCM.

        Raises:
            MaterialMissing, IdentityMismatch: this key can't be used; others can.
        """

        def work(connection: Connection, session: PooledSession) -> Sealed:
            handle = connection.handles.get(ref.material_id)
            if handle is None:
                handle = self._handle_of(connection, session, ref)
            return aes_gcm.seal(session, handle, plaintext, aad)

        return self._run(work, ref=ref)

    def decrypt(self, ref: MaterialRef, iv: bytes, ciphertext: bytes, aad: bytes) -> bytes:
        """Decrypts what `encrypt` gave.

        Raises:
            CiphertextRejected: something in it isn't what was encrypted.
            MaterialMissing, IdentityMismatch: this key can't be used; others can.
        """

        def work(connection: Connection, session: PooledSession) -> bytes:
            handle = connection.handles.get(ref.material_id)
            if handle is None:
                handle = self._handle_of(connection, session, ref)
            return aes_gcm.open_sealed(session, handle, iv, ciphertext, aad)

        return self._run(work, ref=ref, is_decryption=True)

    def random(self, length: int) -> bytes:
        """Random bytes from the token's generator."""
        step = self._profile.max_random_bytes

        def work(_connection: Connection, session: PooledSession) -> bytes:
            sizes = [min(step, length - start) for start in range(0, length, step)]
            return b"".join(session.raw.generate_random(size * _BITS) for size in sizes)

        return self._run(work)

    def generate_aes(self, material_id: MaterialId, label: str) -> MaterialRef:
        """Makes an AES-256 key that can never leave the token.

        Raises:
            MechanismUnsupported: the probe showed that this token can't do it, or can't protect it.
            KeyNotProtected: the token didn't prove it of this key; the key was destroyed.
            TokenFull: no room.
        """
        missing = self.missing(Capability.AES_256_GCM)
        if missing:
            raise MechanismUnsupported(missing)

        def work(connection: Connection, session: PooledSession) -> MaterialRef:
            return key_generation.generate_aes(
                connection, session, self._profile, material_id=material_id, label=label
            )

        return self._run(work, attempts=1)

    def destroy(self, material_id: MaterialId, label: str) -> bool:
        """Destroys the object with this id and label; False if the token is well and has none."""

        def work(connection: Connection, session: PooledSession) -> bool:
            if key_generation.destroy_named(connection, session, material_id, label):
                return True
            self._failures.require_health(connection, session)
            return False

        return self._run(work)

    def exists(self, ref: MaterialRef) -> bool:
        """Proves a material anew; False if the token is well and hasn't got it.

        Raises:
            IdentityMismatch: another object is under its name.
        """

        def work(connection: Connection, session: PooledSession) -> bool:
            connection.handles.pop(ref.material_id, None)
            self._handle_of(connection, session, ref)
            return True

        try:
            return self._run(work)
        except MaterialMissing:
            return False

    def objects(self) -> tuple[TokenObject, ...]:
        """The deployment's keys on the token, read anew; never an empty answer from a token that is away."""

        def work(connection: Connection, session: PooledSession) -> tuple[TokenObject, ...]:
            found = objects.enumerate_named(connection, session, self._prefix)
            self._failures.require_health(connection, session)
            names = (name for name, _ in found)
            return tuple(name for name in names if name.material_id != sentinel.SENTINEL_ID)

        return self._run(work)

    def warm(self, ref: MaterialRef) -> bool:
        """True if using this material needs no search; as cheap as a dictionary."""
        connection = self._link.connection
        return connection is not None and ref.material_id in connection.handles

    def heartbeat(self) -> bool:
        """Tries whether the token is well; a token found lost begins to recover. True if it is UP."""
        if self._link.connection is None:
            return False

        def work(connection: Connection, session: PooledSession) -> None:
            self._failures.require_health(connection, session)

        try:
            self._run(work)
        except Exception:  # noqa: BLE001 # whatever it is, the token isn't well
            return False
        return True

    def latency_us(self) -> float:
        """The median duration of a small AES-GCM operation, in microseconds."""

        def work(connection: Connection, session: PooledSession) -> float:
            started = time.perf_counter()
            self._failures.require_health(connection, session)
            return (time.perf_counter() - started) * 1e6

        return statistics.median(self._run(work) for _ in range(_LATENCY_SAMPLES))

    def close(self) -> None:
        """Logs out and finalises the module."""
        self._link.close()

    def _connect(self) -> Connection:
        connection = connect(self._profile, self._pin, self._lock_dir)
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
            self.capabilities = probing.probe(session.raw, self._profile)
        finally:
            connection.sessions.discard(session)
        if self.missing(Capability.AES_256_GCM):
            return  # there can be no keys of ours, and no sentinel
        session = connection.sessions.acquire()
        try:
            found = sentinel.place(
                connection, session, self._profile, prefix=self._prefix, directory=self._lock_dir
            )
            objects.remember_candidates(connection, found)
        finally:
            connection.sessions.release(session)

    def _handle_of(self, connection: Connection, session: PooledSession, ref: MaterialRef) -> int:
        try:
            return objects.handle_of(connection, session, ref, self._profile)
        except MaterialMissing:
            self._failures.require_health(connection, session)
            raise

    def _run(
        self,
        work: Work[T],
        *,
        ref: MaterialRef | None = None,
        is_decryption: bool = False,
        attempts: int = 2,
    ) -> T:
        """Does work in a session, and once more in another where a failure is worth it."""
        for attempt in range(attempts):
            connection = self._link.current()
            session = self._failures.acquire(connection)
            try:
                result = work(connection, session)
            except pkcs11.PKCS11Error as error:
                is_last = attempt + 1 == attempts
                self._failures.settle(Failure(connection, session, error, ref, is_decryption, is_last))
            except (IdentityMismatch, KeyNotProtected, MaterialMissing):
                connection.sessions.release(session)  # the token answered as it should
                raise
            except BaseException:
                connection.sessions.discard(session)
                raise
            else:
                connection.sessions.release(session)
                return result
        raise AssertionError("the last failure raises")
