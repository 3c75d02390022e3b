"""A request on its way through the pipeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from google.protobuf.message import Message

from strongroom.server.core.callers import Caller
from strongroom.server.core.errors import KmsError
from strongroom.server.operations import Operation, Steps, Target


class Arrival(NamedTuple):
    """A request as it came over the wire.

    Args:
        body: the serialised request message.
        certificate: the peer's verified certificate in PEM, or None.
        source: the peer's address.
        user_agent: what the client calls itself.
        deadline: on time.monotonic()'s clock; infinite if the client set none.
        traceparent: which trace it belongs to, by the client's span or our own; empty if to none.
    """

    body: bytes
    certificate: bytes | None
    source: str
    user_agent: str
    deadline: float
    traceparent: str = ""

    def __repr__(self) -> str:
        return f"Arrival({len(self.body)} bytes from {self.source})"  # the body may hold plaintext


@dataclass(slots=True)
class Progress:
    """What is known of a request so far: the audit record tells as much as there is.

    Args:
        batch_id: the request id of the batch that it is an item of; empty if of none.
        duration_ns: time that was spent on it, the token's included; waiting isn't.
        token_ns: the token's part.
        token_at_ns: when the token was asked first, on time.perf_counter_ns()'s clock.
        items: of a batch that was carried through.
    """

    request_id: str
    operation: Operation
    arrival: Arrival
    request: Any = None
    is_valid: bool = False
    caller: Caller | None = None
    targets: tuple[Target, ...] = ()
    obstacle: Exception | None = None
    steps: Steps[Message] | None = None
    response: Any = None
    error: KmsError | None = None
    duration_ns: int = 0
    token_ns: int = 0
    token_at_ns: int = 0
    batch_id: str = ""
    items: "Sequence[Progress]" = ()


def outcome_of(progress: Progress) -> str:
    """OK, or the reason of the error, as ErrorInfo says it."""
    return "OK" if progress.error is None else progress.error.reason


class Outcome(NamedTuple):
    """What is answered: the serialised response, or an error; and how it came to it."""

    request_id: str
    body: bytes
    error: KmsError | None
    progress: Progress
