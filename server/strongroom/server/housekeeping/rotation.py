"""Keys rotate by themselves: when their date has come, and when their material has encrypted enough.

NIST SP 800-38D §8.3 allows 2^32 encryptions with random IVs under one material;
at half of them another is made.
"""

import time
from contextlib import suppress

import structlog

from strongroom.server.audit import RecordWriter
from strongroom.server.operations import MaterialMaker
from strongroom.server.store import NoSuchKey, NotInState, RotationUnderWay, Store

_log = structlog.get_logger("strongroom.rotation")

MOST_ENCRYPTIONS = 2**31

_AUTOMATIC = "AUTOMATIC"
_PAUSE_S = 0.005  # for the requests that want the store and the token, too
_TOLD_EVERY = 500


class Rotation:
    """One round of rotating what is due.

    Args:
        store: knows the keys.
        maker: makes the materials.
        records: told of every rotation.
    """

    def __init__(self, store: Store, maker: MaterialMaker, records: RecordWriter) -> None:
        self._store = store
        self._maker = maker
        self._records = records

    def run(self) -> int:
        """Rotates what is due; gives how many keys.

        Raises:
            HsmError, StoreError, AuditUnavailable: the rest is left for the next time.
        """
        due = self._store.due_rotations(MOST_ENCRYPTIONS)
        for done, key_id in enumerate(due, start=1):
            with suppress(NoSuchKey, NotInState, RotationUnderWay):  # changed meanwhile
                self._rotate(key_id)
            if done % _TOLD_EVERY == 0:
                _log.info("rotating", done=done, of=len(due))
            time.sleep(_PAUSE_S)
        return len(due)

    def _rotate(self, key_id: str) -> None:
        self._records.require(for_change=True)
        record = self._store.load_key(key_id)
        if record is None:
            return
        self._maker.rotate(key_id, record.key_spec, record.key_usage, _AUTOMATIC)
        self._records.write_service_event("RotateKey", {"keyId": key_id, "rotationType": _AUTOMATIC})
        _log.info("RotateKey", key_id=key_id)
