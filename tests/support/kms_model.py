"""What kms-semantics say of the life of keys, as simply as can be: no I/O, no database, no token.

Every method does what the operation of its name would, or raises `Refused` with the error that the service must
answer. Times are passed in; ids are learnt from the service's answers.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from strongroom.client import StrongroomError, errors

ENABLED, DISABLED = "Enabled", "Disabled"
PENDING_IMPORT, PENDING_DELETION = "PendingImport", "PendingDeletion"
SYMMETRIC, SIGNING, MAC = "SYMMETRIC_DEFAULT", "ECC_NIST_P256", "HMAC_256"
MOST_ON_DEMAND = 25
TOO_CLOSE = timedelta(minutes=20)

_STATES_OF_USE: dict[str, type[StrongroomError]] = {
    DISABLED: errors.Disabled,
    PENDING_DELETION: errors.InvalidState,
    PENDING_IMPORT: errors.InvalidState,
}


class Refused(Exception):
    """What the service must answer."""

    def __init__(self, error: type[StrongroomError]) -> None:
        super().__init__(error.__name__)
        self.error = error


@dataclass
class Material:
    """A material of a key; `secret` is what was imported, `name` what the service calls it."""

    secret: bytes | None
    name: str = ""
    is_present: bool = True
    is_pending: bool = False
    expires_at: datetime | None = None
    description: str = ""
    rotation_type: str | None = None


@dataclass
class Blob:
    """A ciphertext, and what must come out of it."""

    data: bytes
    plaintext: bytes
    context: dict[str, str]
    material: Material


@dataclass
class Key:
    """A key as the service should see it."""

    key_id: str
    spec: str
    origin: str
    state: str
    description: str
    tags: dict[str, str]
    materials: list[Material] = field(default_factory=list)
    current: Material | None = None
    blobs: list[Blob] = field(default_factory=list)
    deletion_date: datetime | None = None
    period_days: int | None = None
    next_rotation: datetime | None = None
    on_demand: int = 0

    @property
    def is_external(self) -> bool:
        return self.origin == "EXTERNAL"

    @property
    def associated(self) -> list[Material]:
        return [material for material in self.materials if not material.is_pending]

    @property
    def pending(self) -> Material | None:
        return next((material for material in self.materials if material.is_pending), None)

    @property
    def is_whole(self) -> bool:
        return bool(self.associated) and all(material.is_present for material in self.associated)


@dataclass
class Model:
    """All keys of an account that one test made, and their names."""

    keys: dict[str, Key] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def find(self, key_id: str) -> Key:
        if key_id not in self.keys:
            raise Refused(errors.NotFound)
        return self.keys[key_id]

    def use(self, key_id: str, spec: str) -> Key:
        """A key for a cryptographic operation: its state comes before its usage."""
        key = self.find(key_id)
        _allow(key, _STATES_OF_USE)
        if key.spec != spec:
            raise Refused(errors.InvalidKeyUsage)
        return key

    def open(self, blob: Blob, owner: str, named: str | None, context: dict[str, str]) -> bytes:
        """Decrypt, of a blob that a key made, without a key or naming one."""
        if named is not None:
            self.find(named)
            if named != owner:
                raise Refused(
                    errors.IncorrectKey if self.keys[named].state == ENABLED else self._of_state(named)
                )
        if owner not in self.keys:
            raise Refused(errors.AccessDenied)
        _allow(self.keys[owner], _STATES_OF_USE)
        if context != blob.context:
            raise Refused(errors.InvalidCiphertext)
        return blob.plaintext

    def _of_state(self, key_id: str) -> type[StrongroomError]:
        return _STATES_OF_USE[self.keys[key_id].state]

    def switch(self, key_id: str, to: str) -> None:
        key = self.find(key_id)
        _forbid(key, PENDING_DELETION, PENDING_IMPORT)
        key.state = to

    def describe_as(self, key_id: str, description: str) -> None:
        _forbid(key := self.find(key_id), PENDING_DELETION)
        key.description = description

    def tag(self, key_id: str, tags: dict[str, str]) -> None:
        _forbid(key := self.find(key_id), PENDING_DELETION)
        key.tags |= tags

    def untag(self, key_id: str, tag_keys: list[str]) -> None:
        _forbid(key := self.find(key_id), PENDING_DELETION)
        for tag_key in tag_keys:
            key.tags.pop(tag_key, None)

    def create_alias(self, name: str, key_id: str) -> None:
        _forbid(self.find(key_id), PENDING_DELETION)
        if name in self.aliases:
            raise Refused(errors.AlreadyExists)
        self.aliases[name] = key_id

    def update_alias(self, name: str, key_id: str) -> None:
        if name not in self.aliases:
            raise Refused(errors.NotFound)
        _forbid(key := self.find(key_id), PENDING_DELETION)
        if key.spec != self.keys[self.aliases[name]].spec:
            raise Refused(errors.ValidationError)
        self.aliases[name] = key_id

    def delete_alias(self, name: str) -> None:
        if name not in self.aliases:
            raise Refused(errors.NotFound)
        del self.aliases[name]

    def schedule_deletion(self, key_id: str, at: datetime) -> None:
        _forbid(key := self.find(key_id), PENDING_DELETION)
        key.state, key.deletion_date = PENDING_DELETION, at

    def cancel_deletion(self, key_id: str) -> None:
        key = self.find(key_id)
        if key.state != PENDING_DELETION:
            raise Refused(errors.InvalidState)
        key.state, key.deletion_date = DISABLED if key.is_whole else PENDING_IMPORT, None

    def set_rotation(self, key_id: str, days: int | None, now: datetime) -> None:
        key = self.find(key_id)
        if key.state in {DISABLED, PENDING_DELETION}:
            raise Refused(_STATES_OF_USE[key.state])
        if key.spec != SYMMETRIC or key.is_external:
            raise Refused(errors.UnsupportedOperation)
        key.period_days = days
        key.next_rotation = None if days is None else now + timedelta(days=days)

    def rotate(self, key_id: str, now: datetime) -> Material:
        """RotateKeyOnDemand; gives the material that is current now."""
        key = self.find(key_id)
        _allow(key, _STATES_OF_USE)
        if key.spec != SYMMETRIC:
            raise Refused(errors.UnsupportedOperation)
        if key.is_external and key.pending is None:
            raise Refused(errors.InvalidState)
        if key.next_rotation is not None and key.next_rotation - now <= TOO_CLOSE:
            raise Refused(errors.Conflict)
        if key.on_demand >= MOST_ON_DEMAND:
            raise Refused(errors.LimitExceeded)
        key.on_demand += 1
        return self._make_current(key, "ON_DEMAND")

    def _make_current(self, key: Key, rotation_type: str) -> Material:
        material = key.pending
        if material is None:
            material = Material(None)
            key.materials.append(material)
        material.is_pending, material.rotation_type = False, rotation_type
        key.current = material
        return material

    def ask_for_import(self, key_id: str) -> Key:
        """GetParametersForImport, and what ImportKeyMaterial asks of the key."""
        key = self.find(key_id)
        if not key.is_external:
            raise Refused(errors.UnsupportedOperation)
        _forbid(key, PENDING_DELETION)
        return key

    def bring(
        self,
        key_id: str,
        secret: bytes,
        import_type: str | None,
        expires_at: datetime | None,
        description: str,
    ) -> Material:
        """ImportKeyMaterial of 32 bytes."""
        key = self.ask_for_import(key_id)
        if key.spec != SYMMETRIC and (import_type or description):
            raise Refused(errors.ValidationError)
        if len(secret) != 32:
            raise Refused(errors.IncorrectKeyMaterial)
        material = next((one for one in key.materials if one.secret == secret), None)
        is_new = import_type == "NEW_KEY_MATERIAL" if import_type else not key.associated
        if is_new:
            material = self._add(key, secret, material)
        elif material is None:
            raise Refused(errors.IncorrectKeyMaterial)
        material.is_present, material.expires_at, material.description = True, expires_at, description
        if not material.is_pending and key.is_whole:
            key.state = ENABLED
        return material

    def _add(self, key: Key, secret: bytes, existing: Material | None) -> Material:
        if existing is not None or (key.materials and key.spec != SYMMETRIC):
            raise Refused(errors.IncorrectKeyMaterial)
        if key.pending is not None:
            raise Refused(errors.InvalidState)
        material = Material(secret, is_pending=bool(key.associated))
        key.materials.append(material)
        key.current = key.current or material
        return material

    def delete_material(self, key_id: str, which: Material | None) -> None:
        key = self.find(key_id)
        if not key.is_external:
            raise Refused(errors.UnsupportedOperation)
        material = which or key.current
        if material is not None:
            self._take_away(key, material)

    def _take_away(self, key: Key, material: Material) -> None:
        if material.is_pending:
            key.materials.remove(material)
            return
        if material.is_present and key.state in {ENABLED, DISABLED}:
            key.state = PENDING_IMPORT
        material.is_present, material.expires_at = False, None

    def do_round(self, now: datetime) -> list[Key]:
        """What the housekeeper does; gives the keys that rotate by themselves."""
        rotated = []
        for key in list(self.keys.values()):
            if key.deletion_date is not None and key.deletion_date <= now:
                self._remove(key)
                continue
            is_due = key.next_rotation is not None and key.next_rotation <= now
            if is_due and key.state == ENABLED:
                self._make_current(key, "AUTOMATIC")
                rotated.append(key)
            for material in list(key.materials):
                if material.is_present and material.expires_at is not None and material.expires_at <= now:
                    self._take_away(key, material)
        return rotated

    def _remove(self, key: Key) -> None:
        del self.keys[key.key_id]
        self.aliases = {name: target for name, target in self.aliases.items() if target != key.key_id}


def _allow(key: Key, refusals: dict[str, type[StrongroomError]]) -> None:
    if key.state in refusals:
        raise Refused(refusals[key.state])


def _forbid(key: Key, *states: str) -> None:
    if key.state in states:
        raise Refused(errors.InvalidState)
