"""The policies of principals, cached until one of them changes."""

from collections.abc import Mapping
from threading import Lock
from types import MappingProxyType

from strongroom.server.core.policies import Policy
from strongroom.server.keyring.cache_figures import CacheFigures
from strongroom.server.keyring.compiled import compiled_principal_policy
from strongroom.server.store import PrincipalStore

_MAX_REMEMBERED = 10_000


class PrincipalPolicies:
    """What the principals' policies are, for one worker; thread-safe."""

    def __init__(self, store: PrincipalStore) -> None:
        self.figures = CacheFigures()
        self._store = store
        self._lock = Lock()
        self._epoch = 0
        self._known: dict[frozenset[str], Mapping[str, Policy]] = {}

    def forget(self) -> None:
        """Reads all anew: some have changed."""
        with self._lock:
            self._epoch += 1
            self._known.clear()

    def of(self, names: frozenset[str]) -> Mapping[str, Policy]:
        """The policies of a principal that is known by these ARNs, by what decisions call them.

        Raises:
            StoreError: they can't be read.
        """
        known = self._known.get(names)
        if known is None:
            self.figures.misses += 1
            return self._load(names)
        self.figures.hits += 1
        return known

    @property
    def size(self) -> int:
        """How many principals' policies are cached."""
        return len(self._known)

    def _load(self, names: frozenset[str]) -> Mapping[str, Policy]:
        epoch = self._epoch
        found = {
            f"principal policy {one.policy_name} of {one.principal}": compiled_principal_policy(one.policy)
            for one in self._store.find(names)
        }
        with self._lock:
            if epoch == self._epoch:  # otherwise what was read may be stale
                if len(self._known) >= _MAX_REMEMBERED:
                    self._known.clear()
                self._known[names] = MappingProxyType(found)
        return found
