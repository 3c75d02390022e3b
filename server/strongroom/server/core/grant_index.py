"""The grants to one grantee on one key, so arranged that a request looks only at those that may be for it.

All the grants that a key may have can be to one grantee. Grants with the same terms are one here. Each is at
one place, where every request looks that it is for: at the whole encryption context if that must be just
this; at one of its pairs, where the fewest others are, if it must have some; else anywhere.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Collection, Mapping
from typing import NamedTuple, TypeAlias

from strongroom.server.core.grants import Constraints, Terms

_Pair: TypeAlias = tuple[str, str]
_Pairs: TypeAlias = frozenset[_Pair]
_Place: TypeAlias = _Pairs | _Pair | tuple[()]

_ANYWHERE: _Place = ()
_NO_PAIRS: _Pairs = frozenset()
_FEW = 2  # so many kinds are gone through more quickly than places are looked at


class _Kind(NamedTuple):
    """Terms, to be looked up: what the context must be, or None; pairs that it must have; operations."""

    whole: _Pairs | None
    some: _Pairs
    operations: frozenset[str]


class _Alike(NamedTuple):
    """Grants of one kind; their ids are sorted."""

    kind: _Kind
    terms: Terms
    ids: list[str]


class GrantIndex:
    """Finds of one grantee's grants those that allow something.

    One thread at a time may change it. Others may look meanwhile, and each grant is there for them or isn't:
    what is at a place is replaced as a whole, and no list of ids that somebody may have found becomes empty.
    """

    __slots__ = ("_alike", "_at", "_by_id", "_counts", "_unconstrained")

    def __init__(self) -> None:
        self._by_id: dict[str, _Alike] = {}
        self._alike: dict[_Kind, _Alike] = {}
        self._at: dict[_Place, tuple[_Alike, ...]] = {}
        self._counts: Counter[str] = Counter()
        self._unconstrained: dict[str, list[str]] = {}

    @property
    def ids(self) -> Collection[str]:
        """Of its grants."""
        return self._by_id.keys()

    def is_about(self, action: str) -> bool:
        """True if any of its grants may allow an action, `kms:` left out."""
        return self._counts[action] > 0

    def add(self, grant_id: str, terms: Terms) -> None:
        """Adds a grant that it hasn't got."""
        self._by_id[grant_id] = self._joined(grant_id, terms)
        self._counts.update(terms.operations)
        for action in terms.unconstrained_operations:
            insort(self._unconstrained.setdefault(action, []), grant_id)

    def discard(self, grant_id: str) -> None:
        """Removes a grant if it has it."""
        alike = self._by_id.pop(grant_id, None)
        if alike is None:
            return
        if not _leaves_others(alike.ids, grant_id):
            del self._alike[alike.kind]
            self._take(alike)
        self._counts.subtract(alike.terms.operations)
        for action in alike.terms.unconstrained_operations:
            if not _leaves_others(self._unconstrained[action], grant_id):
                del self._unconstrained[action]

    def allowing(self, action: str, context: Mapping[str, str], last: str = "") -> str:
        """The last of the ids of those whose terms allow an action other than CreateGrant, and of `last`.

        Args:
            action: the permission, without `kms:`.
            context: the encryption context that the request has for this key.
            last: an id that was found elsewhere; empty if none was.
        """
        if len(self._alike) > _FEW:
            return self._allowing_among_many(action, context, last)
        for _, terms, ids in self._alike.copy().values():  # another thread may change it
            if ids[-1] > last and terms.allow(action, context):
                last = ids[-1]
        return last

    def passing_on(self, new: Terms) -> str:
        """The last of the ids of those whose terms may be passed on as these; empty if none may."""
        whole, some = _sets(new.constraints)
        places: list[_Place] = [_ANYWHERE, *some]
        if whole is not None:
            places += (whole, *(whole - some))
        last = ""
        for place in places:
            for _, terms, ids in self._at.get(place, ()):
                if ids[-1] > last and terms.may_be_passed_on_as(new):
                    last = ids[-1]
        return last

    def _allowing_among_many(self, action: str, context: Mapping[str, str], last: str) -> str:
        unconstrained = self._unconstrained.get(action)
        if unconstrained and unconstrained[-1] > last:
            last = unconstrained[-1]
        at = self._at
        if len(at) == (_ANYWHERE in at):
            return last
        pairs = [(name, context[name]) for name in context]  # not items(): protobuf's maps inherit a slow one
        given = frozenset(pairs)
        places: tuple[_Place, ...] = (given, *pairs)
        for place in places:
            for (_, some, operations), _, ids in at.get(place, ()):
                if action in operations and some <= given and ids[-1] > last:
                    last = ids[-1]
        return last

    def _joined(self, grant_id: str, terms: Terms) -> _Alike:
        """What a grant is alike, with it."""
        kind = _Kind(*_sets(terms.constraints), terms.operations)
        alike = self._alike.get(kind)
        if alike is None:
            alike = self._alike[kind] = _Alike(kind, terms, [grant_id])
            self._put(alike)
        else:
            insort(alike.ids, grant_id)
        return alike

    def _put(self, alike: _Alike) -> None:
        place = min(_places(alike.kind), key=lambda place: len(self._at.get(place, ())))
        self._at[place] = (*self._at.get(place, ()), alike)

    def _take(self, alike: _Alike) -> None:
        place = next(place for place in _places(alike.kind) if alike in self._at.get(place, ()))
        others = tuple(one for one in self._at[place] if one is not alike)
        if others:
            self._at[place] = others
        else:
            del self._at[place]


def _leaves_others(ids: list[str], grant_id: str) -> bool:
    """Removes an id, unless it is the only one."""
    if len(ids) == 1:
        return False
    del ids[bisect_left(ids, grant_id)]
    return True


def _sets(constraints: Constraints) -> tuple[_Pairs | None, _Pairs]:
    equals, subset = constraints.equals, constraints.subset
    return (
        None if equals is None else frozenset(equals.items()),
        frozenset(subset.items()) if subset else _NO_PAIRS,
    )


def _places(kind: _Kind) -> Collection[_Place]:
    """Where it may be."""
    if kind.whole is not None:
        return (kind.whole,)
    return kind.some or (_ANYWHERE,)
