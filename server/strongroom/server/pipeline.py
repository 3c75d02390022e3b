"""The one way through: authenticate, validate, resolve, authorise, check state, execute, audit.

Every face hands every request to `Pipeline.begin` and then to `Pipeline.finish`, which always give an
outcome and never raise; requests that are finished together share one write to the audit trail. The order
of the checks is AWS KMS's: who asks, what is wrong with the request alone, which keys it means and whether
the caller may, their state, their kind, and a dry run last.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog

from strongroom.server.audit import Answered, AuditUnavailable, RecordWriter
from strongroom.server.authentication import Authenticator
from strongroom.server.execution import Execution, unrecordable
from strongroom.server.figures import NO_FIGURES, RequestFigures
from strongroom.server.key_usage import LastUses
from strongroom.server.operations import Operation, Parts, Target
from strongroom.server.quotas import RequestQuotas
from strongroom.server.request_log import RequestLog, RequestLogger
from strongroom.server.requests import Arrival, Outcome, Progress, outcome_of
from strongroom.server.store import KeyUsage, StoreError


class Pipeline:
    """Carries requests through; thread-safe."""

    def __init__(
        self,
        parts: Parts,
        authenticator: Authenticator,
        records: RecordWriter,
        new_request_id: Callable[[], str],
        uses: LastUses,
        quotas: RequestQuotas,
        *,
        logs: RequestLog = RequestLog.FAILURES,
        figures: RequestFigures = NO_FIGURES,
    ) -> None:
        self._parts = parts
        self._authenticator = authenticator
        self._execution = Execution(parts, records, quotas)
        self._records = records
        self._new_request_id = new_request_id
        self._uses = uses
        self._logger = RequestLogger(logs)
        self._figures = figures
        self._obstacle: StoreError | None = None
        self._log = structlog.get_logger("strongroom.requests")

    def catch_up(self) -> None:
        """Learns what others have changed: every request that arrived before this obeys it.

        One thread only catches up and begins requests: the event loop's.
        """
        try:
            self._parts.keys.refresh()
        except StoreError as error:
            self._obstacle = error  # a DisableKey may be hidden: nothing is answered from memory
        else:
            self._obstacle = None

    def begin(
        self, operation: Operation, arrival: Arrival, admit: Callable[[str], None] = lambda _account_id: None
    ) -> Progress:
        """Gives a request its id, finds out who calls, and reads it, unless it is a batch.

        Args:
            operation: what is called.
            arrival: the request.
            admit: asked with the caller's account; raises Throttled if the request is one too many.
        """
        progress = Progress(self._new_request_id(), operation, arrival, obstacle=self._obstacle)
        try:
            # Before anything of it is parsed: anybody can send a token.
            progress.caller = self._authenticator.authenticate(*arrival.credentials)
            admit(progress.caller.account_id)
        except Exception as error:  # noqa: BLE001 # a defect is this request's incident, not its turn's
            progress.obstacle = error
            return progress
        return progress if operation.item is not None else _read(progress, arrival.body)

    def runs_inline(self, progress: Progress) -> bool:
        """True if the rest takes microseconds: no query, no search on the token, no slow mechanism."""
        return progress.obstacle is not None or progress.operation.runs_inline(self._parts, progress.request)

    def refusal_of(self, batch: Progress) -> Outcome | None:
        """Reads a batch; gives what is answered instead if it is refused as a whole, or None."""
        if batch.obstacle is None:
            try:
                batch.request = batch.operation.read(batch.arrival.body)
                batch.operation.validate(batch.request)
            except Exception as error:  # noqa: BLE001 # likewise
                batch.obstacle = error
        return None if batch.obstacle is None else self.finish([batch])[0]

    def begin_items(self, batch: Progress, places: Iterable[slice]) -> list[Progress]:
        """Reads some items of a batch, and gives them ids; each is a request of its own from here on."""
        item = batch.operation.item
        assert item is not None  # noqa: S101 # it is a batch
        return [
            _read(
                Progress(
                    self._new_request_id(),
                    item,
                    batch.arrival,
                    caller=batch.caller,
                    obstacle=self._obstacle,
                    batch_id=batch.request_id,
                ),
                batch.arrival.body[place],
            )
            for place in places
        ]

    def finish(self, requests: Sequence[Progress]) -> list[Outcome]:
        """Carries requests through, one after the other; no outcome is given before its record is written."""
        self.carry(requests)
        return [_outcome(progress) for progress in requests]

    def carry(self, requests: Sequence[Progress]) -> None:
        """Carries requests through likewise, stage by stage; what came of each is in its progress."""
        self._execution.carry_out(requests)
        self._conclude(requests)

    def carry_slowly(self, requests: Sequence[Progress]) -> None:
        """Likewise, one wholly after the other: each obeys what happened while those before it took long."""
        for progress in requests:
            self._execution.carry_out([progress])
        self._conclude(requests)

    def _conclude(self, requests: Sequence[Progress]) -> None:
        if not requests:
            return
        self._record(requests)
        for progress in requests:
            self._count(progress)
            self._logger.log(progress)

    def _count(self, progress: Progress) -> None:
        caller = progress.caller
        account = caller.account_id if caller else ""
        self._figures.answered(progress.operation.name, outcome_of(progress), account)

    def _record(self, requests: Sequence[Progress]) -> None:
        """Writes the audit records; without them nothing is answered."""
        try:
            records = self._records.write(map(_answered, requests))
        except AuditUnavailable as failure:
            self._figures.unrecorded(len(requests))
            for progress in requests:
                self._log.error(
                    "audit record not written", request_id=progress.request_id, reason=str(failure)
                )
                progress.error = unrecordable()
        else:
            self._figures.recorded(len(requests))
            for progress, record in zip(requests, records, strict=True):
                if progress.operation.is_usage and progress.error is None:
                    self._note_usage(progress, record)

    def _note_usage(self, progress: Progress, record: Mapping[str, Any]) -> None:
        name, at, event_id = progress.operation.name, record["eventTime"], record["eventID"]
        for target in progress.targets:
            key_id = target.key.key_id
            self._uses.note(KeyUsage(key_id, name, at, event_id, progress.request_id))


def _read(progress: Progress, body: bytes) -> Progress:
    """Parses a request; what is wrong with it becomes its obstacle."""
    try:
        progress.request = progress.operation.read(body)
    except Exception as error:  # noqa: BLE001 # a defect is this request's incident, not its turn's
        progress.obstacle = error
    return progress


def _outcome(progress: Progress) -> Outcome:
    if progress.error is not None:
        return Outcome(progress.request_id, b"", progress.error, progress)
    return Outcome(progress.request_id, progress.response.SerializeToString(), None, progress)


def _answered(progress: Progress) -> Answered:
    operation, targets = progress.operation, progress.targets
    return Answered(
        request_id=progress.request_id,
        operation=operation.name,
        is_read_only=operation.is_read_only,
        caller=progress.caller,
        source=progress.arrival.source,
        user_agent=progress.arrival.user_agent,
        parameters=_parameters(progress),
        is_authorised=progress.is_authorised,
        resources=_resources(targets),
        material_ids=tuple(t.material.kms_material_id for t in targets if t.material is not None),
        grant_id=next((t.grant.grant_id for t in targets if t.grant is not None), ""),
        response=_response_elements(progress),
        error=progress.error,
    )


def _resources(targets: tuple[Target, ...]) -> tuple[str, ...]:
    if len(targets) == 1 and targets[0].alias is None:
        return (targets[0].key.arn,)
    return tuple(
        arn
        for target in targets
        for arn in ((target.alias.arn, target.key.arn) if target.alias else (target.key.arn,))
    )


def _parameters(progress: Progress) -> Mapping[str, object] | None:
    if progress.request is None or progress.caller is None:
        return None  # unreadable, or from nobody that we know: it could be of any size
    if not progress.is_valid:
        return progress.operation.valid_parameters(progress.request)
    return progress.operation.request_parameters(progress.request)


def _response_elements(progress: Progress) -> Mapping[str, object] | None:
    elements = progress.operation.response_elements
    if progress.response is None or elements is None:
        return None
    return elements(progress.response)
