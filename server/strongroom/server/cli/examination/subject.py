"""What is examined."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from strongroom.hsm.inspection import Inspection
from strongroom.server.config import Settings
from strongroom.server.store import Store


@dataclass(frozen=True, slots=True)
class ClientFiles:
    """How to call the service: PEM files of the client, and of the authority of the server's certificate."""

    certificate: Path
    private_key: Path
    authority: Path


@dataclass(slots=True)
class Subject:
    """A deployment.

    Args:
        settings: its configuration.
        client: how to call it, or None to greet it only.
        now: the time.
        store: open, once it could be opened.
        token: open, once it could be opened.
    """

    settings: Settings
    client: ClientFiles | None
    now: datetime
    store: Store | None = None
    token: Inspection | None = None

    def opened_store(self) -> Store:
        """The store; only for checks that need it."""
        assert self.store is not None  # noqa: S101 # the table of checks says so
        return self.store

    def opened_token(self) -> Inspection:
        """The token; only for checks that need it."""
        assert self.token is not None  # noqa: S101 # the table of checks says so
        return self.token
