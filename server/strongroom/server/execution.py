"""Carrying requests out: checks, calls to the token, answers, each for many requests at once."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import structlog
from google.protobuf.message import Message

from strongroom.hsm import TokenCall
from strongroom.server.audit import AuditUnavailable, RecordWriter
from strongroom.server.authorization import Asked, tells_last_use
from strongroom.server.core.callers import Caller
from strongroom.server.core.errors import (
    AccessDenied,
    DeadlineExceeded,
    DependencyUnavailable,
    DryRunSucceeded,
    Internal,
    KmsError,
    Unavailable,
)
from strongroom.server.keyring import KeySnapshot
from strongroom.server.operations import CHARGES, Call, KeyUse, Parts, Target
from strongroom.server.quotas import RequestQuotas
from strongroom.server.requests import Progress
from strongroom.server.translation import LowerError, translate

RETRY_AFTER_S = 1.0


class Execution:
    """Carries requests out; thread-safe."""

    def __init__(self, parts: Parts, records: RecordWriter, quotas: RequestQuotas) -> None:
        self._parts = parts
        self._authorizer = parts.authorizer
        self._records = records
        self._quotas = quotas
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
        caller = progress.caller
        if caller is None:
            assert progress.obstacle is not None  # noqa: S101 # why nobody is calling
            raise progress.obstacle
        asked = self._charged(progress, caller)
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

    def _charged(self, progress: Progress, caller: Caller) -> Asked:
        """Finds the request's keys, authorises it, and charges the caller's account; gives what was asked.

        Who is denied, asks for what isn't there, or sends what isn't valid, is charged as well, but not
        by the key: what is used up would tell him whether there is one, and of which kind.
        """
        charge = CHARGES[progress.operation.name]
        try:
            _validate(progress)
            asked = self._authorize(progress, caller)
        except (Unavailable, DeadlineExceeded):
            raise  # it wasn't looked at
        except KmsError:
            self._quotas.charge(caller.account_id, (charge.otherwise,))
            raise
        self._quotas.charge(caller.account_id, charge.families(progress.request, progress.targets))
        progress.is_authorised = True
        return asked

    def _authorize(self, progress: Progress, caller: Caller) -> Asked:
        """Finds the keys that the request means and asks for each whether the caller may use it.

        Returns:
            What was asked for the operation as a whole, or else for its first key.
        """
        operation, request = progress.operation, progress.request
        unknown = self._find_keys(progress, caller)
        asked = []
        if operation.action:
            asked.append(self._asked(progress, caller, ""))
            self._authorizer.authorize(asked[0], operation.action, operation.resource(request))
            for action in operation.actions_on_new_key(request):
                self._authorizer.authorize(asked[0], action, self._new_key_arn(caller))
        for use, target in zip(operation.uses, progress.targets, strict=unknown is None):
            asked.append(self._asked(progress, caller, use.prefix, use, target))
            if target.alias is not None:
                # An alias has neither tags nor other properties of its key.
                self._authorizer.authorize(asked[-1].changed(key=None), use.action, target.alias.arn)
            if target.grant is not None:
                self._authorizer.authorize_retirement(asked[-1], target.grant, target.key)
            else:
                self._authorizer.authorize_key(asked[-1], use.action, target.key)
        if unknown is not None:
            raise unknown
        if operation.has_grant_tokens:
            self._authorizer.check_grant_tokens(request.grant_tokens)
        return asked[0]

    def _new_key_arn(self, caller: Caller) -> str:
        """What a key that is yet to be made is called: it fits what is about all keys of the account."""
        return self._parts.realm.key_arn("*", caller.account_id)

    def _find_keys(self, progress: Progress, caller: Caller) -> AccessDenied | None:
        """Finds the keys that the request means, up to one of another account that isn't there.

        What that is answered with comes when the keys before it are authorised, as it does for a key that
        is there and may not be used: otherwise ReEncrypt would tell which keys there are.
        """
        for use in progress.operation.uses:
            try:
                progress.targets += (use.find(self._parts, caller, progress.request),)
            except AccessDenied as unknown:
                return unknown
        return None

    def _asked(
        self,
        progress: Progress,
        caller: Caller,
        prefix: str,
        use: KeyUse | None = None,
        target: Target | None = None,
    ) -> Asked:
        request = progress.request
        return Asked(
            caller=caller,
            source=progress.arrival.source,
            now=self._parts.clock,
            request=request,
            keys=progress.operation.request_keys[prefix],
            known={},
            key=target.key if target else None,
            is_same_key=_is_same_key(progress, target),
            grant=target.grant if target else None,
            named_by=getattr(request, use.named_by) if use and use.named_by else "",
            last_used=self._last_used if use and tells_last_use(use.action) else None,
        )

    def _last_used(self, key: KeySnapshot) -> datetime:
        """When a key was last used, as far as it is known."""
        use, since = self._parts.store.last_usage(key.key_id)
        return use.at if use else max(since, key.created_at)

    def _incident(self, progress: Progress) -> Internal:
        """Logs a defect of ours with its traceback; the caller gets the request id to ask about."""
        self._log.exception("incident", request_id=progress.request_id, operation=progress.operation.name)
        return Internal(f"An internal error; report the request id {progress.request_id}.")


def _validate(progress: Progress) -> None:
    """Raises what is wrong with the request alone."""
    if progress.obstacle is not None:
        raise progress.obstacle
    if time.monotonic() > progress.arrival.deadline:
        raise DeadlineExceeded("The deadline passed before the request's turn came.")
    progress.operation.validate(progress.request)
    progress.is_valid = True


def _is_same_key(progress: Progress, target: Target | None) -> bool | None:
    """Whether a request that is about two keys means one key by both; None if it isn't."""
    if target is None or len(progress.operation.uses) == 1:
        return None
    return any(one is not target and one.key.key_id == target.key.key_id for one in progress.targets)


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
