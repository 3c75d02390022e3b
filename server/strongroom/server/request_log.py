"""One line in the log for a request: who, what, how it ended, and how long it took."""

from collections.abc import Callable, Mapping
from enum import StrEnum

import structlog

from strongroom.server.core.trace_contexts import read_traceparent
from strongroom.server.requests import Progress, outcome_of

_MOST_CHARACTERS = 256
_NS_IN_MS = 1e6


class RequestLog(StrEnum):
    """Which requests get a line in the log; the audit trail has them all."""

    ALL = "all"
    FAILURES = "failures"
    NONE = "none"


def _trace_id(progress: Progress) -> str | None:
    context = read_traceparent(progress.arrival.traceparent)
    return context.trace_id if context else None


FIELDS: Mapping[str, Callable[[Progress], object]] = {
    "request_id": lambda progress: progress.request_id,
    "batch_id": lambda progress: progress.batch_id or None,
    "trace_id": _trace_id,
    "operation": lambda progress: progress.operation.name,
    "outcome": outcome_of,
    "error": lambda progress: progress.error.aws_name if progress.error else None,
    "caller": lambda progress: progress.caller.arn if progress.caller else None,
    "account": lambda progress: progress.caller.account_id if progress.caller else None,
    "keys": lambda progress: [target.key.key_id for target in progress.targets] or None,
    "ms": lambda progress: progress.duration_ns / _NS_IN_MS,
    "token_ms": lambda progress: progress.token_ns / _NS_IN_MS if progress.token_ns else None,
    "source": lambda progress: progress.arrival.source,
    "user_agent": lambda progress: progress.arrival.user_agent[:_MOST_CHARACTERS] or None,
}
"""What a line has; what there is nothing to say of, isn't there. docs/observability.md explains each."""


class RequestLogger:
    """Writes the lines; thread-safe."""

    def __init__(self, which: RequestLog) -> None:
        self._which = which
        self._log = structlog.get_logger("strongroom.requests")

    def log(self, progress: Progress) -> None:
        """Writes the line of a request that has its outcome, if it is wanted."""
        is_failure = progress.error is not None
        if self._which is RequestLog.ALL or (is_failure and self._which is RequestLog.FAILURES):
            self._log.info("request", **_fields(progress))


def _fields(progress: Progress) -> dict[str, object]:
    found = ((name, field(progress)) for name, field in FIELDS.items())
    return {name: value for name, value in found if value is not None}
