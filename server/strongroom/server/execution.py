"""Carrying requests out: checks, calls to the token, answers, each for many requests at once."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import structlog
from google.protobuf.message import Message

from strongroom.hsm import TokenCall
from strongroom.server.audit import AuditUnavailable, RecordWriter
from strongroom.server.authentication import Authenticator
from strongroom.server.authorization import Asked
from strongroom.server.core.callers import Caller
from strongroom.server.core.errors import (
    DeadlineExceeded,
    DependencyUnavailable,
    DryRunSucceeded,
    Internal,
    KmsError,
)
from strongroom.server.keyring import KeySnapshot
from strongroom.server.operations import Call, KeyUse, Parts, Target
from strongroom.server.requests import Progress
from strongroom.server.translation import LowerError, translate

RETRY_AFTER_S = 1.0


class Execution:
    """Carries requests out; thread-safe."""

    def __init__(self, parts: Parts, authenticator: Authenticator, records: RecordWriter) -> None:
        self._parts = parts
        self._authenticator = authenticator
        self._authorizer = parts.authorizer
        self._records = records
        self._log = structlog.get_logger("strongroom.requests")

    def carry_out(self, requests: Sequence[Progress]) -> None:
        """Checks all requests, then makes all their calls to the token, then their answers; never raises.

        Between calls to the token a processor's caches lose what the pipeline needs, and the other way
        round: measured with 32 requests, 17 µs of 68 for each.
        """
        calls = [self._step(progress, self._begin) for progress in requests]
        while asking := [(progress, call) for progress, call in zip(requests, calls, strict=True) if call]:
            requests = [progress for progress, _ in asking]
            answers = self._ask_token(requests, [call for _, call in asking])
            calls = [
                self._step(progress, _go_on, answer)
                for progress, answer in zip(requests, answers, strict=True)
            ]

    def _ask_token(self, requests: Sequence[Progress], calls: Sequence[TokenCall[Any]]) -> list[Any]:
        """The results of calls, or exceptions; each request's duration has its share of the time."""
        started = time.perf_counter_ns()
        try:
            return self._parts.token.use_each(calls)
        except Exception as error:  # noqa: BLE001 # a defect that is each one's incident
            return [error] * len(calls)
        finally:
            share = (time.perf_counter_ns() - started) // len(calls)
            for progress in requests:
                progress.duration_ns += share
                progress.token_ns += share
                progress.token_at_ns = progress.token_at_ns or started

    def _step(
        self, progress: Progress, step: Callable[..., TokenCall[Any] | None], *arguments: object
    ) -> TokenCall[Any] | None:
        """Takes a step of a request; gives what it asks of the token, or None if it is done."""
        started = time.perf_counter_ns()
        try:
            return step(progress, *arguments)
        except KmsError as raised:
            progress.error = raised
        except LowerError as raised:
            progress.error = translate(raised)
        except Exception:  # noqa: BLE001 # whatever it is, the caller learns nothing but an id
            progress.error = self._incident(progress)
        finally:
            progress.duration_ns += time.perf_counter_ns() - started
        return None

    def _begin(self, progress: Progress) -> TokenCall[Any] | None:
        begun = progress.operation.run(self._parts, self._checked(progress))
        if isinstance(begun, Message):
            _conclude(progress, begun)
            return None
        progress.steps = begun
        return _advance(progress, begun.send, None)

    def _checked(self, progress: Progress) -> Call:
        """Raises whatever keeps a request from being carried out."""
        operation, request = progress.operation, progress.request
        caller = progress.caller = self._authenticator.authenticate(progress.arrival.certificate)
        if progress.obstacle is not None:
            raise progress.obstacle
        if time.monotonic() > progress.arrival.deadline:
            raise DeadlineExceeded("The deadline passed before the request's turn came.")
        operation.validate(request)
        progress.is_valid = True
        asked = self._authorize(progress, caller)
        for use, target in zip(operation.uses, progress.targets, strict=True):
            for check in use.first_checks:
                check(self._parts, target, request)
            state = target.key.state
            if target.key.valid_to is not None:
                state = target.key.state_at(self._parts.clock())
            if state not in use.states:
                raise use.refusal(state, target.key.arn)
            for check in use.checks:
                check(self._parts, target, request)
        if operation.has_dry_run and request.dry_run:
            raise DryRunSucceeded("The request would have succeeded, but the DryRun option is set.")
        try:
            self._records.require(for_change=not operation.is_read_only)
        except AuditUnavailable:
            raise unrecordable() from None
        return Call(caller, request, progress.targets, asked)

    def _authorize(self, progress: Progress, caller: Caller) -> Asked:
        """Finds the keys that the request means and asks for each whether the caller may use it.

        Returns:
            What was asked for the operation as a whole, or else for its first key.
        """
        operation, request = progress.operation, progress.request
        for use in operation.uses:
            progress.targets += (use.find(self._parts, caller, request),)
        asked = []
        if operation.action:
            asked.append(self._asked(progress, caller, ""))
            for action in (operation.action, *operation.further_actions(request)):
                self._authorizer.authorize(asked[0], action, operation.resource(request))
        for use, target in zip(operation.uses, progress.targets, strict=True):
            asked.append(self._asked(progress, caller, use.prefix, use, target))
            if target.alias is not None:
                self._authorizer.authorize(asked[-1], use.action, target.alias.arn)
            self._authorizer.authorize_key(asked[-1], use.action, target.key)
        if operation.has_grant_tokens:
            self._authorizer.check_grant_tokens(request.grant_tokens)
        return asked[0]

    def _asked(
        self,
        progress: Progress,
        caller: Caller,
        prefix: str,
        use: KeyUse | None = None,
        target: Target | None = None,
    ) -> Asked:
        request = progress.request
        others = [one.key for one in progress.targets if one is not target]
        return Asked(
            caller=caller,
            source=progress.arrival.source,
            now=self._parts.clock,
            request=request,
            keys=progress.operation.request_keys[prefix],
            key=target.key if target else None,
            other_key=others[0] if others else None,
            named_by=getattr(request, use.named_by) if use and use.named_by else "",
            last_used=self._last_used,
        )

    def _last_used(self, key: KeySnapshot) -> datetime:
        """When a key was last used, as far as it is known."""
        use, since = self._parts.store.last_usage(key.key_id)
        return use.at if use else max(since, key.created_at)

    def _incident(self, progress: Progress) -> Internal:
        """Logs a defect of ours with its traceback; the caller gets the request id to ask about."""
        self._log.exception("incident", request_id=progress.request_id, operation=progress.operation.name)
        return Internal(f"An internal error; report the request id {progress.request_id}.")


def _go_on(progress: Progress, answer: object) -> TokenCall[Any] | None:
    steps = progress.steps
    assert steps is not None  # noqa: S101 # it has asked
    return _advance(progress, steps.throw if isinstance(answer, Exception) else steps.send, answer)


def _advance(
    progress: Progress, resume: Callable[[Any], TokenCall[Any]], answer: object
) -> TokenCall[Any] | None:
    try:
        return resume(answer)
    except StopIteration as end:
        _conclude(progress, end.value)
        return None


def _conclude(progress: Progress, response: Message) -> None:
    progress.operation.checksums.add(progress.request, response)
    progress.response = response


def unrecordable() -> DependencyUnavailable:
    """What is answered to a request whose record can't be written."""
    return DependencyUnavailable(
        "The audit trail can't be written, so nothing is answered.", retry_after_s=RETRY_AFTER_S
    )
