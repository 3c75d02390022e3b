"""Who wants to know of a request from its arrival to its answer."""

from typing import Protocol

from strongroom.server.operations import Operation
from strongroom.server.requests import Progress


class Trace(Protocol):
    """A request that is traced; `traceparent` names its span."""

    traceparent: str

    def end(self, progress: Progress | None) -> None:
        """It is answered; None if its caller is gone."""


class Traces(Protocol):
    """Chooses which requests are traced."""

    def begin(self, operation: Operation, traceparent: str) -> Trace | None:
        """A request has arrived, below this span if its caller says so; None if it isn't traced."""
