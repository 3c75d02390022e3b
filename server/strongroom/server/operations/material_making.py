"""Making materials: intent, token object, completion. Reconciliation finishes what a crash interrupts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import NamedTuple

from strongroom.hsm import HsmError, KeyKind, KeyPurpose, MaterialId, MaterialRef, Token, labels
from strongroom.server.core.blob import kms_material_id
from strongroom.server.core.steps import reached
from strongroom.server.store import (
    AUTOMATIC,
    ON_DEMAND,
    IntentLost,
    KeyRecord,
    NewKey,
    NewMaterial,
    NotInState,
    RequestId,
    Store,
    StoreError,
)

MOST_ON_DEMAND_ROTATIONS = 25

_ID_BYTES = 16


class BegunRotation(NamedTuple):
    """A key, and the material that it will get: nothing of it is on the token."""

    key: KeyRecord
    material: NewMaterial


class MadeMaterial(NamedTuple):
    """A material on the token that isn't its key's current one yet."""

    key_id: str
    ref: MaterialRef


class MaterialMaker:
    """Makes materials of new keys and of those that rotate; thread-safe.

    Args:
        token: makes the objects.
        store: is told of them, before and after.
        deployment: the name that the deployment's token objects bear.
        boot_id: of the running service; marks the intents that it has begun.
        clock: gives the time in UTC.
    """

    def __init__(
        self, token: Token, store: Store, deployment: str, boot_id: str, clock: Callable[[], datetime]
    ) -> None:
        self._token = token
        self._store = store
        self._deployment = deployment
        self.boot_id = boot_id
        self._clock = clock

    def create(self, key: NewKey, request: RequestId | None = None) -> KeyRecord:
        """Makes a key and its material.

        Raises:
            RequestRepeated: the request was begun before.
            HsmError, StoreError: what was begun is undone, at once or by reconciliation.
        """
        return self._create(key, self.new_material(key.key_id, request))

    def create_for_service(self, key: NewKey) -> KeyRecord:
        """Makes a key of the service itself and its material; no caller can use it.

        Raises:
            HsmError, StoreError: likewise.
        """
        return self._create(key, self._material(labels.system_label_of(self._deployment, key.key_id)))

    def _create(self, key: NewKey, material: NewMaterial) -> KeyRecord:
        self._store.begin_create(key, material, self.boot_id)
        reached("creation.intended")
        ref = self._generate(material, key.key_spec, key.key_usage)
        reached("creation.made")
        with self.destroying_what_was_lost(ref):
            record = self._store.complete_create(key.key_id, ref.material_id, ref.check)
        reached("creation.completed")
        return record

    def rotate(self, key_id: str, key_spec: str, key_usage: str, request: RequestId | None = None) -> None:
        """Makes another material for a key on demand, which becomes its current one.

        Raises:
            RequestRepeated: the request was begun before.
            NoSuchKey, NotInState, RotationUnderWay, RotationLimitReached: it can't have one.
            HsmError, StoreError: likewise.
        """
        material = self.new_material(key_id, request)
        self._store.begin_rotate(
            key_id, material, self.boot_id, ON_DEMAND, most_on_demand=MOST_ON_DEMAND_ROTATIONS
        )
        reached("rotation.intended")
        ref = self._generate(material, key_spec, key_usage)
        reached("rotation.made")
        self._complete_rotation(key_id, ref, ON_DEMAND)
        reached("rotation.completed")

    def begin_due_rotation(self, key: KeyRecord, *, most_encryptions: int) -> BegunRotation:
        """Writes down that a key whose time has come will get another material, for `make_due_material`.

        Args:
            key: the key.
            most_encryptions: after how many its time has come, whatever its schedule.

        Raises:
            NoSuchKey, NotInState, RotationUnderWay: it isn't due any more, or can't have one.
            HsmError, StoreError: likewise.
        """
        material = self.new_material(key.key_id)
        self._store.begin_due_rotation(key.key_id, material, self.boot_id, most_encryptions=most_encryptions)
        reached("due_rotation.intended")
        return BegunRotation(key, material)

    def make_due_material(self, begun: BegunRotation) -> MadeMaterial:
        """Makes the material, for `complete_due_rotation`; HsmError: it is undone, at once or later."""
        key = begun.key
        ref = self._generate(begun.material, key.key_spec, key.key_usage)
        reached("due_rotation.made")
        return MadeMaterial(key.key_id, ref)

    def complete_due_rotation(
        self, made: MadeMaterial, *, most_encryptions: int, announce: Callable[[], None]
    ) -> None:
        """Makes it the key's current material, if the key is still due; otherwise it is undone.

        Args:
            made: the material.
            most_encryptions: likewise.
            announce: records the rotation before it takes effect; if that can't be, it is undone.

        Raises:
            NotInState: the key isn't due any more.
            IntentLost: it was undone meanwhile.
            StoreError: reconciliation will undo it; and whatever `announce` raises.
        """
        try:
            self._require_due(made.key_id, most_encryptions)
            announce()
        except BaseException:
            self._undo(made.ref.material_id, made.ref.label)
            raise
        reached("due_rotation.announced")
        self._complete_rotation(made.key_id, made.ref, AUTOMATIC)
        reached("due_rotation.completed")

    def _require_due(self, key_id: str, most_encryptions: int) -> None:
        if not self._store.due_rotations(most_encryptions, key_id):
            raise NotInState("not due")

    def _complete_rotation(self, key_id: str, ref: MaterialRef, rotation_type: str) -> None:
        with self.destroying_what_was_lost(ref):
            self._store.complete_rotate(key_id, ref.material_id, ref.check, rotation_type)

    def new_material(self, key_id: str, request: RequestId | None = None) -> NewMaterial:
        """A fresh id, and the names that go with it, of a caller's key."""
        return self._material(labels.label_of(self._deployment, key_id), request)

    def _material(self, label: str, request: RequestId | None = None) -> NewMaterial:
        material_id = self._token.random(_ID_BYTES)
        return NewMaterial(material_id, kms_material_id(material_id), label, self._clock(), request)

    def _generate(self, material: NewMaterial, key_spec: str, key_usage: str) -> MaterialRef:
        material_id = MaterialId(material.material_id)
        with self.undoing_on_failure(material_id, material.label):
            return self._token.generate(material_id, material.label, KeyKind(key_spec), KeyPurpose(key_usage))

    @contextmanager
    def undoing_on_failure(self, material_id: MaterialId, label: str) -> Iterator[None]:
        """Around the making of an object whose intent is written down."""
        try:
            yield
        except HsmError:
            self._undo(material_id, label)
            raise

    @contextmanager
    def destroying_what_was_lost(self, ref: MaterialRef) -> Iterator[None]:
        """Around a completion: where reconciliation took us for dead, the object must follow its row."""
        try:
            yield
        except IntentLost:
            self._token.destroy(ref.material_id, ref.label)
            raise

    def _undo(self, material_id: MaterialId, label: str) -> None:
        """Undoes an intent; where token or store don't answer, reconciliation will."""
        with suppress(HsmError, StoreError):
            self._store.begin_undo(material_id, self.boot_id)
            reached("undo.begun")
            self._token.destroy(material_id, label)
            reached("undo.destroyed")
            self._store.complete_destroy(material_id, "making it failed")
            reached("undo.completed")
