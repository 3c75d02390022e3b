"""Queries of imported material.

A key remembers what was imported into it: the row of a material that was deleted, or has expired, stays
`absent` and only the same material, known by its name, brings it back. A material of a key that has another
waits for a rotation, and is not yet remembered. A key is pending import while one that it remembers, or its
first, isn't there.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from strongroom.server.store import requests
from strongroom.server.store.errors import (
    ImportUnderWay,
    IntentLost,
    NoPendingMaterial,
    NoSuchMaterial,
    OtherMaterialPending,
    ParametersUsed,
    RotationLimitReached,
    TooManyParameters,
    WrongMaterial,
)
from strongroom.server.store.keys import (
    ABSENT,
    ENABLED_MATERIAL,
    KEY,
    PENDING_DELETION,
    PENDING_IMPORT,
    PENDING_REPLICA_DELETION,
    WRAPPING,
    require_state,
)
from strongroom.server.store.materials import begin_destroy, enable, insert_key, insert_material
from strongroom.server.store.records import (
    ImportIntent,
    ImportParameters,
    NewImport,
    NewKey,
    NewMaterial,
    NewParameters,
    RequestId,
)
from strongroom.server.store.rotation import ON_DEMAND
from strongroom.server.store.tables import import_parameters, keys, materials
from strongroom.server.store.transactions import append_change

NEW_KEY_MATERIAL = "NEW_KEY_MATERIAL"
NONE_YET = b""
"""The current material of a key into which nothing was imported."""

_ENABLED = "Enabled"
_DISABLED = "Disabled"
_PARAMETERS = tuple(
    (import_parameters if name in import_parameters.c and name != "material_id" else materials).c[name]
    for name in ImportParameters.__dataclass_fields__
)


def create_key(connection: Connection, key: NewKey, request: RequestId | None) -> None:
    """Makes a key that has no material yet; RequestRepeated if its request has made one."""
    insert_key(connection, key, PENDING_IMPORT, NONE_YET)
    requests.remember(connection, request, key.key_id, None, key.created_at)
    append_change(connection, key.key_id, key.created_at)


def begin_parameters(
    connection: Connection,
    pair: NewMaterial,
    key_id: str,
    new: NewParameters,
    owner: str,
    allowed_in: Collection[str],
    most: int,
) -> ImportParameters | None:
    """Writes down the intent to make a wrapping pair.

    Returns:
        The oldest, if the key has `most`: it has to make room, and can't be used from here on.

    Raises:
        NoSuchKey, NotInState: of the key.
        TooManyParameters: the key has `most`, and none of them is done.
    """
    require_state(connection, key_id, allowed_in)
    is_of_key = (materials.c.key_id == key_id) & (materials.c.role == WRAPPING)
    count = connection.execute(select(func.count()).select_from(materials).where(is_of_key)).scalar_one()
    oldest = None
    if int(count) >= most:
        oldest = _oldest_parameters(connection, key_id)
        if oldest is None:
            raise TooManyParameters
        begin_destroy(connection, oldest.material_id, owner, pair.created_at)
    insert_material(connection, key_id, pair, owner, WRAPPING)
    row = {name: getattr(new, name) for name in NewParameters.__dataclass_fields__}
    connection.execute(insert(import_parameters).values(material_id=pair.material_id, **row))
    return oldest


def _oldest_parameters(connection: Connection, key_id: str) -> ImportParameters | None:
    return next(iter(_usable_parameters(connection, materials.c.key_id == key_id)), None)


def find_parameters(connection: Connection, material_id: bytes) -> ImportParameters | None:
    """A wrapping pair that can be used."""
    return next(iter(_usable_parameters(connection, materials.c.material_id == material_id)), None)


def expired_parameters(connection: Connection, now: datetime) -> tuple[ImportParameters, ...]:
    """The wrapping pairs that nobody may use any more."""
    return _usable_parameters(connection, import_parameters.c.valid_to <= now)


def _usable_parameters(connection: Connection, which: ColumnElement[bool]) -> tuple[ImportParameters, ...]:
    """Those that are made and not yet used; the oldest first."""
    query = select(*_PARAMETERS).join_from(import_parameters, materials)
    is_usable = (materials.c.state == ENABLED_MATERIAL) & which
    rows = connection.execute(query.where(is_usable).order_by(import_parameters.c.valid_to))
    return tuple(ImportParameters(**row._mapping) for row in rows)  # noqa: SLF001 # SQLAlchemy's public name


def begin_import(
    connection: Connection,
    key_id: str,
    material: NewMaterial,
    new: NewImport,
    owner: str,
    allowed_in: Collection[str],
) -> ImportIntent:
    """Writes down the intent to import a material, if its object has to be made.

    Raises:
        NoSuchKey, NotInState: of the key.
        ParametersUsed: the wrapping pair did its work for another import.
        WrongMaterial: not the material that the key remembers, or one that it has.
        OtherMaterialPending: another waits for a rotation.
        ImportUnderWay: the same is coming or going.
    """
    require_state(connection, key_id, allowed_in)
    if find_parameters(connection, new.pair_id) is None:
        raise ParametersUsed
    existing = _find(connection, key_id, materials.c.kms_material_id == material.kms_material_id)
    if _wants_new(connection, key_id, new):
        _require_room(connection, key_id, material, existing, new)
        insert_material(connection, key_id, material, owner)
        return ImportIntent(key_id, material.material_id, material.label, owner, new, is_present=False)
    if existing is None:
        raise WrongMaterial("It isn't material that this key has or had.")
    if existing.state == ENABLED_MATERIAL and existing.missing_since is None:
        return ImportIntent(key_id, existing.material_id, existing.label, owner, new, is_present=True)
    if existing.state not in {ENABLED_MATERIAL, ABSENT}:
        raise ImportUnderWay
    connection.execute(
        update(materials)
        .where(materials.c.material_id == existing.material_id)
        .values(state="creating", intent_owner=owner, intent_at=material.created_at)
    )
    append_change(connection, key_id, material.created_at)
    return ImportIntent(key_id, existing.material_id, existing.label, owner, new, is_present=False)


def complete_import(connection: Connection, intent: ImportIntent, check: bytes, now: datetime) -> None:
    """The object is there: the key has the material, and is usable if it has all that it remembers.

    The wrapping pair has done its work, and is to be destroyed: it is good for one import.

    Raises:
        IntentLost: reconciliation, a deletion, or another import with the same pair has undone it; an object
            that was made must be destroyed.
    """
    key_id, new = intent.key_id, intent.new
    begin_destroy(connection, new.pair_id, intent.owner, now)
    values: dict[str, Any] = {"expires_at": new.expires_at, "description": new.description}
    key = connection.execute(select(keys).where(keys.c.key_id == key_id)).one_or_none()
    is_first = key is not None and key.current_material_id == NONE_YET
    if is_first:
        values["associated_at"] = now
    if intent.is_present:
        _renew(connection, intent.material_id, values)
    else:
        enable(connection, intent.material_id, check, missing_since=None, **values)
    if is_first:
        _set(connection, key_id, current_material_id=intent.material_id)
    material = _find(connection, key_id, materials.c.material_id == intent.material_id)
    is_pending = material is not None and material.associated_at is None
    if not is_pending and is_whole(connection, key_id):
        _set(connection, key_id, {PENDING_IMPORT, _DISABLED}, state=_ENABLED)
    append_change(connection, key_id, now)


def begin_delete_material(
    connection: Connection,
    key_id: str,
    kms_material_id: str | None,
    owner: str,
    now: datetime,
    *,
    if_expired: bool,
) -> Row[Any] | None:
    """Writes down the intent to destroy a material, the current one unless another is named.

    Returns:
        The material, or None if it isn't there, or hasn't expired although it must have.

    Raises:
        NoSuchMaterial: the key has none of this name.
        ImportUnderWay: it is coming.
    """
    is_it = materials.c.kms_material_id == kms_material_id
    if not kms_material_id:
        current = select(keys.c.current_material_id).where(keys.c.key_id == key_id)
        is_it = materials.c.material_id == current.scalar_subquery()
    material = _find(connection, key_id, is_it)
    if material is None:
        if kms_material_id:
            raise NoSuchMaterial
        return None
    if material.state == "creating":
        raise ImportUnderWay
    if if_expired and (material.expires_at is None or material.expires_at > now):
        return None
    if material.state == ENABLED_MATERIAL:
        begin_destroy(connection, material.material_id, owner, now)
        if material.associated_at is not None:
            _set(connection, key_id, {_ENABLED, _DISABLED}, state=PENDING_IMPORT)
    return None if material.state == ABSENT else material


def expired_materials(connection: Connection, now: datetime) -> tuple[tuple[str, str], ...]:
    """The materials that are to be deleted by now, by key id and name."""
    query = select(materials.c.key_id, materials.c.kms_material_id).where(
        materials.c.expires_at <= now, materials.c.state == ENABLED_MATERIAL, materials.c.role == KEY
    )
    return tuple((row.key_id, row.kms_material_id) for row in connection.execute(query))


def rotate(
    connection: Connection, key_id: str, most_on_demand: int, request: RequestId | None, now: datetime
) -> None:
    """Makes the material that waits for it the current one.

    Raises:
        NoSuchKey, NotInState: of the key.
        NoPendingMaterial: none waits, or it isn't there.
        RotationLimitReached: it was rotated on demand `most_on_demand` times.
        RequestRepeated: the request was begun before.
    """
    require_state(connection, key_id, {_ENABLED})
    pending = _pending(connection, key_id)
    if pending is None or pending.state != ENABLED_MATERIAL:
        raise NoPendingMaterial
    count = connection.execute(select(keys.c.on_demand_rotations).where(keys.c.key_id == key_id)).scalar_one()
    if count >= most_on_demand:
        raise RotationLimitReached
    requests.remember(connection, request, key_id, None, now)
    connection.execute(
        update(materials)
        .where(materials.c.material_id == pending.material_id)
        .values(associated_at=now, rotated_at=now, rotation_type=ON_DEMAND)
    )
    _set(connection, key_id, current_material_id=pending.material_id, on_demand_rotations=count + 1)
    append_change(connection, key_id, now)


def cancel_deletion(connection: Connection, key_id: str, now: datetime) -> None:
    """Keeps a key that is pending deletion: Disabled, or PendingImport if its material isn't there.

    Raises:
        NoSuchKey, NotInState: of the key.
    """
    require_state(connection, key_id, {PENDING_DELETION, PENDING_REPLICA_DELETION})
    state = _DISABLED if is_whole(connection, key_id) else PENDING_IMPORT
    _set(connection, key_id, state=state, deletion_date=None)
    append_change(connection, key_id, now)


def is_whole(connection: Connection, key_id: str) -> bool:
    """True if a key has a material, and all that it remembers are there."""
    states = connection.execute(
        select(materials.c.state).where(
            materials.c.key_id == key_id, materials.c.role == KEY, materials.c.associated_at.is_not(None)
        )
    ).scalars()
    found = set(states)
    return found == {ENABLED_MATERIAL}


def _renew(connection: Connection, material_id: bytes, values: dict[str, Any]) -> None:
    is_it = (materials.c.material_id == material_id) & (materials.c.state == ENABLED_MATERIAL)
    if connection.execute(update(materials).where(is_it).values(values)).rowcount != 1:
        raise IntentLost


def _wants_new(connection: Connection, key_id: str, new: NewImport) -> bool:
    if new.import_type is not None:
        return new.import_type == NEW_KEY_MATERIAL
    return _find(connection, key_id, materials.c.associated_at.is_not(None)) is None


def _require_room(
    connection: Connection, key_id: str, material: NewMaterial, existing: Row[Any] | None, new: NewImport
) -> None:
    """Returns if a key may have another material, and this is another."""
    if existing is not None:
        if existing.state == "creating":
            raise ImportUnderWay
        raise WrongMaterial("It is material of this key already, and no new one.")
    if not new.rotates and _find(connection, key_id, materials.c.role == KEY) is not None:
        raise WrongMaterial("This key has had its material, and only symmetric keys have several.")
    pending = _pending(connection, key_id)
    if pending is not None:
        raise OtherMaterialPending(material.kms_material_id, pending.kms_material_id)


def _pending(connection: Connection, key_id: str) -> Row[Any] | None:
    return _find(connection, key_id, materials.c.associated_at.is_(None))


def _find(connection: Connection, key_id: str, which: ColumnElement[bool]) -> Row[Any] | None:
    """A material of a key; wrapping pairs are none."""
    query = select(materials).where(materials.c.key_id == key_id, materials.c.role == KEY, which)
    return connection.execute(query).first()


def _set(
    connection: Connection, key_id: str, only_in: Collection[str] | None = None, **values: object
) -> None:
    change = update(keys).where(keys.c.key_id == key_id)
    if only_in is not None:
        change = change.where(keys.c.state.in_(only_in))
    connection.execute(change.values(values))
