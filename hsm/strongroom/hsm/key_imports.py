"""Bringing key material to a token."""

from collections.abc import Callable
from typing import TypeVar

from strongroom.hsm import key_generation, key_import, wrapping
from strongroom.hsm.capabilities import WRAPPING_PAIRS, CapabilityReport
from strongroom.hsm.connection import Connection
from strongroom.hsm.errors import MechanismUnsupported
from strongroom.hsm.identifiers import MaterialId, MaterialRef
from strongroom.hsm.key_generation import NewKey
from strongroom.hsm.key_kinds import KeyKind, KeyPurpose
from strongroom.hsm.runner import Runner
from strongroom.hsm.sessions import PooledSession
from strongroom.hsm.token_calls import CallKind
from strongroom.hsm.token_profiles import TokenProfile
from strongroom.hsm.wrapping import WrappedKey, WrappingAlgorithm

T = TypeVar("T")
_Import = Callable[[Connection, PooledSession, TokenProfile, int, WrappedKey, NewKey], T]


class KeyImports:
    """Imports keys; thread-safe."""

    capabilities: CapabilityReport
    _runner: Runner
    _profile: TokenProfile

    def purpose_of_pair(self, kind: KeyKind, algorithm: WrappingAlgorithm) -> KeyPurpose:
        """What a wrapping pair for material of this kind has to do.

        Raises:
            MechanismUnsupported: this token takes no material of this kind that is wrapped so.
        """
        return wrapping.purpose_of_pair(self.capabilities, kind, algorithm)

    def missing_for_import(self, kind: KeyKind) -> str:
        """What is missing for importing material of this kind, in words; empty if some way is open."""
        missing = self.capabilities.missing(WRAPPING_PAIRS)
        return missing or wrapping.missing_for(self.capabilities, kind)

    def generate_wrapping_pair(
        self, material_id: MaterialId, label: str, kind: KeyKind, purpose: KeyPurpose
    ) -> MaterialRef:
        """Makes an RSA pair under which key material is wrapped on its way here.

        Raises:
            MechanismUnsupported: the probe showed that this token can't do it, or can't protect it.
            KeyNotProtected: the token didn't prove it of this pair; it was destroyed.
            TokenFull: no room.
        """
        missing = self.capabilities.missing(WRAPPING_PAIRS)
        if missing:
            raise MechanismUnsupported(missing)
        new = NewKey(material_id, label, kind, purpose)

        def work(connection: Connection, session: PooledSession) -> MaterialRef:
            return key_generation.generate(connection, session, self._profile, new)

        return self._runner.run(CallKind.GENERATE, work, attempts=1)

    def identify(self, wrapped: WrappedKey, kind: KeyKind, purpose: KeyPurpose) -> bytes:
        """What tells wrapped material from all others of its kind; nothing of it stays.

        Returns:
            Of a private key, the public key (SubjectPublicKeyInfo, DER). Of a secret key, a secret itself.

        Raises:
            CiphertextRejected: it can't be unwrapped.
            KeyMaterialRejected: it isn't a key of this kind.
            KeyNotProtected: the token wouldn't protect it.
            MaterialMissing, IdentityMismatch: the wrapping pair is gone.
        """
        return self._with_pair(key_import.identify, wrapped, NewKey(MaterialId(b""), "", kind, purpose))

    def import_key(
        self, wrapped: WrappedKey, material_id: MaterialId, label: str, kind: KeyKind, purpose: KeyPurpose
    ) -> MaterialRef:
        """Makes wrapped material a key of the token, in the place of what bears its name.

        Raises:
            CiphertextRejected, KeyMaterialRejected, KeyNotProtected: likewise.
            MaterialMissing, IdentityMismatch: likewise.
            TokenFull: no room.
        """
        return self._with_pair(key_import.make, wrapped, NewKey(material_id, label, kind, purpose))

    def _with_pair(self, use: _Import[T], wrapped: WrappedKey, new: NewKey) -> T:
        pair = wrapped.pair

        def work(connection: Connection, session: PooledSession) -> T:
            handle = self._runner.handle_of(connection, session, pair)
            return use(connection, session, self._profile, handle, wrapped, new)

        return self._runner.run(CallKind.IMPORT, work, ref=pair)
