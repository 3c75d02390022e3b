"""Keys whose waiting period is over are deleted: first their objects on the token, then their rows.

What can't be destroyed now is tried again in the next round; until then the key is pending deletion.
"""

from contextlib import suppress

import structlog

from strongroom.hsm import HsmError, MaterialId, Token, TokenUnavailable
from strongroom.server.audit import RecordWriter
from strongroom.server.core.steps import reached
from strongroom.server.housekeeping.progress import Progress
from strongroom.server.store import IntentLost, NotInState, Store

_log = structlog.get_logger("strongroom.deletion")

_REASON = "the key was deleted"


class Deletion:
    """One round of deleting what is due.

    Args:
        store: knows the keys.
        token: has their materials.
        records: told of every deletion before it is complete: a crash may tell it twice, never not at all.
        boot_id: of the running service.
    """

    def __init__(self, store: Store, token: Token, records: RecordWriter, boot_id: str) -> None:
        self._store = store
        self._token = token
        self._records = records
        self._boot_id = boot_id

    def run(self, progress: Progress) -> int:
        """Deletes what is due; gives how many keys. What the token refuses of one keeps back no other.

        Raises:
            TokenUnavailable, StoreError, AuditUnavailable, RoundOver: the rest is left for the next time.
        """
        deleted = 0
        for key_id in progress.over(self._store.due_deletions()):
            try:
                self._delete(key_id)
            except NotInState:
                continue  # cancelled meanwhile
            except TokenUnavailable:
                raise
            except HsmError as error:
                _log.error("key not deleted", key_id=key_id, reason=str(error))  # no defect
            else:
                deleted += 1
        return deleted

    def _delete(self, key_id: str) -> None:
        self._records.require(for_change=True)
        intents = self._store.begin_delete(key_id, self._boot_id)
        reached("deletion.begun")
        for intent in intents:
            self._token.destroy(MaterialId(intent.material_id), intent.label)
            reached("deletion.destroyed")
            with suppress(IntentLost):
                self._store.complete_destroy(intent.material_id, _REASON)
            reached("deletion.removed")
        destroyed = self._store.count_destroyed(key_id, _REASON)  # those before a crash, too
        details = {"keyId": key_id, "materialsDestroyed": destroyed}
        self._records.write_service_event("DeleteKey", details)
        reached("deletion.recorded")
        self._store.complete_delete(key_id)
        reached("deletion.completed")
        _log.info("DeleteKey", key_id=key_id)
