"""The store's transactions about imported material."""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import Engine

from strongroom.server.store import imports, materials
from strongroom.server.store.records import (
    ImportIntent,
    ImportParameters,
    Intent,
    NewImport,
    NewKey,
    NewMaterial,
    NewParameters,
    RequestId,
)
from strongroom.server.store.transactions import changing, reading


class ImportStore:
    """What the store does for imports; each method is one transaction."""

    _engine: Engine
    _clock: Callable[[], datetime]

    def create_external_key(self, key: NewKey, request: RequestId | None) -> None:
        """Makes a key that has no material yet, PendingImport; RequestRepeated."""
        with changing(self._engine) as connection:
            imports.create_key(connection, key, request)

    def begin_parameters(
        self,
        key_id: str,
        pair: NewMaterial,
        new: NewParameters,
        owner: str,
        *,
        allowed_in: Collection[str],
        most: int,
    ) -> ImportParameters | None:
        """Writes down the intent to make a wrapping pair; gives the oldest if it has to make room.

        Raises:
            NoSuchKey, NotInState, TooManyParameters: it can't be.
        """
        with changing(self._engine) as connection:
            return imports.begin_parameters(connection, pair, key_id, new, owner, allowed_in, most)

    def complete_parameters(self, material_id: bytes, check: bytes) -> None:
        """The wrapping pair is made, and `check` is its public key; IntentLost."""
        with changing(self._engine) as connection:
            materials.enable(connection, material_id, check)

    def find_parameters(self, material_id: bytes) -> ImportParameters | None:
        """A wrapping pair that can be used, or None."""
        with reading(self._engine) as connection:
            return imports.find_parameters(connection, material_id)

    def expired_parameters(self) -> tuple[ImportParameters, ...]:
        """The wrapping pairs that nobody may use any more."""
        with reading(self._engine) as connection:
            return imports.expired_parameters(connection, self._clock())

    def begin_import(
        self,
        key_id: str,
        material: NewMaterial,
        new: NewImport,
        owner: str,
        *,
        allowed_in: Collection[str],
    ) -> ImportIntent:
        """Writes down the intent to import a material.

        Raises:
            NoSuchKey, NotInState, WrongMaterial, OtherMaterialPending, ImportUnderWay, ParametersUsed: it
                can't be.
        """
        with changing(self._engine) as connection:
            return imports.begin_import(connection, key_id, material, new, owner, allowed_in)

    def complete_import(self, intent: ImportIntent, check: bytes) -> None:
        """The object is there, and `check` is its identity unless it was there before.

        From here on nobody uses the wrapping pair.

        Raises:
            IntentLost: it was undone, or the pair was used before.
        """
        now = self._clock()
        with changing(self._engine) as connection:
            imports.complete_import(connection, intent, check, now)

    def begin_delete_material(
        self, key_id: str, kms_material_id: str | None, owner: str, *, if_expired: bool = False
    ) -> Intent | None:
        """Writes down the intent to destroy a material, the current one unless another is named.

        Args:
            key_id: its key.
            kms_material_id: its name.
            owner: the boot id of the service.
            if_expired: True to leave it if its time isn't over.

        Returns:
            What is to be destroyed, or None if nothing is.

        Raises:
            NoSuchMaterial, ImportUnderWay: it can't be.
        """
        now = self._clock()
        with changing(self._engine) as connection:
            row = imports.begin_delete_material(
                connection, key_id, kms_material_id, owner, now, if_expired=if_expired
            )
        return row and Intent("destroying", row.material_id, key_id, row.label, owner, now)

    def expired_materials(self) -> tuple[tuple[str, str], ...]:
        """The materials that are to be deleted by now, by key id and name."""
        with reading(self._engine) as connection:
            return imports.expired_materials(connection, self._clock())

    def rotate_imported(self, key_id: str, *, most_on_demand: int, request: RequestId | None) -> None:
        """Makes the material that waits for it the current one.

        Raises:
            NoSuchKey, NotInState, NoPendingMaterial, RotationLimitReached, RequestRepeated: it can't be.
        """
        with changing(self._engine) as connection:
            imports.rotate(connection, key_id, most_on_demand, request, self._clock())

    def cancel_deletion(self, key_id: str) -> None:
        """Keeps a key that is PendingDeletion, Disabled or PendingImport; NotInState, NoSuchKey."""
        with changing(self._engine) as connection:
            imports.cancel_deletion(connection, key_id, self._clock())
