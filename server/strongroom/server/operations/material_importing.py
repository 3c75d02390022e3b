"""Importing material: pairs that wrap it, and the intent, the object and the completion of each import."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from strongroom.hsm import (
    HsmError,
    KeyKind,
    KeyPurpose,
    MaterialId,
    MaterialRef,
    Token,
    WrappedKey,
    WrappingAlgorithm,
)
from strongroom.server.core.import_tokens import LIFETIME, ImportTokens, unknown
from strongroom.server.core.material_names import MaterialNames
from strongroom.server.core.steps import reached
from strongroom.server.operations.material_making import MaterialMaker
from strongroom.server.store import (
    ImportParameters,
    Intent,
    IntentLost,
    NewImport,
    NewParameters,
    Store,
    StoreError,
)

MOST_PARAMETERS = 10
"""Import tokens that a key has at once: each is a pair on the token. One more takes the oldest's place."""


class Destination(NamedTuple):
    """A key into which material is imported.

    Args:
        stored_states: those that allow it.
    """

    key_id: str
    kind: KeyKind
    purpose: KeyPurpose
    stored_states: frozenset[str]


class Parameters(NamedTuple):
    """What goes with an import.

    Args:
        token: opaque; good for one import.
        public_key: SubjectPublicKeyInfo, DER.
        valid_to: until when both are good.
    """

    token: bytes
    public_key: bytes
    valid_to: datetime


class MaterialImporter:
    """Imports materials of keys of origin EXTERNAL, and deletes them; thread-safe.

    Args:
        maker: makes the intents.
        token: makes the objects.
        store: is told of them, before and after.
        tokens: makes import tokens.
        names: makes names of materials.
    """

    def __init__(
        self, maker: MaterialMaker, token: Token, store: Store, tokens: ImportTokens, names: MaterialNames
    ) -> None:
        self._maker = maker
        self._token = token
        self._store = store
        self._tokens = tokens
        self._names = names

    def parameters(self, to: Destination, algorithm: WrappingAlgorithm, wrapping_kind: KeyKind) -> Parameters:
        """Makes a wrapping pair and its import token.

        Raises:
            MechanismUnsupported: the token takes no such material.
            NoSuchKey, NotInState, TooManyParameters: the key can't have them.
            HsmError, StoreError: what was begun is undone, at once or by reconciliation.
        """
        purpose = self._token.purpose_of_pair(to.kind, algorithm)
        pair = self._maker.new_material(to.key_id)
        valid_to = pair.created_at + LIFETIME
        new = NewParameters(algorithm.value, wrapping_kind.value, purpose.value, valid_to)
        oldest = self._store.begin_parameters(
            to.key_id, pair, new, self._maker.boot_id, allowed_in=to.stored_states, most=MOST_PARAMETERS
        )
        if oldest is not None:
            self._finish_with(oldest.material_id, oldest.label, "another import token took its place")
        reached("parameters.intended")
        pair_id = MaterialId(pair.material_id)
        with self._maker.undoing_on_failure(pair_id, pair.label):
            ref = self._token.generate_wrapping_pair(pair_id, pair.label, wrapping_kind, purpose)
        reached("parameters.made")
        with self._maker.destroying_what_was_lost(ref):
            self._store.complete_parameters(pair_id, ref.check)
        reached("parameters.completed")
        return Parameters(self._tokens.make(pair_id, to.key_id, valid_to), ref.check, valid_to)

    def opened(self, token: bytes, key_id: str, now: datetime) -> ImportParameters:
        """What an import token stands for.

        Raises:
            InvalidImportToken, ImportTokenExpired: nothing, for this key, now.
        """
        found = self._store.find_parameters(self._tokens.read(token, key_id, now))
        if found is None:
            raise unknown()
        return found

    def name_of(self, to: Destination, parameters: ImportParameters, data: bytes) -> str:
        """The name that wrapped material has in a key; nothing of it stays.

        Raises:
            CiphertextRejected, KeyMaterialRejected, KeyNotProtected: it can't be imported.
            MaterialMissing, IdentityMismatch: the wrapping pair is gone.
        """
        identity = self._token.identify(_wrapped(parameters, data), to.kind, to.purpose)
        return self._names.of(to.key_id, identity)

    def bring(
        self, to: Destination, parameters: ImportParameters, data: bytes, name: str, new: NewImport
    ) -> None:
        """Imports wrapped material whose name is known.

        Raises:
            NoSuchKey, NotInState, WrongMaterial, OtherMaterialPending, ImportUnderWay: the key can't have it.
            ParametersUsed: its import token was used meanwhile.
            HsmError, StoreError: what was begun is undone, at once or by reconciliation.
        """
        fresh = replace(self._maker.new_material(to.key_id), kms_material_id=name)
        intent = self._store.begin_import(
            to.key_id, fresh, new, self._maker.boot_id, allowed_in=to.stored_states
        )
        reached("import.intended")
        if intent.is_present:
            self._store.complete_import(intent, b"")
        else:
            material_id = MaterialId(intent.material_id)
            with self._maker.undoing_on_failure(material_id, intent.label):
                ref = self._token.import_key(
                    _wrapped(parameters, data), material_id, intent.label, to.kind, to.purpose
                )
            reached("import.made")
            with self._maker.destroying_what_was_lost(ref):
                self._store.complete_import(intent, ref.check)
        reached("import.completed")
        self._finish_with(parameters.material_id, parameters.label, "its import token was used")

    def _finish_with(self, pair_id: bytes, label: str, reason: str) -> None:
        """Destroys a wrapping pair that nobody uses any more; otherwise reconciliation will."""
        with suppress(HsmError, StoreError):
            self._destroy_pair(pair_id, label, reason)

    def destroy_pair(self, parameters: ImportParameters, reason: str) -> None:
        """Destroys a wrapping pair.

        Raises:
            HsmError, StoreError: not now; reconciliation will.
        """
        self._store.begin_destroy(parameters.material_id, self._maker.boot_id)
        reached("pair.begun")
        self._destroy_pair(parameters.material_id, parameters.label, reason)

    def _destroy_pair(self, pair_id: bytes, label: str, reason: str) -> None:
        self._token.destroy(MaterialId(pair_id), label)
        reached("pair.destroyed")
        with suppress(IntentLost):
            self._store.complete_destroy(pair_id, reason)
        reached("pair.completed")

    def delete(self, key_id: str, name: str | None) -> bool:
        """Destroys a material, the current one unless another is named; False if it wasn't there.

        Raises:
            NoSuchMaterial, ImportUnderWay: it can't be.
            HsmError, StoreError: from here on nobody uses it; reconciliation destroys it.
        """
        intent = self._store.begin_delete_material(key_id, name, self._maker.boot_id)
        return intent is not None and self._destroy(intent)

    def expire(self, key_id: str, name: str, announce: Callable[[], None]) -> bool:
        """Destroys a material if its time is over; False if it isn't, as after another import.

        Args:
            key_id: its key.
            name: its own.
            announce: records it, before the object is destroyed.

        Raises:
            NoSuchMaterial, ImportUnderWay, HsmError, StoreError: likewise.
        """
        intent = self._store.begin_delete_material(key_id, name, self._maker.boot_id, if_expired=True)
        if intent is None:
            return False
        reached("material_deletion.begun")
        announce()
        reached("material_deletion.recorded")
        return self._destroy(intent)

    def _destroy(self, intent: Intent) -> bool:
        self._token.destroy(MaterialId(intent.material_id), intent.label)
        reached("material_deletion.destroyed")
        with suppress(IntentLost):
            self._store.complete_destroy(intent.material_id, "the imported material was deleted")
        reached("material_deletion.completed")
        return True


def _wrapped(parameters: ImportParameters, data: bytes) -> WrappedKey:
    pair = MaterialRef(
        MaterialId(parameters.material_id),
        parameters.label,
        KeyKind(parameters.wrapping_key_spec),
        KeyPurpose(parameters.pair_purpose),
        parameters.check_value,
    )
    return WrappedKey(pair, WrappingAlgorithm(parameters.wrapping_algorithm), data)
