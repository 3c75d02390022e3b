"""The policies of principals. Every change tells the feed."""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from strongroom.server.store.errors import NoSuchPolicy, TooManyPolicies
from strongroom.server.store.records import PrincipalPage, PrincipalPolicy
from strongroom.server.store.tables import principal_policies
from strongroom.server.store.transactions import PRINCIPALS, append_change, changing, reading

_COLUMNS = tuple(principal_policies.c[name] for name in PrincipalPolicy.__dataclass_fields__)


class PrincipalStore:
    """The policies of principals; every method may raise StoreUnavailable."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def put(self, principal: str, policy_name: str, account_id: str, policy: str, *, most: int) -> None:
        """Writes a policy, in the place of one of this name; TooManyPolicies above `most` of a principal."""
        now = self._clock()
        with changing(self._engine) as connection:
            _put(connection, PrincipalPolicy(principal, policy_name, account_id, policy, now), most)

    def remove(self, principal: str, policy_name: str) -> None:
        """Removes a policy; NoSuchPolicy if there is none."""
        with changing(self._engine) as connection:
            _remove(connection, principal, policy_name, self._clock())

    def find(self, principals: Collection[str]) -> tuple[PrincipalPolicy, ...]:
        """All policies of a principal that is known by these ARNs."""
        with reading(self._engine) as connection:
            return _find(connection, principals)

    def exist(self) -> bool:
        """True if any principal has a policy: otherwise nobody may do anything without a key."""
        with reading(self._engine) as connection:
            return connection.execute(select(principal_policies.c.principal).limit(1)).first() is not None

    def texts(self) -> tuple[tuple[str, str], ...]:
        """All policies: the principal's ARN, and the document."""
        query = select(principal_policies.c.principal, principal_policies.c.policy)
        with reading(self._engine) as connection:
            return tuple((row.principal, row.policy) for row in connection.execute(query))

    def page(self, account_id: str, *, limit: int, after: str | None) -> PrincipalPage:
        """Up to `limit` principals of an account that have policies, behind the ARN `after`."""
        with reading(self._engine) as connection:
            return _page(connection, account_id, limit, after)


def _put(connection: Connection, policy: PrincipalPolicy, most: int) -> None:
    others = select(func.count()).where(
        principal_policies.c.principal == policy.principal,
        principal_policies.c.policy_name != policy.policy_name,
    )
    if int(connection.execute(others).scalar_one()) >= most:
        raise TooManyPolicies
    row = {name: getattr(policy, name) for name in PrincipalPolicy.__dataclass_fields__}
    connection.execute(
        insert(principal_policies)
        .values(row)
        .on_conflict_do_update(
            index_elements=[principal_policies.c.principal, principal_policies.c.policy_name], set_=row
        )
    )
    append_change(connection, PRINCIPALS, policy.updated_at)


def _remove(connection: Connection, principal: str, policy_name: str, at: datetime) -> None:
    done = connection.execute(
        delete(principal_policies).where(
            principal_policies.c.principal == principal, principal_policies.c.policy_name == policy_name
        )
    )
    if done.rowcount != 1:
        raise NoSuchPolicy
    append_change(connection, PRINCIPALS, at)


def _find(connection: Connection, principals: Collection[str]) -> tuple[PrincipalPolicy, ...]:
    query = select(*_COLUMNS).where(principal_policies.c.principal.in_(principals))
    rows = connection.execute(query.order_by(*principal_policies.primary_key.columns)).all()
    return tuple(PrincipalPolicy(**row._mapping) for row in rows)  # noqa: SLF001 # SQLAlchemy's public name for it


def _page(connection: Connection, account_id: str, limit: int, after: str | None) -> PrincipalPage:
    query = select(principal_policies.c.principal).where(principal_policies.c.account_id == account_id)
    if after is not None:
        query = query.where(principal_policies.c.principal > after)
    query = query.distinct().order_by(principal_policies.c.principal).limit(limit + 1)
    found = connection.execute(query).scalars().all()
    names: dict[str, list[str]] = {principal: [] for principal in found[:limit]}
    for policy in _find(connection, names):
        names[policy.principal].append(policy.policy_name)
    listed = tuple((principal, tuple(policies)) for principal, policies in names.items())
    return PrincipalPage(listed, truncated=len(found) > limit)
