"""Materials follow one another, by command and by date."""

import uuid
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.support.kms_model import SYMMETRIC, Key, Material
from tests.support.lives.world import Life

SLACK = timedelta(seconds=30)
"""How long a call may take without its times being wrong."""


class Rotations(Life):
    """Rotation."""

    @rule(key_id=Life.ids, days=st.sampled_from([None, 90, 365]))
    def set_rotation(self, key_id: str, days: int | None) -> None:
        def call() -> None:
            if days is None:
                self.client.disable_key_rotation(key_id)
            else:
                self.client.enable_key_rotation(key_id, rotation_period_in_days=days)

        if self.both(lambda: self.model.set_rotation(key_id, days, self.now()), call):
            self._learn_schedule(self.model.keys[key_id])

    def _learn_schedule(self, key: Key) -> None:
        """The service's own moment, when the model's is about the same."""
        found = self.client.get_key_rotation_status(key.key_id)
        if key.state == "PendingDeletion":
            assert not found.key_rotation_enabled
            return
        assert found.key_rotation_enabled == (key.period_days is not None)
        assert found.rotation_period_in_days == key.period_days
        if key.next_rotation is not None:
            assert found.next_rotation_date is not None
            assert abs(found.next_rotation_date - key.next_rotation) < SLACK
            key.next_rotation = found.next_rotation_date

    @rule(key_id=Life.ids)
    def rotation_status(self, key_id: str) -> None:
        if key_id in self.model.keys:
            self._learn_schedule(self.model.keys[key_id])

    @rule(key_id=Life.ids, is_repeated=st.booleans())
    def rotate(self, key_id: str, is_repeated: bool) -> None:  # noqa: FBT001 # drawn
        request_id = str(uuid.uuid4())

        def call() -> None:
            for _ in range(1 + is_repeated):
                self.client.rotate_key_on_demand(key_id, request_id=request_id)

        both = self.both(lambda: self.model.rotate(key_id, self.now()), call)
        if both is not None:
            self._learn_name(self.model.keys[key_id], both[0])

    def _learn_name(self, key: Key, material: Material) -> None:
        """The name of a material that has just become current, and is new unless it was imported."""
        name = self.client.describe_key(key.key_id).current_key_material_id
        if material.name:
            assert name == material.name
            return
        assert name not in {one.name for one in key.materials}
        material.name = name

    @rule(key_id=Life.ids, wants_all=st.booleans())
    def list_rotations(self, key_id: str, wants_all: bool) -> None:  # noqa: FBT001 # drawn
        key = self.model.keys.get(key_id)
        if key is None or key.spec != SYMMETRIC:
            return
        self.world.steps += 1
        found = self.client.list_key_rotations(key_id, all_key_material=wants_all, limit=1000).rotations
        listed = [m for m in key.materials if wants_all or m.rotation_type is not None]
        assert [entry.key_material_id for entry in found] == [material.name for material in listed]
        for entry, material in zip(found, listed, strict=True):
            state = "PENDING_ROTATION" if material.is_pending else "NON_CURRENT"
            assert entry.key_material_state == ("CURRENT" if material is key.current else state)
            assert entry.rotation_type == material.rotation_type
            there = {True: "IMPORTED", False: "PENDING_IMPORT"}[material.is_present]
            assert entry.import_state == (there if key.is_external else None)
            assert entry.valid_to == material.expires_at
            assert (entry.key_material_description or "") == material.description

    @rule(days=st.sampled_from([0.5, 1, 6.99, 7, 30, 89, 91, 400]))
    def pass_by(self, days: float) -> None:
        self._pass(timedelta(days=days))

    def _pass(self, duration: timedelta) -> None:
        self.world.steps += 1
        self.world.hooks.clock.pass_by(seconds=duration.total_seconds())
        before = {key_id: key.blobs for key_id, key in self.model.keys.items()}
        self.world.service.do_round()
        for key in self.model.do_round(self.now()):
            self._rotated(key)
        self.gone += [(b, k) for k, blobs in before.items() if k not in self.model.keys for b in blobs]

    def _rotated(self, key: Key) -> None:
        """The schedule goes on from the date that was due, or from now after an absence."""
        assert key.next_rotation is not None
        assert key.period_days is not None
        assert key.current is not None
        period, now = timedelta(days=key.period_days), self.now()
        due = key.next_rotation + period
        key.next_rotation = due if due > now else now + period
        if key.state == "Enabled":
            self._learn_name(key, key.current)
        self._learn_schedule(key)
