"""How many keys there are, and what is to happen to them next: for whoever watches a deployment."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, func, select

from strongroom.server.store.keys import CREATING, DELETING, KEY
from strongroom.server.store.tables import keys, materials
from strongroom.server.store.transactions import reading

_PENDING = "PendingDeletion"
_HIDDEN_BY_MISSING_MATERIAL = frozenset({"Enabled", "Disabled"})


@dataclass(frozen=True, slots=True)
class Census:
    """What a store has.

    Args:
        keys: how many keys, by state and key spec as AWS KMS names them.
        missing: how many materials the token should have and hasn't.
        next_rotation_at: when the first enabled key is to rotate by itself, or None.
        rotations_due: how many should have by now.
        next_deletion_at: when the first key that is pending deletion is to be deleted, or None.
        deletions_due: how many should have been by now.
        next_expiry_at: when the first imported material expires, or None.
        expiring: how many expire within so many days.
    """

    keys: Mapping[tuple[str, str], int]
    missing: int
    next_rotation_at: datetime | None
    rotations_due: int
    next_deletion_at: datetime | None
    deletions_due: int
    next_expiry_at: datetime | None
    expiring: Mapping[int, int]


class Censuses:
    """Takes censuses; goes through all keys. May raise StoreUnavailable."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def take(self, expiring_days: Sequence[int]) -> Census:
        """What the store has at this moment."""
        now = self._clock()
        with reading(self._engine) as connection:
            next_rotation_at, rotations_due = _next(
                connection, keys.c.next_rotation_at, now, keys.c.state == "Enabled"
            )
            next_deletion_at, deletions_due = _next(
                connection, keys.c.deletion_date, now, keys.c.state.in_((_PENDING, DELETING))
            )
            is_used = (materials.c.state == "enabled") & (materials.c.role == KEY)
            next_expiry_at, _ = _next(connection, materials.c.expires_at, now, is_used)
            return Census(
                keys=_keys(connection),
                missing=_count(connection, is_used & materials.c.missing_since.is_not(None)),
                next_rotation_at=next_rotation_at,
                rotations_due=rotations_due,
                next_deletion_at=next_deletion_at,
                deletions_due=deletions_due,
                next_expiry_at=next_expiry_at,
                expiring={
                    days: _count(connection, is_used & (materials.c.expires_at <= now + timedelta(days)))
                    for days in expiring_days
                },
            )


def _keys(connection: Connection) -> Mapping[tuple[str, str], int]:
    is_missing = materials.c.missing_since.is_not(None)
    query = (
        select(keys.c.state, keys.c.key_spec, is_missing, func.count())
        .join_from(keys, materials, materials.c.material_id == keys.c.current_material_id, isouter=True)
        .where(keys.c.state != CREATING)
        .group_by(keys.c.state, keys.c.key_spec, is_missing)
    )
    found: dict[tuple[str, str], int] = {}
    for state, spec, is_hidden, count in connection.execute(query):
        key = _visible(state, is_hidden=bool(is_hidden)), spec
        found[key] = found.get(key, 0) + count
    return found


def _visible(state: str, *, is_hidden: bool) -> str:
    if is_hidden and state in _HIDDEN_BY_MISSING_MATERIAL:
        return "Unavailable"
    return _PENDING if state == DELETING else state


def _next(
    connection: Connection, column: ColumnElement[Any], now: datetime, condition: ColumnElement[bool]
) -> tuple[datetime | None, int]:
    """The first moment of a column, and how many have passed."""
    passed = func.count().filter(column <= now)
    first, count = connection.execute(select(func.min(column), passed).where(condition)).one()
    return first, int(count)


def _count(connection: Connection, condition: ColumnElement[bool]) -> int:
    return int(connection.execute(select(func.count()).select_from(materials).where(condition)).scalar_one())
