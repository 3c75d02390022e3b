"""The right to do the housekeeping: one process has it at a time."""

import time

from strongroom.server.store import Store

LEASE = "housekeeping"

_RENEWED_AFTER = 1 / 3


class Lease:
    """The lease as one process holds it.

    Args:
        store: where it is written.
        holder: the boot id of the service.
        ttl_s: seconds after which it ends unless it is renewed.
    """

    def __init__(self, store: Store, holder: str, ttl_s: float) -> None:
        self._store = store
        self._holder = holder
        self._ttl_s = ttl_s
        self._taken = 0.0

    def take(self) -> bool:
        """Takes or renews it; False while another holds it. Raises StoreError."""
        self._taken = time.monotonic()
        return self._store.leases.acquire(LEASE, self._holder, self._ttl_s)

    def keep(self) -> bool:
        """Renews it if a third of its time has passed; False if it is another's by now. Raises StoreError."""
        if time.monotonic() - self._taken < self._ttl_s * _RENEWED_AFTER:
            return True
        return self.take()
