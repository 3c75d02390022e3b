"""The immutable view of a key that the hot path works on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from sys import intern
from typing import Any, NamedTuple

from strongroom.hsm import SHAPES, KeyKind, KeyPurpose, MaterialId, MaterialRef, public_keys
from strongroom.server.core import blob, names
from strongroom.server.core.arns import Realm
from strongroom.server.core.policies import Policy
from strongroom.server.keyring.compiled import compiled_key_policy
from strongroom.server.store import DELETING, EXTERNAL, KeyRecord, MaterialRecord, Tag
from strongroom.v1 import resources_pb2 as v1


@dataclass(frozen=True, slots=True)
class Material:
    """One material of a key, ready for use.

    Args:
        ref: by which the token finds and proves it.
        kms_material_id: its name towards callers, 64 hex digits.
        is_missing: the token was seen without it.
        is_present: False for an imported one that was deleted.
        is_pending: True for an imported one that waits for a rotation.
        expires_at: when an imported one is deleted, or None.
        public_key: of a pair, as `cryptography` has it; its encoding is `ref.check`.
    """

    ref: MaterialRef
    kms_material_id: str
    is_missing: bool
    is_present: bool
    is_pending: bool
    expires_at: datetime | None
    public_key: Any

    @property
    def header(self) -> bytes:
        """The first 17 bytes of every blob that it encrypts."""
        return blob.header(self.ref.material_id)


class Rotation(NamedTuple):
    """When a key rotates by itself."""

    period_days: int
    next_at: datetime


@dataclass(frozen=True, slots=True)
class KeySnapshot:
    """A key as it was at one revision of the store; workers keep one of every key, so it is small.

    Args:
        state: the state that callers see: UNAVAILABLE while the current material is missing.
        current_material: the one that encrypts; None while the key has none.
        materials: all its materials, the oldest first.
        deletion_date: when it will be deleted, if it is pending deletion.
        valid_to: when the first of its imported materials expires, or None.
        rotation: the days between two rotations and when the next is due; None unless it rotates by itself.
        aliases: the names of its aliases.
        tags: its tags.
        policy_text: its key policy, as it was put.
    """

    key_id: str
    realm: Realm
    account_id: str
    description: str
    spec: names.KeySpecValue
    usage: names.KeyUsageValue
    origin: names.OriginValue
    state: names.KeyStateValue
    is_multi_region: bool
    created_at: datetime
    current_material: Material | None
    materials: tuple[Material, ...]
    aliases: tuple[str, ...]
    tags: tuple[Tag, ...]
    policy_text: str
    deletion_date: datetime | None
    valid_to: datetime | None
    rotation: Rotation | None

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self.realm.key_arn(self.key_id, self.account_id)

    @property
    def policy(self) -> Policy:
        """Its key policy."""
        return compiled_key_policy(self.policy_text)

    def material(self, material_id: bytes) -> Material | None:
        """Its material with this id of 16 bytes, or None."""
        return next((one for one in self.materials if one.ref.material_id == material_id), None)

    def state_at(self, now: datetime) -> names.KeyStateValue:
        """The state at a time: expired material isn't used, even before somebody has deleted it."""
        if self.valid_to is None or now < self.valid_to or self.state not in _HIDDEN_BY_EXPIRY:
            return self.state
        return v1.KEY_STATE_PENDING_IMPORT

    @property
    def current(self) -> Material:
        """The material that encrypts, of a key whose state has been found to allow its use."""
        assert self.current_material is not None  # noqa: S101 # usable keys have one
        return self.current_material


_STATES = {
    **{name: v1.KeyState.Value(key) for key, name in names.STATE_NAMES.items()},
    DELETING: v1.KEY_STATE_PENDING_DELETION,
}
_HIDDEN_BY_EXPIRY = frozenset({v1.KEY_STATE_ENABLED, v1.KEY_STATE_DISABLED, v1.KEY_STATE_UNAVAILABLE})
_HIDDEN_BY_MISSING_MATERIAL = frozenset({v1.KEY_STATE_ENABLED, v1.KEY_STATE_DISABLED})


def snapshot_of(record: KeyRecord, realm: Realm) -> KeySnapshot:
    """Builds the snapshot of a stored key."""
    materials = tuple(map(_material_of, record.materials))
    current = next((m for m in materials if m.ref.material_id == record.current_material_id), None)
    return KeySnapshot(
        key_id=record.key_id,
        realm=realm,
        account_id=intern(record.account_id),
        description=record.description,
        spec=v1.KeySpec.Value(f"KEY_SPEC_{record.key_spec}"),
        usage=v1.KeyUsage.Value(f"KEY_USAGE_{record.key_usage}"),
        origin=v1.Origin.Value(f"ORIGIN_{record.origin}"),
        state=_visible_state(record.state, current),
        is_multi_region=record.multi_region,
        created_at=record.created_at,
        current_material=current,
        materials=materials,
        aliases=record.aliases,
        tags=record.tags,
        policy_text=intern(record.policy),
        deletion_date=record.deletion_date,
        valid_to=_valid_to(materials),
        rotation=_rotation_of(record),
    )


def _valid_to(materials: Iterable[Material]) -> datetime | None:
    """When the first of the materials that the key needs expires."""
    needed = (one for one in materials if one.is_present and not one.is_pending)
    return min((one.expires_at for one in needed if one.expires_at), default=None)


def _rotation_of(record: KeyRecord) -> Rotation | None:
    if record.rotation_period_days is None or record.next_rotation_at is None:
        return None
    return Rotation(record.rotation_period_days, record.next_rotation_at)


def ref_of(row: MaterialRecord) -> MaterialRef:
    """By what the token finds and proves a stored material."""
    kind, purpose = KeyKind(row.key_spec), KeyPurpose(row.key_usage)
    return MaterialRef(
        MaterialId(row.material_id),
        row.label,
        kind,
        purpose,
        row.check_value,
        is_imported=row.origin == EXTERNAL,
    )


def _material_of(row: MaterialRecord) -> Material:
    ref = ref_of(row)
    is_secret = ref.kind in SHAPES and SHAPES[ref.kind].is_secret
    return Material(
        ref,
        row.kms_material_id,
        is_missing=row.missing_since is not None,
        is_present=row.is_present,
        is_pending=row.associated_at is None,
        expires_at=row.expires_at,
        public_key=None if is_secret else public_keys.load(ref.check),
    )


def _visible_state(stored: str, current: Material | None) -> names.KeyStateValue:
    state = _STATES[stored]
    is_hidden = current is not None and current.is_missing and state in _HIDDEN_BY_MISSING_MATERIAL
    return v1.KEY_STATE_UNAVAILABLE if is_hidden else state
