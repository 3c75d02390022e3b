"""What the store takes and gives: plain values, times in UTC."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


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
class GrantRecord:
    """A grant on a key.

    Args:
        grant_id: 64 hex digits.
        account_id: of the key.
        name: empty if it has none.
        retiring_principal: empty if there is none.
        issuing_account: 12 digits.
        operations: what it allows, as AWS KMS names it, sorted.
        equals: the pairs that the encryption context must have, no others; empty if it may have any.
        subset: the pairs that it must have, perhaps among others.
        created_by: ARN of who made it.
    """

    grant_id: str
    key_id: str
    account_id: str
    name: str
    grantee: str
    retiring_principal: str
    issuing_account: str
    operations: tuple[str, ...]
    equals: Mapping[str, str]
    subset: Mapping[str, str]
    created_by: str
    created_at: datetime


class GrantTerms(NamedTuple):
    """Of a grant what a decision asks for; as in GrantRecord."""

    grant_id: str
    grantee: str
    operations: tuple[str, ...]
    equals: Mapping[str, str]
    subset: Mapping[str, str]


class GrantDifference(NamedTuple):
    """How grants differ from those that are known.

    Args:
        gone: the ids of those that are no more.
        new: those that aren't known, by id.
    """

    gone: AbstractSet[str]
    new: tuple[GrantTerms, ...]


@dataclass(frozen=True, slots=True)
class GrantPage:
    """A page of grants, by id; `truncated` if more follow."""

    grants: tuple[GrantRecord, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class PrincipalPolicy:
    """A policy that says what a principal may do; `policy` is the document."""

    principal: str
    policy_name: str
    account_id: str
    policy: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PrincipalPage:
    """Principals with the names of their policies, by ARN; `truncated` if more follow."""

    principals: tuple[tuple[str, tuple[str, ...]], ...]
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
        origin: of its key.
        state: `enabled` if the token has it; an imported one may be `absent`, or on its way in or out.
        associated_at: since when the key has it for ever; None of an imported one that waits for a rotation.
        expires_at: when an imported one is deleted, or None.
        description: what whoever imported it said of it.
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
    origin: str
    state: str
    associated_at: datetime | None
    expires_at: datetime | None
    description: str

    @property
    def is_present(self) -> bool:
        """True if the token should have it."""
        return self.state == "enabled"


@dataclass(frozen=True, slots=True)
class NewParameters:
    """What a wrapping pair is for; names are AWS KMS's, the purpose is the token layer's."""

    wrapping_algorithm: str
    wrapping_key_spec: str
    pair_purpose: str
    valid_to: datetime


@dataclass(frozen=True, slots=True)
class ImportParameters:
    """A wrapping pair that can be used; `check_value` is its public key."""

    material_id: bytes
    key_id: str
    label: str
    check_value: bytes
    wrapping_algorithm: str
    wrapping_key_spec: str
    pair_purpose: str
    valid_to: datetime


@dataclass(frozen=True, slots=True)
class NewImport:
    """Material that is about to be imported.

    Args:
        pair_id: material id of the pair under which it is wrapped.
        import_type: `NEW_KEY_MATERIAL`, `EXISTING_KEY_MATERIAL`, or None for what the key suggests.
        rotates: True if the key may have several materials, one after the other.
        expires_at: when it is to be deleted, or None.
        description: what it is; not secret.
    """

    pair_id: bytes
    import_type: str | None
    rotates: bool
    expires_at: datetime | None
    description: str


@dataclass(frozen=True, slots=True)
class ImportIntent:
    """What an import has to do.

    Args:
        key_id: the key that gets the material.
        material_id: of the object.
        label: of the object.
        owner: the boot id of the service.
        new: what is imported.
        is_present: True if the token has it already.
    """

    key_id: str
    material_id: bytes
    label: str
    owner: str
    new: NewImport
    is_present: bool


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key with its materials, the oldest first, its tags and the names of its aliases.

    `current_material_id` is empty until something was imported into a key that has no material of ours.
    """

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
        principals: True if policies of principals were.
        is_complete: False if older changes are forgotten: whatever was cached may be stale.
    """

    revision: int
    key_ids: frozenset[str]
    principals: bool
    is_complete: bool
