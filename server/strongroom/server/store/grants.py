"""Grants. Every change tells the feed of the key."""

import json
from collections.abc import Callable, Collection
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, delete, func, insert, select

from strongroom.server.store.errors import NoSuchGrant, TooManyGrants
from strongroom.server.store.grant_fingerprints import FIELDS, fingerprint_of
from strongroom.server.store.keys import require_state
from strongroom.server.store.records import GrantDifference, GrantPage, GrantRecord, GrantTerms
from strongroom.server.store.tables import grants, keys
from strongroom.server.store.transactions import append_change, changing, reading

_COLUMNS = tuple(column for column in grants.c if column is not grants.c.fingerprint)
_AS_GIVEN = frozenset(column.name for column in _COLUMNS) - {"operations", "constraints"}
_OF_TERMS = (grants.c.grant_id, grants.c.grantee, grants.c.operations, grants.c.constraints)
_MOST_IDS = 500  # in a query: databases have limits


class GrantStore:
    """The grants on keys; every method may raise StoreUnavailable."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, grant: GrantRecord, *, allowed_in: frozenset[str], most: int) -> str:
        """Writes a grant, unless the key has one of its name with the same terms; gives that one's id.

        Raises:
            NoSuchKey, NotInState: of the key.
            TooManyGrants: the key has `most`.
        """
        row = _row(grant)
        with changing(self._engine) as connection:
            require_state(connection, grant.key_id, allowed_in)
            return _named_alike(connection, row) or _add(connection, row, most)

    def remove(self, key_id: str, grant_id: str) -> None:
        """Removes a grant on a key; NoSuchGrant if it has none such."""
        with changing(self._engine) as connection:
            _remove(connection, key_id, grant_id, self._clock())

    def find(self, grant_id: str) -> GrantRecord | None:
        """A grant by its id."""
        with reading(self._engine) as connection:
            row = connection.execute(_all().where(grants.c.grant_id == grant_id)).one_or_none()
        return None if row is None else _record(row)

    def difference(self, key_id: str, grantees: Collection[str], known: AbstractSet[str]) -> GrantDifference:
        """How the grants on a key to these grantees differ from those whose ids are known."""
        on_key = (grants.c.key_id == key_id, grants.c.grantee.in_(grantees))
        with reading(self._engine) as connection:
            if not known:
                return GrantDifference(frozenset(), _terms(connection, *on_key))
            ids = _ids(connection, *on_key)
            new = ids - known
            # Where most are new, all are read.
            rows = _terms(connection, *on_key, *_among(new)) if new else ()
        return GrantDifference(known - ids, tuple(row for row in rows if row.grant_id in new))

    def page_of_key(
        self, key_id: str, *, grant_id: str, grantee: str, limit: int, after: str | None
    ) -> GrantPage:
        """Up to `limit` grants on a key behind the id `after`; only this one, only to this grantee."""
        query = _all().where(grants.c.key_id == key_id)
        if grant_id:
            query = query.where(grants.c.grant_id == grant_id)
        if grantee:
            query = query.where(grants.c.grantee == grantee)
        return self._page(query, limit, after)

    def page_of_retiring(self, principal: str, *, limit: int, after: str | None) -> GrantPage:
        """Up to `limit` grants, on whatever keys, that this principal retires."""
        return self._page(_all().where(grants.c.retiring_principal == principal), limit, after)

    def _page(self, query: Select[Any], limit: int, after: str | None) -> GrantPage:
        if after is not None:
            query = query.where(grants.c.grant_id > after)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(grants.c.grant_id).limit(limit + 1)).all()
        return GrantPage(tuple(map(_record, rows[:limit])), truncated=len(rows) > limit)


def _all() -> Select[Any]:
    return select(*_COLUMNS, keys.c.account_id).join_from(grants, keys)


def _among(ids: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    """The condition that a grant is one of these; none if they are too many for a query."""
    return (grants.c.grant_id.in_(ids),) if len(ids) <= _MOST_IDS else ()


def _ids(connection: Connection, *conditions: ColumnElement[bool]) -> frozenset[str]:
    # In one value: a row for each of 50,000 would take five times as long.
    ids = connection.scalar(select(func.aggregate_strings(grants.c.grant_id, " ")).where(*conditions))
    return frozenset((ids or "").split())


def _terms(connection: Connection, *conditions: ColumnElement[bool]) -> tuple[GrantTerms, ...]:
    rows = connection.execute(select(*_OF_TERMS).where(*conditions).order_by(grants.c.grant_id))
    return tuple(
        GrantTerms(grant_id, grantee, tuple(operations.split()), **json.loads(constraints))
        for grant_id, grantee, operations, constraints in rows
    )


def _row(grant: GrantRecord) -> dict[str, Any]:
    return {
        **{name: getattr(grant, name) for name in _AS_GIVEN},
        "operations": " ".join(grant.operations),
        "constraints": json.dumps({"equals": dict(grant.equals), "subset": dict(grant.subset)}),
        "fingerprint": fingerprint_of(**{name: getattr(grant, name) for name in FIELDS}),
    }


def _named_alike(connection: Connection, row: dict[str, Any]) -> str | None:
    if row["fingerprint"] is None:
        return None
    alike = (grants.c.key_id == row["key_id"], grants.c.fingerprint == row["fingerprint"])
    found: str | None = connection.scalar(select(grants.c.grant_id).where(*alike).limit(1))
    return found


def _add(connection: Connection, row: dict[str, Any], most: int) -> str:
    count = select(func.count()).select_from(grants).where(grants.c.key_id == row["key_id"])
    if int(connection.execute(count).scalar_one()) >= most:
        raise TooManyGrants
    connection.execute(insert(grants).values(row))
    append_change(connection, row["key_id"], row["created_at"])
    return str(row["grant_id"])


def _remove(connection: Connection, key_id: str, grant_id: str, at: datetime) -> None:
    done = connection.execute(delete(grants).where(grants.c.grant_id == grant_id, grants.c.key_id == key_id))
    if done.rowcount != 1:
        raise NoSuchGrant
    append_change(connection, key_id, at)


def _record(row: Row[Any]) -> GrantRecord:
    values = dict(row._mapping)  # noqa: SLF001 # SQLAlchemy's public name for it
    constraints = json.loads(values.pop("constraints"))
    values["operations"] = tuple(values["operations"].split())
    return GrantRecord(**values, **constraints)
