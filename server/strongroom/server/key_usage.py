"""When keys were last used: noted for each answer, written to the store now and then."""

from collections.abc import Iterator
from itertools import islice
from threading import Lock

import structlog

from strongroom.server.store import KeyUsage, Store, StoreError

_AT_ONCE = 500  # in a transaction: others want to write, too

_log = structlog.get_logger("strongroom.usage")


class LastUses:
    """The last uses of keys by one worker; thread-safe. A killed worker loses those of the last seconds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._uses: dict[str, KeyUsage] = {}

    def note(self, use: KeyUsage) -> None:
        """Remembers a use that has just been."""
        with self._lock:
            self._uses[use.key_id] = use

    def flush(self) -> None:
        """Writes to the store what was noted since the last time; what it doesn't take is kept."""
        with self._lock:
            uses, self._uses = self._uses, {}
        for some in _parts_of(uses):
            try:
                self._store.note_usage(some)
            except StoreError as error:
                _log.warning("uses of keys not written", error=type(error).__name__)
                with self._lock:
                    self._uses = {**uses, **self._uses}
                return


def _parts_of(uses: dict[str, KeyUsage]) -> Iterator[dict[str, KeyUsage]]:
    rest = iter(uses.items())
    while some := dict(islice(rest, _AT_ONCE)):
        yield some
