"""What the store takes and gives: plain values, times in UTC."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a database belongs to.

    Args:
        name: the name in the labels of its token objects.
        account_id: the account that owns its keys, 12 digits.
        region: the Region in its ARNs.
    """

    name: str
    account_id: str
    region: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of a key."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class TagPage:
    """A page of tags; `last` is the place of its last, `truncated` if more follow."""

    tags: tuple[Tag, ...]
    last: str
    truncated: bool


@dataclass(frozen=True, slots=True)
class Alias:
    """A name of a key, `alias/…`."""

    account_id: str
    alias_name: str
    key_id: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class AliasPage:
    """A page of aliases, by name; `truncated` if more follow."""

    aliases: tuple[Alias, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to be created; names of spec, usage and origin are AWS KMS's."""

    key_id: str
    account_id: str
    description: str
    key_spec: str
    key_usage: str
    origin: str
    multi_region: bool
    created_at: datetime
    policy: str
    created_by: str
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True)
class RequestId:
    """By what a request is known again.

    Args:
        caller: ARN of the principal who made it up.
        request_id: a UUID in lowercase.
        fingerprint: 32 bytes, the same of the same request.
    """

    caller: str
    request_id: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class EarlierRequest:
    """A request that bore the same id.

    Args:
        fingerprint: its own.
        key_id: the key of the material that it made.
        is_done: False while the material is being made.
    """

    fingerprint: bytes
    key_id: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class NewMaterial:
    """A token object to be made: its id of 16 bytes, its name towards callers of 64 hex digits, its label.

    With a `request`, it is the one that this request makes, and there is no other.
    """

    material_id: bytes
    kms_material_id: str
    label: str
    created_at: datetime
    request: RequestId | None = None


@dataclass(frozen=True, slots=True)
class MaterialRecord:
    """A material of a key.

    Args:
        key_spec, key_usage: of its key, as AWS KMS names them.
        check_value: its pinned identity; what it is, the token layer knows.
        encryptions_reserved: how many encryptions the workers have reserved so far.
        missing_since: when the token was found without it, or None.
        rotated_at: when a rotation made it current; None of the first material.
        rotation_type: `AUTOMATIC` or `ON_DEMAND`, likewise.
    """

    material_id: bytes
    key_id: str
    key_spec: str
    key_usage: str
    kms_material_id: str
    label: str
    check_value: bytes
    created_at: datetime
    encryptions_reserved: int
    missing_since: datetime | None
    rotated_at: datetime | None
    rotation_type: str | None


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key with its materials, the oldest first, its tags and the names of its aliases."""

    key_id: str
    account_id: str
    description: str
    key_spec: str
    key_usage: str
    origin: str
    state: str
    multi_region: bool
    created_at: datetime
    policy: str
    created_by: str
    current_material_id: bytes
    deletion_date: datetime | None
    rotation_period_days: int | None
    next_rotation_at: datetime | None
    on_demand_rotations: int
    materials: tuple[MaterialRecord, ...]
    tags: tuple[Tag, ...]
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyPage:
    """A page of key ids, in their order; `truncated` if more follow."""

    key_ids: tuple[str, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Intent:
    """A change of material that was begun and not yet completed.

    Args:
        kind: `creating` or `destroying`; `deleting` if its whole key is being deleted.
        owner: the boot id of the service that began it.
        begun_at: when.
    """

    kind: str
    material_id: bytes
    key_id: str
    label: str
    owner: str
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class KeyUsage:
    """A use of a key.

    Args:
        operation: AWS KMS's name of the operation.
        event_id: of its audit record.
        request_id: that its caller learnt.
    """

    key_id: str
    operation: str
    at: datetime
    event_id: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Reservation:
    """Encryptions that one worker may do: `count` of them from `start` on."""

    start: int
    count: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What the change feed tells.

    Args:
        revision: the newest revision that is included.
        key_ids: the keys that were touched.
        is_complete: False if older changes are forgotten: whatever was cached may be stale.
    """

    revision: int
    key_ids: frozenset[str]
    is_complete: bool
