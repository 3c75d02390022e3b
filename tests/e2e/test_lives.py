"""Random lives of keys, with a moving clock, against a model of the semantics; through the running service.

STRONGROOM_TEST_LIVES says how many times as many steps are to be tried as in CI.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from strongroom.client import Client, StrongroomError, errors
from tests.support.deployments import Deployment, Service
from tests.support.hooking import Hooks
from tests.support.imports import bring, parameters
from tests.support.kms_model import MAC, SIGNING, SYMMETRIC, Blob, Key, Material, Model, Refused
from tests.support.wrapping import wrap

FACTOR = int(os.environ.get("STRONGROOM_TEST_LIVES", "1"))
STEPS = 60
EXAMPLES = 20 * FACTOR
USAGES = {SYMMETRIC: "ENCRYPT_DECRYPT", SIGNING: "SIGN_VERIFY", MAC: "GENERATE_VERIFY_MAC"}
SECRETS = [bytes([number]) * 32 for number in (1, 2, 3)]
CONTEXTS: list[dict[str, str]] = [{}, {"a": "b"}, {"a": "b", "c": "d"}]
SLACK = timedelta(seconds=30)
"""How long a call may take without its times being wrong."""

T = TypeVar("T")


@dataclass
class World:
    """What all lives share."""

    service: Service
    client: Client
    hooks: Hooks
    steps: int = 0


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("lives")
    deployment = Deployment.make(directory / "dev")
    # Rounds are done when a life says so, and at no other time.
    deployment.add_config("[housekeeping]\nreconcile_interval_s = 86400")
    hooks = Hooks.in_directory(directory)
    with deployment.served(workers=2, hooks=hooks) as service, deployment.client() as client:
        yield World(service, client, hooks)


class Lives(RuleBasedStateMachine):
    """Does everything to the service and to the model, and compares."""

    world: World
    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.client = self.world.client
        self.gone: list[tuple[Blob, str]] = []

    def both(self, expected: Callable[[], T], done: Callable[[], Any]) -> tuple[T, Any] | None:
        """What the model and the service do; None if both refuse, with the same error."""
        self.world.steps += 1
        refusal: type[StrongroomError] | None = None
        try:
            wanted = expected()
        except Refused as refused:
            refusal = refused.error
        if refusal is None:
            return wanted, done()
        with pytest.raises(StrongroomError) as caught:
            done()
        assert type(caught.value) is refusal, f"{caught.value!r} instead of {refusal.__name__}"
        return None

    def now(self) -> datetime:
        return self.world.hooks.clock.now()

    # Keys

    @initialize(target=ids)
    def begin(self) -> Any:
        return multiple(*(self._create(SYMMETRIC, origin, "", {}) for origin in ("AWS_KMS", "EXTERNAL")))

    @rule(
        target=ids,
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

    @rule(key_id=ids)
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

    @rule(key_id=ids, to=st.sampled_from(["Enabled", "Disabled"]))
    def switch(self, key_id: str, to: str) -> None:
        call = self.client.enable_key if to == "Enabled" else self.client.disable_key
        self.both(lambda: self.model.switch(key_id, to), lambda: call(key_id))

    @rule(key_id=ids, text=st.sampled_from(["", "cards"]))
    def update_description(self, key_id: str, text: str) -> None:
        self.both(
            lambda: self.model.describe_as(key_id, text),
            lambda: self.client.update_key_description(key_id, text),
        )

    @rule(key_id=ids, tags=st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz"), min_size=1))
    def tag(self, key_id: str, tags: dict[str, str]) -> None:
        self.both(lambda: self.model.tag(key_id, tags), lambda: self.client.tag_resource(key_id, tags))

    @rule(key_id=ids, tag_keys=st.lists(st.sampled_from("abc"), min_size=1, unique=True))
    def untag(self, key_id: str, tag_keys: list[str]) -> None:
        self.both(
            lambda: self.model.untag(key_id, tag_keys), lambda: self.client.untag_resource(key_id, tag_keys)
        )

    @rule(key_id=ids)
    def list_tags(self, key_id: str) -> None:
        both = self.both(
            lambda: dict(self.model.find(key_id).tags),
            lambda: dict(self.client.list_resource_tags(key_id).tags),
        )
        assert both is None or both[0] == both[1]

    # Aliases

    names = st.sampled_from(["one", "two", "three"])

    def _alias(self, name: str) -> str:
        return f"alias/{id(self)}/{name}"

    @rule(key_id=ids, name=names)
    def create_alias(self, key_id: str, name: str) -> None:
        alias = self._alias(name)
        self.both(
            lambda: self.model.create_alias(alias, key_id), lambda: self.client.create_alias(alias, key_id)
        )

    @rule(key_id=ids, name=names)
    def update_alias(self, key_id: str, name: str) -> None:
        alias = self._alias(name)
        self.both(
            lambda: self.model.update_alias(alias, key_id), lambda: self.client.update_alias(alias, key_id)
        )

    @rule(name=names)
    def delete_alias(self, name: str) -> None:
        alias = self._alias(name)
        self.both(lambda: self.model.delete_alias(alias), lambda: self.client.delete_alias(alias))

    @rule(name=names)
    def find_by_alias(self, name: str) -> None:
        alias = self._alias(name)
        both = self.both(
            lambda: self.model.find(self.model.aliases.get(alias, "")),
            lambda: self.client.describe_key(alias),
        )
        assert both is None or both[0].key_id == both[1].key_id

    # Use

    @rule(key_id=ids, context=st.sampled_from(CONTEXTS), with_data_key=st.booleans())
    def encrypt(self, key_id: str, context: dict[str, str], with_data_key: bool) -> None:  # noqa: FBT001 # drawn
        plaintext = uuid.uuid4().bytes

        def call() -> Any:
            if with_data_key:
                return self.client.generate_data_key(key_id, encryption_context=context)
            return self.client.encrypt(key_id, plaintext, encryption_context=context)

        both = self.both(lambda: self.model.use(key_id, SYMMETRIC), call)
        if both is not None:
            key, answer = both
            assert key.current is not None
            secret = answer.plaintext if with_data_key else plaintext
            key.blobs.append(Blob(answer.ciphertext_blob, secret, context, key.current))

    @rule(
        key_id=ids, number=st.integers(0, 50), context=st.sampled_from([None, *CONTEXTS]),
        other=st.none() | ids,
    )  # fmt: skip
    def decrypt(self, key_id: str, number: int, context: dict[str, str] | None, other: str | None) -> None:
        key = self.model.keys.get(key_id)
        known = [(blob, key_id) for blob in key.blobs] if key else self.gone
        if not known:
            return
        blob, owner = known[number % len(known)]
        given = blob.context if context is None else context
        self._open(blob, owner, other, given)

    def _open(self, blob: Blob, owner: str, named: str | None, context: dict[str, str]) -> None:
        both = self.both(
            lambda: self.model.open(blob, owner, named, context),
            lambda: self.client.decrypt(blob.data, key_id=named, encryption_context=context),
        )
        if both is not None:
            assert both[0] == both[1].plaintext
            assert both[1].key_material_id == blob.material.name

    @rule(key_id=ids)
    def sign(self, key_id: str) -> None:
        self.both(
            lambda: self.model.use(key_id, SIGNING),
            lambda: self.client.sign(key_id, b"message", signing_algorithm="ECDSA_SHA_256"),
        )

    @rule(key_id=ids)
    def authenticate(self, key_id: str) -> None:
        self.both(
            lambda: self.model.use(key_id, MAC),
            lambda: self.client.generate_mac(key_id, b"message", mac_algorithm="HMAC_SHA_256"),
        )

    # Deletion

    @rule(key_id=ids, days=st.sampled_from([7, 8, 30]))
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

    @rule(key_id=ids)
    def cancel_deletion(self, key_id: str) -> None:
        self.both(lambda: self.model.cancel_deletion(key_id), lambda: self.client.cancel_key_deletion(key_id))

    # Rotation

    @rule(key_id=ids, days=st.sampled_from([None, 90, 365]))
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

    @rule(key_id=ids)
    def rotation_status(self, key_id: str) -> None:
        if key_id in self.model.keys:
            self._learn_schedule(self.model.keys[key_id])

    @rule(key_id=ids, is_repeated=st.booleans())
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

    @rule(key_id=ids, wants_all=st.booleans())
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

    # Import

    @rule(
        key_id=ids,
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

    @rule(key_id=ids, which=st.none() | st.integers(0, 5))
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

    @rule(key_id=ids, secret=st.sampled_from(SECRETS), hours=st.sampled_from([1, 25]))
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

    # Time

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

    @invariant()
    def all_keys_are_there(self) -> None:
        if self.world.steps % 20:
            return
        listed = {entry.key_id for entry in self.client.all_keys()}
        assert set(self.model.keys) <= listed
        aliases = {entry.alias_name: entry.target_key_id for entry in self.client.all_aliases()}
        mine = {name: key_id for name, key_id in aliases.items() if name.startswith(f"alias/{id(self)}/")}
        assert mine == self.model.aliases

    def teardown(self) -> None:
        """All that was encrypted decrypts while its key is enabled, and nothing else does."""
        for key in self.model.keys.values():
            for blob in key.blobs:
                self._open(blob, key.key_id, None, blob.context)
        for name in self.model.aliases:
            self.client.delete_alias(name)


def test_lives_of_keys_are_as_the_semantics_say(world: World) -> None:
    class Machine(Lives):
        pass

    Machine.world = world
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=FACTOR == 1,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],  # a life can't be lived again: the service has moved on
        ),
    )
    assert world.steps > EXAMPLES * STEPS / 2
