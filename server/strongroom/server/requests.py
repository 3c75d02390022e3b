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
        intermediates: what the peer showed between its certificate and an authority, in PEM.
        authorization: every `authorization` entry; tokens are secret.
        traceparent: which trace it belongs to, by the client's span or our own; empty if to none.
    """

    body: bytes
    certificate: bytes | None
    source: str
    user_agent: str
    deadline: float
    intermediates: bytes = b""
    authorization: tuple[str, ...] = ()
    traceparent: str = ""

    @property
    def credentials(self) -> tuple[bytes | None, bytes, tuple[str, ...]]:
        """What an Authenticator looks at."""
        return self.certificate, self.intermediates, self.authorization

    def __repr__(self) -> str:
        return f"Arrival({len(self.body)} bytes from {self.source})"  # plaintext and tokens are in it


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
    is_authorised: bool = False
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

    @property
    def account_id(self) -> str:
        """The caller's account; empty for somebody whom nobody knows."""
        return self.caller.account_id if self.caller else ""


def outcome_of(progress: Progress) -> str:
    """OK, or the reason of the error, as ErrorInfo says it."""
    return "OK" if progress.error is None else progress.error.reason


class Outcome(NamedTuple):
    """What is answered: the serialised response, or an error; and how it came to it."""

    request_id: str
    body: bytes
    error: KmsError | None
    progress: Progress
