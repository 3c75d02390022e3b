"""How many messages each material has encrypted.

A random 96-bit IV may repeat; NIST SP 800-38D §8.3 therefore allows 2^32 encryptions under one key. Each
worker reserves counts in blocks, in the store, before it uses them: a crash over-counts, never under-counts.
"""

from collections.abc import Iterator
from operator import length_hint
from threading import Lock

from strongroom.server.core.errors import LimitExceeded
from strongroom.server.store import EncryptionsExhausted, Store

MAX_ENCRYPTIONS = 2**32
_TURN = 256  # more than the requests that an event loop handles together


class EncryptionCounter:
    """The reserved counts of one worker; thread-safe.

    Args:
        store: where counts are reserved.
        block: how many encryptions one reservation covers.
    """

    def __init__(self, store: Store, block: int) -> None:
        self._store = store
        self._block = block
        self._lock = Lock()
        self._blocks: dict[bytes, Iterator[int]] = {}

    def has_reserved(self, material_id: bytes) -> bool:
        """True if the next few takes need no transaction: those of requests that are handled together."""
        return length_hint(self._blocks.get(material_id, ())) > _TURN

    def take(self, material_id: bytes) -> None:
        """Counts one encryption.

        Raises:
            LimitExceeded: the material has encrypted all it may.
        """
        # next() on a range iterator is one bytecode: two threads never take the same count.
        block = self._blocks.get(material_id, iter(()))
        if next(block, None) is None:
            self._reserve_and_take(material_id, block)

    def _reserve_and_take(self, material_id: bytes, exhausted: Iterator[int]) -> None:
        with self._lock:
            block = self._blocks.get(material_id, exhausted)
            if block is not exhausted and next(block, None) is not None:
                return
            try:
                reserved = self._store.reserve_encryptions(material_id, self._block, limit=MAX_ENCRYPTIONS)
            except EncryptionsExhausted:
                raise LimitExceeded(
                    "This key has encrypted 2^32 messages, the most that AES-GCM allows under one key. "
                    "Rotate it: RotateKeyOnDemand.",
                    metadata={"limit": str(MAX_ENCRYPTIONS)},
                ) from None
            block = iter(range(reserved.count))
            next(block)
            self._blocks[material_id] = block
