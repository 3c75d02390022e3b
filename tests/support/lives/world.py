"""What a random life is: everything is done to the service and to the model, and compared."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import pytest
from hypothesis.stateful import Bundle, RuleBasedStateMachine

from strongroom.client import Client, StrongroomError
from tests.support.deployments import Service
from tests.support.hooking import Hooks
from tests.support.kms_model import Blob, Model, Refused

T = TypeVar("T")


@dataclass
class World:
    """What all lives share."""

    service: Service
    client: Client
    hooks: Hooks
    steps: int = 0


class Life(RuleBasedStateMachine):
    """The service, the model, and how they are compared. The rules are its subclasses'."""

    world: World
    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.client = self.world.client
        self.gone: list[tuple[Blob, str]] = []

    def both(self, expected: Callable[[], T], done: Callable[[], Any]) -> tuple[T, Any] | None:
        """What the model and the service do; None if both refuse, with the same error."""
        self.world.steps += 1
        refusal: type[StrongroomError] | None = None
        try:
            wanted = expected()
        except Refused as refused:
            refusal = refused.error
        if refusal is None:
            return wanted, done()
        with pytest.raises(StrongroomError) as caught:
            done()
        assert type(caught.value) is refusal, f"{caught.value!r} instead of {refusal.__name__}"
        return None

    def now(self) -> datetime:
        return self.world.hooks.clock.now()
