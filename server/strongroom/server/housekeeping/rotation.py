"""Keys rotate by themselves: when their date has come, and when their material has encrypted enough.

NIST SP 800-38D §8.3 allows 2^32 encryptions with random IVs under one material;
at half of them another is made.
"""

import time

import structlog

from strongroom.hsm import HsmError, Token, TokenUnavailable
from strongroom.server.audit import RecordWriter
from strongroom.server.housekeeping.pacing import Pace
from strongroom.server.housekeeping.progress import Progress
from strongroom.server.keyring import ref_of
from strongroom.server.operations import MaterialMaker
from strongroom.server.store import AUTOMATIC, IntentLost, NoSuchKey, NotInState, RotationUnderWay, Store

_log = structlog.get_logger("strongroom.rotation")

MOST_ENCRYPTIONS = 2**31

_PAUSE_S = 0.002  # for the requests that want the store and the token, too
_MOST_S = 30.0  # other jobs wait


class Rotation:
    """One round of rotating what is due.

    Args:
        store: knows the keys.
        token: tells how long it takes to look for a material.
        maker: makes the materials.
        records: told of every rotation before it takes effect: a crash hides none.
    """

    def __init__(self, store: Store, token: Token, maker: MaterialMaker, records: RecordWriter) -> None:
        self._store = store
        self._token = token
        self._maker = maker
        self._records = records

    def run(self, progress: Progress) -> int:
        """Rotates what is due, for half a minute; gives how many keys.

        What the token refuses of one keeps back no other.

        Raises:
            HsmError, StoreError, AuditUnavailable, RoundOver: the rest is left for the next time.
        """
        rotated, end, pace = 0, time.monotonic() + _MOST_S, Pace(self._look_s)
        for key_id in progress.over(self._store.due_rotations(MOST_ENCRYPTIONS)):
            rotated += self._has_rotated(key_id)
            time.sleep(_PAUSE_S)
            quiet_s = pace.quiet_after(key_id)
            progress.pause(quiet_s)
            if quiet_s and time.monotonic() > end:
                break  # the next round goes on
        return rotated

    def _look_s(self, key_id: str) -> float:
        """How long it takes to look for a material that was made just now."""
        key = self._store.load_key(key_id)
        if key is None:
            return 0.0
        material = next(one for one in key.materials if one.material_id == key.current_material_id)
        started = time.monotonic()
        self._token.exists(ref_of(material))
        return time.monotonic() - started

    def _has_rotated(self, key_id: str) -> bool:
        try:
            self._rotate(key_id)
        except (IntentLost, NoSuchKey, NotInState, RotationUnderWay):
            return False  # changed meanwhile
        except TokenUnavailable:
            raise
        except HsmError as error:
            _log.error("key not rotated", key_id=key_id, reason=str(error))  # no defect
            return False
        return True

    def _rotate(self, key_id: str) -> None:
        self._records.require(for_change=True)
        key = self._store.load_key(key_id)
        if key is None:
            raise NoSuchKey
        details = {"keyId": key_id, "rotationType": AUTOMATIC}
        self._maker.rotate_if_due(
            key,
            most_encryptions=MOST_ENCRYPTIONS,
            announce=lambda: self._records.write_service_event("RotateKey", details),
        )
        _log.info("RotateKey", key_id=key_id)
