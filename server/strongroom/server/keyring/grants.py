"""The grants by which callers may use keys, cached until one of the key changes."""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from threading import Lock

from strongroom.server.core.callers import root_of
from strongroom.server.core.grants import Constraints, Grant, Terms
from strongroom.server.store import GrantRecord, GrantStore

_MAX_REMEMBERED = 10_000


class KeyGrants:
    """What callers' grants are, for one worker: looked up by key and grantee, never by going through all.

    Thread-safe. That a caller has none is remembered, too.
    """

    def __init__(self, store: GrantStore) -> None:
        self._store = store
        self._lock = Lock()
        self._epoch = 0
        self._count = 0
        self._known: defaultdict[str, dict[frozenset[str], tuple[Grant, ...]]] = defaultdict(dict)

    def forget(self, key_ids: Iterable[str]) -> None:
        """Reads those of these keys anew: some have changed."""
        with self._lock:
            self._epoch += 1
            for key_id in key_ids:
                self._count -= len(self._known.pop(key_id, ()))

    def forget_all(self) -> None:
        """Reads all anew."""
        with self._lock:
            self._epoch += 1
            self._clear()

    def to(self, key_id: str, names: frozenset[str]) -> tuple[Grant, ...]:
        """The grants on a key to a caller that is known by these ARNs, and to its account.

        Raises:
            StoreError: they can't be read.
        """
        of_key = self._known.get(key_id)
        known = None if of_key is None else of_key.get(names)
        return self._load(key_id, names) if known is None else known

    def _load(self, key_id: str, names: frozenset[str]) -> tuple[Grant, ...]:
        epoch = self._epoch
        found = tuple(map(grant_of, self._store.to(key_id, names | set(map(root_of, names)))))
        with self._lock:
            if epoch == self._epoch:  # otherwise what was read may be stale
                if self._count >= _MAX_REMEMBERED:
                    self._clear()
                self._count += names not in self._known[key_id]
                self._known[key_id][names] = found
        return found

    def _clear(self) -> None:
        self._known.clear()
        self._count = 0


def grant_of(record: GrantRecord) -> Grant:
    """What a stored grant allows."""
    return Grant(
        record.grant_id,
        record.grantee,
        record.retiring_principal,
        record.issuing_account,
        Terms(_operations(record.operations), Constraints(record.equals or None, record.subset or None)),
    )


@lru_cache(1024)
def _operations(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(names)
