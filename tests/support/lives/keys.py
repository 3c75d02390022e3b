"""Keys come, change, are deleted, and have tags."""

import uuid
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, multiple, rule

from tests.support.kms_model import MAC, SIGNING, SYMMETRIC, Key, Material
from tests.support.lives.world import Life

USAGES = {SYMMETRIC: "ENCRYPT_DECRYPT", SIGNING: "SIGN_VERIFY", MAC: "GENERATE_VERIFY_MAC"}


class Keys(Life):
    """What is done to keys."""

    @initialize(target=Life.ids)
    def begin(self) -> Any:
        return multiple(*(self._create(SYMMETRIC, origin, "", {}) for origin in ("AWS_KMS", "EXTERNAL")))

    @rule(
        target=Life.ids,
        spec=st.sampled_from([SYMMETRIC, SYMMETRIC, SIGNING, MAC]),
        origin=st.sampled_from(["AWS_KMS", "EXTERNAL"]),
        description=st.sampled_from(["", "orders"]),
        tags=st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy"), max_size=2),
    )
    def create(self, spec: str, origin: str, description: str, tags: dict[str, str]) -> str:
        return self._create(spec, origin, description, tags)

    def _create(self, spec: str, origin: str, description: str, tags: dict[str, str]) -> str:
        self.world.steps += 1
        request_id = str(uuid.uuid4())
        made = [
            self.client.create_key(
                key_spec=spec, key_usage=USAGES[spec], origin=origin, description=description, tags=tags,
                request_id=request_id,
            )
            for _ in range(2)
        ]  # fmt: skip
        assert made[0] == made[1]
        state = "PendingImport" if origin == "EXTERNAL" else "Enabled"
        key = Key(made[0].key_id, spec, origin, state, description, dict(tags))
        if origin == "AWS_KMS":
            key.current = Material(None, made[0].current_key_material_id)
            key.materials.append(key.current)
        self.model.keys[key.key_id] = key
        return key.key_id

    @rule(key_id=Life.ids)
    def describe(self, key_id: str) -> None:
        both = self.both(lambda: self.model.find(key_id), lambda: self.client.describe_key(key_id))
        if both is not None:
            self._compare(*both)

    def _compare(self, key: Key, found: Any) -> None:
        assert (found.key_state, found.enabled) == (key.state, key.state == "Enabled")
        assert (found.description, found.origin, found.key_spec) == (key.description, key.origin, key.spec)
        assert found.deletion_date == key.deletion_date
        if key.spec == SYMMETRIC:
            assert found.current_key_material_id == (key.current.name if key.current else "")
        there = [m.expires_at for m in key.associated if m.is_present and key.is_external]
        expiries = [at for at in there if at is not None]
        model = "KEY_MATERIAL_EXPIRES" if expiries else "KEY_MATERIAL_DOES_NOT_EXPIRE"
        assert found.expiration_model == (model if there else None)
        assert found.valid_to == (min(expiries) if expiries else None)

    @rule(key_id=Life.ids, to=st.sampled_from(["Enabled", "Disabled"]))
    def switch(self, key_id: str, to: str) -> None:
        call = self.client.enable_key if to == "Enabled" else self.client.disable_key
        self.both(lambda: self.model.switch(key_id, to), lambda: call(key_id))

    @rule(key_id=Life.ids, text=st.sampled_from(["", "cards"]))
    def update_description(self, key_id: str, text: str) -> None:
        self.both(
            lambda: self.model.describe_as(key_id, text),
            lambda: self.client.update_key_description(key_id, text),
        )

    @rule(key_id=Life.ids, tags=st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz"), min_size=1))
    def tag(self, key_id: str, tags: dict[str, str]) -> None:
        self.both(lambda: self.model.tag(key_id, tags), lambda: self.client.tag_resource(key_id, tags))

    @rule(key_id=Life.ids, tag_keys=st.lists(st.sampled_from("abc"), min_size=1, unique=True))
    def untag(self, key_id: str, tag_keys: list[str]) -> None:
        self.both(
            lambda: self.model.untag(key_id, tag_keys), lambda: self.client.untag_resource(key_id, tag_keys)
        )

    @rule(key_id=Life.ids)
    def list_tags(self, key_id: str) -> None:
        both = self.both(
            lambda: dict(self.model.find(key_id).tags),
            lambda: dict(self.client.list_resource_tags(key_id).tags),
        )
        assert both is None or both[0] == both[1]

    @rule(key_id=Life.ids, days=st.sampled_from([7, 8, 30]))
    def schedule_deletion(self, key_id: str, days: int) -> None:
        began = self.now()
        both = self.both(
            lambda: self.model.schedule_deletion(key_id, began),
            lambda: self.client.schedule_key_deletion(key_id, pending_window_in_days=days),
        )
        if both is not None:
            at = both[1].deletion_date
            assert began <= at - timedelta(days=days) <= self.now()
            self.model.keys[key_id].deletion_date = at

    @rule(key_id=Life.ids)
    def cancel_deletion(self, key_id: str) -> None:
        self.both(lambda: self.model.cancel_deletion(key_id), lambda: self.client.cancel_key_deletion(key_id))
