"""What a worker remembers of the grants on one key."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache
from threading import Lock
from typing import NamedTuple

from strongroom.server.core.callers import root_of
from strongroom.server.core.grant_index import GrantIndex
from strongroom.server.core.grants import Constraints, Grant, Terms
from strongroom.server.core.policies import Granted
from strongroom.server.store import GrantRecord, GrantStore, GrantTerms


class Candidates(NamedTuple):
    """The grants of which some may allow an action: those to the caller itself, and those to its account."""

    to_principal: tuple[GrantIndex, ...]
    to_account: tuple[GrantIndex, ...]

    def allowing(self, action: str, context: Mapping[str, str]) -> Granted:
        """Those that allow an action other than CreateGrant with an encryption context."""
        to_principal = to_account = ""
        for index in self.to_principal:  # no function for both: this is for every request
            to_principal = index.allowing(action, context, to_principal)
        for index in self.to_account:
            to_account = index.allowing(action, context, to_account)
        return Granted(to_principal, to_account)

    def passing_on(self, new: Terms) -> Granted:
        """Those by which a grant with these terms may be made."""
        return Granted(_passing_on(self.to_principal, new), _passing_on(self.to_account, new))


NO_CANDIDATES = Candidates((), ())


class CallersGrants:
    """The grants of one caller on a key, as they are until one of the key changes; thread-safe."""

    __slots__ = ("_by_action", "_to_account", "_to_principal")

    def __init__(self, to_principal: Iterable[GrantIndex], to_account: Iterable[GrantIndex]) -> None:
        self._to_principal = tuple(to_principal)
        self._to_account = tuple(to_account)
        self._by_action: dict[str, Candidates] = {}

    def for_action(self, action: str) -> Candidates:
        """Those of which some may allow an action, `kms:` left out; NO_CANDIDATES if none may."""
        found = self._by_action.get(action)
        if found is None:
            found = Candidates(_about(action, self._to_principal), _about(action, self._to_account))
            found = self._by_action[action] = found if any(found) else NO_CANDIDATES
        return found


def _about(action: str, indexes: Iterable[GrantIndex]) -> tuple[GrantIndex, ...]:
    return tuple(index for index in indexes if index.is_about(action))


def _passing_on(indexes: Iterable[GrantIndex], new: Terms) -> str:
    return max((index.passing_on(new) for index in indexes), default="")


class Current:
    """What holds now: replaced as a whole, so that whoever read before writes where nobody looks.

    Args:
        grantees: whose grants are all known.
        of_callers: the grants of callers, by their names.
    """

    __slots__ = ("grantees", "of_callers")

    def __init__(self) -> None:
        self.grantees: set[str] = set()
        self.of_callers: dict[frozenset[str], CallersGrants] = {}


class GrantsOfKey:
    """The grants on one key, by grantee; thread-safe.

    A grant never changes: those that were read are kept when others are made or end; only new ones are read.
    """

    def __init__(self, store: GrantStore, key_id: str) -> None:
        self._store = store
        self._key_id = key_id
        self._lock = Lock()
        self._indexes: dict[str, GrantIndex] = {}
        self.current = Current()
        self.size = 0
        """How many grants and grantees are remembered."""

    def forget(self) -> None:
        """Looks again for what is there: something has changed."""
        self.current = Current()

    def load(self, names: frozenset[str]) -> CallersGrants:
        """The grants of a caller that is known by these ARNs, and to its account, from the store.

        Raises:
            StoreError: they can't be read.
        """
        roots = frozenset(map(root_of, names)) - names
        current = self.current  # before anything is read: what changes from now on replaces it
        with self._lock:
            behind = (names | roots) - current.grantees
            if behind:
                self._catch_up(behind)
                current.grantees |= behind
            index_of = self._indexes.__getitem__
            found = CallersGrants(map(index_of, names), map(index_of, roots))
        current.of_callers[names] = found
        return found

    def _catch_up(self, grantees: AbstractSet[str]) -> None:
        indexes = {grantee: self._indexes.get(grantee, GrantIndex()) for grantee in grantees}
        known = frozenset(grant_id for index in indexes.values() for grant_id in index.ids)
        difference = self._store.difference(self._key_id, grantees, known)
        for new in difference.new:
            indexes[new.grantee].add(new.grant_id, terms_of(new))
        for grant_id in difference.gone:
            for index in indexes.values():
                index.discard(grant_id)
        self.size += len(difference.new) - len(difference.gone) + len(indexes.keys() - self._indexes.keys())
        self._indexes.update(indexes)


def grant_of(record: GrantRecord) -> Grant:
    """What a stored grant allows."""
    return Grant(
        record.grant_id, record.grantee, record.retiring_principal, record.issuing_account, terms_of(record)
    )


def terms_of(record: GrantRecord | GrantTerms) -> Terms:
    """The terms of a stored grant."""
    return Terms(_operations(record.operations), Constraints(record.equals or None, record.subset or None))


@lru_cache(1024)
def _operations(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(names)
