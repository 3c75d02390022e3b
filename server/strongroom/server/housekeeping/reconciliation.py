"""Store and token agree: what a crash left half done is finished or undone.

Neither can commit with the other, so every change of material is an intent first. An intent whose service is
dead, or that is older than the grace period, is undone: nobody was answered. The creator of an undone key
finds its intent lost and destroys what it made. Objects that the store doesn't know are never touched.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

import structlog

from strongroom.hsm import (
    HsmError,
    IdentityMismatch,
    MaterialId,
    Token,
    TokenObject,
    TokenUnavailable,
)
from strongroom.server.audit import RecordWriter
from strongroom.server.core.clock import utc_now
from strongroom.server.core.steps import reached
from strongroom.server.housekeeping.progress import Progress
from strongroom.server.keyring import ref_of
from strongroom.server.store import Intent, IntentLost, MaterialRecord, Store

_log = structlog.get_logger("strongroom.reconciliation")


class Reconciliation:
    """One comparison of store and token.

    Args:
        store: the truth about what there should be.
        token: the truth about what there is.
        records: told of everything that is changed; of what is undone before it is complete.
        boot_id: of the running service; its own intents have the grace period.
        grace_s: seconds that an intent may take.
    """

    def __init__(
        self, store: Store, token: Token, records: RecordWriter, boot_id: str, grace_s: float
    ) -> None:
        self._store = store
        self._token = token
        self._records = records
        self._boot_id = boot_id
        self._grace = timedelta(seconds=grace_s)

    def run(self, progress: Progress) -> int:
        """Finishes, undoes and notes what needs it; gives how many intents and materials did.

        Raises:
            HsmError, StoreError, AuditUnavailable, RoundOver: the rest is left for the next time.
        """
        pending = self._store.pending_intents()
        dead = [intent for intent in pending if intent.kind != "deleting" and self._is_dead(intent)]
        for intent in progress.over(dead):
            self._try_to_finish(intent)
        # In this order: a key created meanwhile is on the token but not yet among these materials.
        materials = self._store.all_materials()
        objects = self._token.objects()
        changed = self._note_missing(progress.over(materials), frozenset(objects))
        self._report_unknown(objects)
        return len(dead) + changed

    def _is_dead(self, intent: Intent) -> bool:
        return intent.owner != self._boot_id or utc_now() - intent.begun_at > self._grace

    def _try_to_finish(self, intent: Intent) -> None:
        """What the token refuses of one object keeps back nothing else."""
        try:
            self._finish(intent)
        except TokenUnavailable:
            raise
        except HsmError as error:
            _log.error(  # no defect
                "interrupted intent not finished", key_id=intent.key_id, reason=str(error)
            )

    def _finish(self, intent: Intent) -> None:
        with suppress(IntentLost):  # its owner was quicker
            if intent.kind == "creating":
                self._store.begin_undo(intent.material_id, self._boot_id)
                reached("reconciliation.begun")
            existed = self._token.destroy(MaterialId(intent.material_id), intent.label)
            reached("reconciliation.destroyed")
            self._tell("FinishInterruptedIntent", intent, kind=intent.kind, objectExisted=existed)
            reached("reconciliation.recorded")
            self._store.complete_destroy(intent.material_id, f"{intent.kind} was interrupted")
            reached("reconciliation.completed")

    def _note_missing(self, materials: Iterable[MaterialRecord], found: frozenset[TokenObject]) -> int:
        changed = 0
        for material in materials:
            is_there = TokenObject(material.material_id, material.label) in found
            if not is_there and self._store.mark_missing(material.material_id):
                self._tell("KeyMaterialMissing", material)
                changed += 1
            elif is_there and material.missing_since is not None and self._is_itself(material):
                self._store.mark_found(material.material_id)
                self._tell("KeyMaterialFound", material)
                changed += 1
        return changed

    def _is_itself(self, material: MaterialRecord) -> bool:
        try:
            return self._token.exists(ref_of(material))
        except IdentityMismatch:
            return False

    def _report_unknown(self, objects: Iterable[TokenObject]) -> None:
        for found in unknown_objects(self._store, objects):
            _log.warning("an object on the token is unknown to the store", label=found.label)

    def _tell(self, event: str, about: Intent | MaterialRecord, **details: object) -> None:
        _log.warning(event, key_id=about.key_id, **details)
        self._records.write_service_event(event, {"keyId": about.key_id, **details})


def unknown_objects(store: Store, objects: Iterable[TokenObject]) -> list[TokenObject]:
    """The objects of the deployment that no row speaks of; asked after the token was."""
    known = store.expected_objects()
    return [found for found in objects if found.material_id not in known]
