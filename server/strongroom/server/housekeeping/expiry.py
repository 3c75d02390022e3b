"""Imported material whose time is over is deleted, and so are wrapping pairs that nobody used in time."""

import structlog

from strongroom.hsm import HsmError, TokenUnavailable
from strongroom.server.audit import RecordWriter
from strongroom.server.housekeeping.progress import Progress
from strongroom.server.operations import MaterialImporter
from strongroom.server.store import ImportUnderWay, IntentLost, NoSuchMaterial, Store

_log = structlog.get_logger("strongroom.expiry")


class Expiry:
    """One round of deleting what has expired.

    Args:
        store: knows what has.
        importer: deletes it.
        records: told of every material before its object is destroyed.
    """

    def __init__(self, store: Store, importer: MaterialImporter, records: RecordWriter) -> None:
        self._store = store
        self._importer = importer
        self._records = records

    def run(self, progress: Progress) -> int:
        """Deletes what has expired; gives how much. What the token refuses of one keeps back no other.

        Raises:
            TokenUnavailable, StoreError, AuditUnavailable, RoundOver: the rest is left for the next time.
        """
        deleted = 0
        for key_id, name in progress.over(self._store.expired_materials()):
            deleted += self._has_deleted_material(key_id, name)
        for parameters in progress.over(self._store.expired_parameters()):
            try:
                self._importer.destroy_pair(parameters, "its import token expired")
            except IntentLost:
                continue  # used meanwhile
            except TokenUnavailable:
                raise
            except HsmError as error:
                _log.error(
                    "wrapping pair not destroyed", key_id=parameters.key_id, reason=str(error)
                )  # no defect
            else:
                deleted += 1
        return deleted

    def _has_deleted_material(self, key_id: str, name: str) -> bool:
        self._records.require(for_change=True)
        details = {"keyId": key_id, "keyMaterialId": name}
        try:
            is_gone = self._importer.expire(
                key_id,
                name,
                lambda: self._records.write_service_event("DeleteExpiredKeyMaterial", details),
            )
        except (ImportUnderWay, IntentLost, NoSuchMaterial):
            return False  # imported anew, or deleted meanwhile
        except TokenUnavailable:
            raise
        except HsmError as error:
            _log.error("expired material not destroyed", key_id=key_id, reason=str(error))  # no defect
            return False
        if is_gone:
            _log.info("DeleteExpiredKeyMaterial", key_id=key_id)
        return is_gone
