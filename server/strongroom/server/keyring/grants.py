"""The grants by which callers may use keys, remembered; after a change only what is new is read."""

from collections.abc import Iterable
from threading import Lock

from strongroom.server.keyring.grants_of_key import CallersGrants, GrantsOfKey
from strongroom.server.store import GrantStore

MOST_REMEMBERED = 60_000  # 5 KB each, if they have eight pairs of constraints; a key can have 50,000


class KeyGrants:
    """What callers' grants are, for one worker: looked up by key and grantee, never by going through all.

    Thread-safe. That a caller has none is remembered, too.

    Args:
        store: where the grants are.
        most: how many grants and grantees are remembered; beyond it the keys go that are remembered longest.
    """

    def __init__(self, store: GrantStore, most: int = MOST_REMEMBERED) -> None:
        self._store = store
        self._most = most
        self._lock = Lock()
        self._keys: dict[str, GrantsOfKey] = {}
        self._sizes: dict[str, int] = {}
        self._size = 0

    def forget(self, key_ids: Iterable[str]) -> None:
        """Looks again at the grants on these keys: some have changed."""
        for key_id in key_ids:
            of_key = self._keys.get(key_id)
            if of_key is not None:
                of_key.forget()

    def forget_all(self) -> None:
        """Looks again at all."""
        with self._lock:
            for of_key in self._keys.values():
                of_key.forget()

    @property
    def size(self) -> int:
        """How many grants and grantees are remembered."""
        return self._size

    def to(self, key_id: str, names: frozenset[str]) -> CallersGrants:
        """The grants on a key to a caller that is known by these ARNs, and to its account.

        Raises:
            StoreError: they can't be read.
        """
        of_key = self._keys.get(key_id)
        known = None if of_key is None else of_key.current.of_callers.get(names)
        return self._load(key_id, names) if known is None else known

    def _load(self, key_id: str, names: frozenset[str]) -> CallersGrants:
        with self._lock:  # and before anything is read: what changes from now on is told to it
            of_key = self._keys.get(key_id)
            if of_key is None:
                of_key = self._keys[key_id] = GrantsOfKey(self._store, key_id)
        found = of_key.load(names)
        with self._lock:
            if self._keys.get(key_id) is of_key:
                self._count(key_id, of_key.size)
                self._make_room()
        return found

    def _count(self, key_id: str, size: int) -> None:
        self._size += size - self._sizes.get(key_id, 0)
        self._sizes[key_id] = size

    def _make_room(self) -> None:
        while self._size > self._most:
            oldest = next(iter(self._keys))
            del self._keys[oldest]
            self._size -= self._sizes.pop(oldest, 0)
