"""What a restoration would lack, lose and leave unknown."""

from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import dataclass

from strongroom.hsm.inspection import Inspection, Presence
from strongroom.server.cli.backups.opening import OpenedBackup
from strongroom.server.housekeeping.reconciliation import unknown_objects
from strongroom.server.keyring import ref_of
from strongroom.server.store import Store
from strongroom.server.store.surveys import Survey, should_be_on_token


@dataclass(frozen=True, slots=True)
class AffectedKey:
    """A key some of whose materials are concerned.

    Args:
        key_id, key_spec, state: as AWS KMS names them.
        concerned: how many of its materials.
        materials: how many it has.
        is_current_concerned: True if the one that it encrypts or signs with is.
    """

    key_id: str
    key_spec: str
    state: str
    concerned: int
    materials: int
    is_current_concerned: bool


@dataclass(frozen=True, slots=True)
class UnknownObject:
    """An object of the deployment on the token that the restored database wouldn't know.

    Args:
        material_id: in hex.
        label: `strongroom/<deployment>/<key id>`.
    """

    material_id: str
    label: str


@dataclass(frozen=True, slots=True)
class ChangedState:
    """A key whose state would be another."""

    key_id: str
    now: str
    restored: str


@dataclass(frozen=True, slots=True)
class TokenComparison:
    """What the token has of it.

    Args:
        lacking: keys whose objects aren't on the token, or aren't the ones that were made for them.
        unknown: what is on the token besides.
    """

    lacking: tuple[AffectedKey, ...]
    unknown: tuple[UnknownObject, ...]


@dataclass(frozen=True, slots=True)
class DatabaseComparison:
    """What would be lost against the database that is there now.

    Args:
        lost: keys that would go, or materials of theirs, as of a rotation since the backup.
        destroyed: keys that would come back whose materials were destroyed since the backup.
        changed: keys whose state would be another.
    """

    lost: tuple[AffectedKey, ...] = ()
    destroyed: tuple[AffectedKey, ...] = ()
    changed: tuple[ChangedState, ...] = ()


def compare_with_token(backup: OpenedBackup, token: Inspection, deployment: str) -> TokenComparison:
    """Looks for every object that should be on the token, and for others.

    Raises:
        HsmError, StoreError: it can't be told.
    """
    found = token.objects(deployment)
    expected = {m.material_id for m in backup.survey.materials.values() if should_be_on_token(m)}
    with closing(Store.open(f"sqlite:///{backup.database}")) as store:
        absent = {
            record.material_id
            for record in store.all_materials()
            if record.material_id in expected and token.find(ref_of(record)) is not Presence.PROVED
        }
        unknown = unknown_objects(store, found)
    return TokenComparison(
        lacking=_affected(backup.survey, absent),
        unknown=tuple(UnknownObject(one.material_id.hex(), one.label) for one in unknown),
    )


def compare_with_database(backup: Survey, now: Survey) -> DatabaseComparison:
    """What would be lost of what there is now."""
    lost = {m.material_id for m in now.materials.values() if should_be_on_token(m)} - backup.materials.keys()
    expected = {m.material_id for m in backup.materials.values() if should_be_on_token(m)}
    return DatabaseComparison(
        lost=_affected(now, lost, now.keys.keys() - backup.keys.keys()),
        destroyed=_affected(backup, expected & now.destroyed),
        changed=tuple(
            ChangedState(key.key_id, now.keys[key.key_id].state, key.state)
            for key in backup.keys.values()
            if key.key_id in now.keys and now.keys[key.key_id].state != key.state
        ),
    )


def _affected(
    survey: Survey, concerned: Iterable[bytes], more: AbstractSet[str] = frozenset()
) -> tuple[AffectedKey, ...]:
    """The keys of some materials, and `more`, each once."""
    materials = [survey.materials[material_id] for material_id in concerned]
    counts = Counter(material.key_id for material in materials)
    current = {material.key_id for material in materials if material.is_current}
    totals = Counter(material.key_id for material in survey.materials.values())
    return tuple(
        AffectedKey(
            key_id,
            key.key_spec,
            key.state,
            counts[key_id],
            totals[key_id],
            is_current_concerned=key_id in current,
        )
        for key_id, key in sorted(survey.keys.items())
        if key_id in counts or key_id in more
    )
