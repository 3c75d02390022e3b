"""The one way through: authenticate, validate, resolve, authorise, check state, execute, audit.

Every face hands every request to `Pipeline.begin` and then to `Pipeline.finish`, which always give an
outcome and never raise; requests that are finished together share one write to the audit trail. The order
of the checks is AWS KMS's: who asks, what is wrong with the request alone, which keys it means and whether
the caller may, their state, their kind, and a dry run last.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import structlog
from google.protobuf.message import Message

from strongroom.server.audit import AuditUnavailable, RecordWriter
from strongroom.server.audit.records import Answered
from strongroom.server.authentication import Authenticator
from strongroom.server.authorization import Authorizer
from strongroom.server.core import key_states
from strongroom.server.core.callers import Caller
from strongroom.server.core.errors import (
    DeadlineExceeded,
    DependencyUnavailable,
    DryRunSucceeded,
    Internal,
    InvalidTag,
    KmsError,
    Throttled,
    ValidationFailed,
)
from strongroom.server.operations import Call, Operation, Parts, Target
from strongroom.server.store import StoreError
from strongroom.server.translation import LowerError, translate

_RETRY_AFTER_S = 1.0


class Arrival(NamedTuple):
    """A request as it came over the wire.

    Args:
        body: the serialised request message.
        certificate: the peer's verified certificate in PEM, or None.
        source: the peer's address.
        user_agent: what the client calls itself.
        deadline: on time.monotonic()'s clock; infinite if the client set none.
    """

    body: bytes
    certificate: bytes | None
    source: str
    user_agent: str
    deadline: float

    def __repr__(self) -> str:
        return f"Arrival({len(self.body)} bytes from {self.source})"  # the body may hold plaintext


@dataclass(slots=True)
class Progress:
    """What is known of a request so far: the audit record tells as much as there is."""

    request_id: str
    operation: Operation
    arrival: Arrival
    request: Any = None
    caller: Caller | None = None
    targets: tuple[Target, ...] = ()
    obstacle: Exception | None = None
    response: Any = None
    error: KmsError | None = None
    duration_ns: int = 0


class Outcome(NamedTuple):
    """What is answered: the serialised response, or an error."""

    request_id: str
    body: bytes
    error: KmsError | None


class RequestLog(StrEnum):
    """Which requests get a line in the log; the audit trail has them all."""

    ALL = "all"
    FAILURES = "failures"
    NONE = "none"


class Pipeline:
    """Carries requests through; thread-safe."""

    def __init__(
        self,
        parts: Parts,
        authenticator: Authenticator,
        authorizer: Authorizer,
        records: RecordWriter,
        new_request_id: Callable[[], str],
        *,
        logs: RequestLog = RequestLog.FAILURES,
    ) -> None:
        self._parts = parts
        self._authenticator = authenticator
        self._authorizer = authorizer
        self._records = records
        self._new_request_id = new_request_id
        self._logs = logs
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

    def begin(self, operation: Operation, arrival: Arrival, *, is_refused: bool = False) -> Progress:
        """Gives a request its id and reads it, unless it is a batch; one too many is refused and recorded."""
        progress = Progress(self._new_request_id(), operation, arrival, obstacle=self._obstacle)
        if is_refused:
            progress.obstacle = Throttled(
                "Too many requests are under way here; try again.", retry_after_s=_RETRY_AFTER_S
            )
        elif operation.item is None:
            try:
                progress.request = operation.read(arrival.body)
            except KmsError as error:
                progress.obstacle = error
        return progress

    def runs_inline(self, progress: Progress) -> bool:
        """True if the rest takes microseconds: no query, no search on the token, no slow mechanism."""
        return progress.obstacle is not None or progress.operation.runs_inline(self._parts, progress.request)

    def refusal_of(self, batch: Progress) -> Outcome | None:
        """Reads a batch; gives what is answered instead if it is refused as a whole, or None."""
        if batch.obstacle is None:
            try:
                self._authenticator.authenticate(batch.arrival.certificate)
                batch.request = batch.operation.read(batch.arrival.body)
                batch.operation.validate(batch.request)
            except KmsError as error:
                batch.obstacle = error
        return None if batch.obstacle is None else self.finish([batch])[0]

    def begin_items(self, batch: Progress, requests: Iterable[Any]) -> list[Progress]:
        """Gives some items of a batch their ids; each is a request of its own from here on."""
        item = batch.operation.item
        assert item is not None  # noqa: S101 # it is a batch
        return [
            Progress(self._new_request_id(), item, batch.arrival, request, obstacle=self._obstacle)
            for request in requests
        ]

    def finish(self, requests: Sequence[Progress]) -> list[Outcome]:
        """Carries requests through, one after the other; no outcome is given before its record is written."""
        self.carry(requests)
        return [_outcome(progress) for progress in requests]

    def carry(self, requests: Sequence[Progress]) -> None:
        """Carries requests through likewise; what came of each is in its progress."""
        if not requests:
            return
        for progress in requests:
            self._carry_through(progress)
        self._record(requests)
        for progress in requests:
            self._log_if_wanted(progress)

    def _carry_through(self, progress: Progress) -> None:
        started = time.perf_counter_ns()
        try:
            progress.response = self._execute(progress)
        except KmsError as raised:
            progress.error = raised
        except LowerError as raised:
            progress.error = translate(raised)
        except Exception:  # noqa: BLE001 # whatever it is, the caller learns nothing but an id
            progress.error = self._incident(progress)
        progress.duration_ns = time.perf_counter_ns() - started

    def _execute(self, progress: Progress) -> Message:
        operation, request = progress.operation, progress.request
        caller = progress.caller = self._authenticator.authenticate(progress.arrival.certificate)
        if progress.obstacle is not None:
            raise progress.obstacle
        if time.monotonic() > progress.arrival.deadline:
            raise DeadlineExceeded("The deadline passed before the request's turn came.")
        operation.validate(request)
        self._authorize(progress, caller)
        for use, target in zip(operation.uses, progress.targets, strict=True):
            if target.key.state not in use.states:
                raise key_states.refusal(target.key.state, target.key.arn)
            for check in use.checks:
                check(self._parts, target, request)
        if operation.has_dry_run and request.dry_run:
            raise DryRunSucceeded("The request would have succeeded, but the DryRun option is set.")
        try:
            self._records.require(for_change=not operation.is_read_only)
        except AuditUnavailable:
            raise _unrecordable() from None
        response = operation.run(self._parts, Call(caller, request, progress.targets))
        operation.checksums.add(request, response)
        return response

    def _authorize(self, progress: Progress, caller: Caller) -> None:
        """Finds the keys that the request means and asks for each whether the caller may use it."""
        operation, request = progress.operation, progress.request
        if operation.action:
            self._authorizer.authorize(caller, operation.action, None)
        for use in operation.uses:
            target = use.find(self._parts, caller, request)
            progress.targets += (target,)
            self._authorizer.authorize(caller, use.action, target.key)
        if operation.has_grant_tokens:
            self._authorizer.check_grant_tokens(request.grant_tokens)

    def _record(self, requests: Sequence[Progress]) -> None:
        """Writes the audit records; without them nothing is answered."""
        try:
            self._records.write(map(_answered, requests))
        except AuditUnavailable as failure:
            for progress in requests:
                self._log.error(
                    "audit record not written", request_id=progress.request_id, reason=str(failure)
                )
                progress.error = _unrecordable()

    def _incident(self, progress: Progress) -> Internal:
        """Logs a defect of ours with its traceback; the caller gets the request id to ask about."""
        self._log.exception("incident", request_id=progress.request_id, operation=progress.operation.name)
        return Internal(f"An internal error; report the request id {progress.request_id}.")

    def _log_if_wanted(self, progress: Progress) -> None:
        is_failure = progress.error is not None
        if self._logs is RequestLog.ALL or (is_failure and self._logs is RequestLog.FAILURES):
            self._log_line(progress)

    def _log_line(self, progress: Progress) -> None:
        caller, error = progress.caller, progress.error
        self._log.info(
            "request",
            request_id=progress.request_id,
            operation=progress.operation.name,
            caller=caller.arn if caller else None,
            keys=[target.key.key_id for target in progress.targets],
            outcome=error.reason if error else "OK",
            ms=progress.duration_ns / 1e6,
        )


def _unrecordable() -> DependencyUnavailable:
    return DependencyUnavailable(
        "The audit trail can't be written, so nothing is answered.", retry_after_s=_RETRY_AFTER_S
    )


def _outcome(progress: Progress) -> Outcome:
    if progress.error is not None:
        return Outcome(progress.request_id, b"", progress.error)
    return Outcome(progress.request_id, progress.response.SerializeToString(), None)


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
        resources=tuple(target.key.arn for target in targets),
        material_ids=tuple(t.material.kms_material_id for t in targets if t.material is not None),
        response=_response_elements(progress),
        error=progress.error,
    )


def _parameters(progress: Progress) -> Mapping[str, object] | None:
    if progress.request is None or progress.caller is None:
        return None  # unreadable, or from nobody that we know: it could be of any size
    if isinstance(progress.error, ValidationFailed | InvalidTag):
        return progress.operation.valid_parameters(progress.request)
    return progress.operation.request_parameters(progress.request)


def _response_elements(progress: Progress) -> Mapping[str, object] | None:
    elements = progress.operation.response_elements
    if progress.response is None or elements is None:
        return None
    return elements(progress.response)
