"""When keys were last used: noted for each answer, written to the store now and then."""

from itertools import islice
from threading import Lock

import structlog

from strongroom.server.store import KeyUsage, Store, StoreError

_AT_ONCE = 50  # in a transaction: others want to write, too, and requests wait for the interpreter

_log = structlog.get_logger("strongroom.usage")


class LastUses:
    """The last uses of keys by one worker; thread-safe. A killed worker loses those since the last flush."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._uses: dict[str, KeyUsage] = {}

    @property
    def waiting(self) -> int:
        """How many aren't in the store yet."""
        return len(self._uses)

    def note(self, use: KeyUsage) -> None:
        """Remembers a use that has just been."""
        with self._lock:
            self._uses[use.key_id] = use

    def flush(self) -> None:
        """Writes to the store what was noted; what it doesn't take is kept."""
        while self.flush_some():
            pass

    def flush_some(self) -> bool:
        """Writes a part of what was noted; True if the store took it and there is more."""
        with self._lock:
            some = {key_id: self._uses.pop(key_id) for key_id in list(islice(self._uses, _AT_ONCE))}
            is_more = bool(self._uses)
        if not some:
            return False
        try:
            self._store.note_usage(some.values())
        except StoreError as error:
            _log.warning("uses of keys not written", error=type(error).__name__)
            with self._lock:
                self._uses = {**some, **self._uses}
            return False
        return is_more
