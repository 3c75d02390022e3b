"""Material that is brought."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from strongroom.client import errors
from tests.support.imports import bring, parameters
from tests.support.kms_model import SIGNING, SYMMETRIC
from tests.support.lives.rotations import Rotations
from tests.support.lives.world import Life
from tests.support.wrapping import wrap

SECRETS = [bytes([number]) * 32 for number in (1, 2, 3)]


class Imports(Rotations):
    """Import of key material."""

    @rule(
        key_id=Life.ids,
        secret=st.sampled_from([*SECRETS, SECRETS[0], b"too short"]),
        import_type=st.sampled_from([None, None, "NEW_KEY_MATERIAL", "EXISTING_KEY_MATERIAL"]),
        days=st.sampled_from([None, None, 1, 30, 365]),
        description=st.sampled_from(["", "", "HQ-2027"]),
    )
    def bring(
        self, key_id: str, secret: bytes, import_type: str | None, days: int | None, description: str
    ) -> None:
        key = self.model.keys.get(key_id)
        if key is not None and key.spec == SIGNING:
            return  # its material has no 32 bytes
        # A second less than a year, for it is a year ahead of the moment of the call.
        valid_to = None if days is None else self.now() + timedelta(days=days) - timedelta(seconds=1)

        def call() -> Any:
            return bring(
                self.client, key_id, secret, valid_to=valid_to, import_type=import_type,
                key_material_description=description,
            )  # fmt: skip

        both = self.both(lambda: self.model.bring(key_id, secret, import_type, valid_to, description), call)
        if both is not None:
            material, name = both
            is_shown = self.model.keys[key_id].spec == SYMMETRIC
            assert bool(name) == is_shown
            assert material.name in {"", name}
            material.name = name

    @rule(key_id=Life.ids, which=st.none() | st.integers(0, 5))
    def delete_material(self, key_id: str, which: int | None) -> None:
        key = self.model.keys.get(key_id)
        material = None
        if which is not None and key is not None and key.materials and key.spec == SYMMETRIC:
            material = key.materials[which % len(key.materials)]
        name = material.name if material else ""
        self.both(
            lambda: self.model.delete_material(key_id, material),
            lambda: self.client.delete_imported_key_material(key_id, key_material_id=name),
        )

    @rule(key_id=Life.ids, secret=st.sampled_from(SECRETS), hours=st.sampled_from([1, 25]))
    @precondition(lambda self: any(key.state == "PendingImport" for key in self.model.keys.values()))
    def bring_later(self, key_id: str, secret: bytes, hours: int) -> None:
        """An import token is good for a day."""
        key = self.model.keys.get(key_id)
        if key is None or key.state != "PendingImport" or key.materials or key.spec == SIGNING:
            return
        found = parameters(self.client, key_id)
        self._pass(timedelta(hours=hours))
        wrapped = wrap(found.public_key, "RSAES_OAEP_SHA_256", secret)
        self.world.steps += 1
        if hours == 25:
            with pytest.raises(errors.ImportTokenExpired):
                self.client.import_key_material(key_id, found.import_token, wrapped)
            return
        name = self.client.import_key_material(key_id, found.import_token, wrapped).key_material_id
        self.model.bring(key_id, secret, None, None, "").name = name
