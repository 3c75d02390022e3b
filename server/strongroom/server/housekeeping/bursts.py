"""Keys that rotate together: intents first, then all objects, then all take effect.

What is made is seen by the workers at their next call to the token, so nothing else is done between the
objects; see `pacing`.
"""

import time
from contextlib import suppress
from functools import partial

import structlog

from strongroom.hsm import HsmError, Token, TokenUnavailable
from strongroom.server.audit import AuditUnavailable, RecordWriter
from strongroom.server.housekeeping.pacing import quiet_s
from strongroom.server.operations import BegunRotation, MadeMaterial, MaterialMaker
from strongroom.server.store import (
    AUTOMATIC,
    IntentLost,
    NoSuchKey,
    NotInState,
    RotationUnderWay,
    Store,
    StoreError,
)

_log = structlog.get_logger("strongroom.rotation")

_CHANGED = (IntentLost, NoSuchKey, NotInState, RotationUnderWay)
"""A key changed after it was found to be due."""


class Burst:
    """Some keys that are due; used again when it is carried out.

    Args:
        store: knows the keys.
        token: tells how long it takes to look for a material.
        maker: makes the materials.
        records: told of every rotation before it takes effect: a crash hides none.
        most_encryptions: after how many a key is due, whatever its schedule.
    """

    def __init__(
        self, store: Store, token: Token, maker: MaterialMaker, records: RecordWriter, most_encryptions: int
    ) -> None:
        self._store = store
        self._token = token
        self._maker = maker
        self._records = records
        self._most_encryptions = most_encryptions
        self._begun: list[BegunRotation] = []
        self._made: list[MadeMaterial] = []
        self._making_s = 0.0

    def __len__(self) -> int:
        return len(self._begun)

    def begin(self, key_id: str) -> None:
        """Adds a key, unless it changed meanwhile. AuditUnavailable, HsmError, StoreError."""
        self._records.require(for_change=True)
        key = self._store.load_key(key_id)
        if key is None:
            return
        with suppress(*_CHANGED):
            self._begun.append(self._maker.begin_due_rotation(key, most_encryptions=self._most_encryptions))

    def carry_out(self) -> int:
        """Rotates the keys; gives how many.

        What was made takes effect, whatever becomes of the others.

        Raises:
            AuditUnavailable, TokenUnavailable, StoreError: after the last that could be tried; what was
                begun is undone, at once or by reconciliation.
        """
        begun, self._begun = self._begun, []
        self._made = []
        started = time.monotonic()
        try:
            for one in begun:
                self._make(one)
        finally:
            self._making_s = time.monotonic() - started
            rotated = self._complete()
        return rotated

    def quiet_s(self) -> float:
        """For how many seconds to be quiet after it was carried out; it looks, which holds up others, too."""
        if not self._made:
            return 0.0
        started = time.monotonic()
        self._token.exists(self._made[-1].ref)
        return quiet_s(len(self._made), self._making_s, time.monotonic() - started)

    def _make(self, begun: BegunRotation) -> None:
        """Makes a material, unless the token refuses."""
        try:
            self._made.append(self._maker.make_due_material(begun))
        except TokenUnavailable:
            raise
        except HsmError as error:
            _log.error("key not rotated", key_id=begun.key.key_id, reason=str(error))  # no defect

    def _complete(self) -> int:
        rotated, failure = 0, None
        for one in self._made:
            try:
                self._maker.complete_due_rotation(
                    one, most_encryptions=self._most_encryptions, announce=partial(self._announce, one.key_id)
                )
            except _CHANGED:
                continue
            except (AuditUnavailable, HsmError, StoreError) as error:
                failure = error
                continue
            rotated += 1
            _log.info("RotateKey", key_id=one.key_id)
        if failure is not None:
            raise failure
        return rotated

    def _announce(self, key_id: str) -> None:
        self._records.write_service_event("RotateKey", {"keyId": key_id, "rotationType": AUTOMATIC})
