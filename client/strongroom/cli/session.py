"""What every command needs: the client, and how to answer."""

import base64
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from strongroom.cli.failures import shown_failures, usage
from strongroom.client import Client, Endpoint, errors

console = Console()


class Output(StrEnum):
    """How a command answers."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Session:
    """The global options."""

    endpoint: str | None
    ca: Path | None
    certificate: Path | None
    key: Path | None
    token_file: Path | None
    timeout_s: float
    output: Output

    @property
    def as_json(self) -> bool:
        """True to answer in JSON."""
        return self.output is Output.JSON

    @contextmanager
    def client(self) -> Iterator[Client]:
        """A connected client; failures are shown."""
        with (
            shown_failures(as_json=self.as_json),
            Client(self._endpoint(), timeout_s=self.timeout_s) as client,
        ):
            yield client

    def _endpoint(self) -> Endpoint:
        certificate = {"--cert": self.certificate, "--key": self.key}
        who = {"--token-file": self.token_file} if self.token_file else certificate
        options = {"--endpoint": self.endpoint, "--ca": self.ca, **who}
        missing = [name for name, value in options.items() if value is None]
        if missing:
            usage(
                f"Missing {', '.join(missing)}; or set STRONGROOM_ENDPOINT, _CA, and _CERT and _KEY "
                "or _TOKEN_FILE."
            )
        if self.token_file and any(certificate.values()):
            usage("--token-file, or --cert and --key (or their variables): who asks must be clear.")
        try:
            return self._opened()
        except errors.ServiceUnavailable as error:
            usage(str(error))

    def _opened(self) -> Endpoint:
        assert self.endpoint and self.ca  # noqa: S101, PT018 # `_endpoint` has checked
        if self.token_file:
            return Endpoint.with_token(self.endpoint, ca=self.ca, token=self.token_file)
        assert self.certificate and self.key  # noqa: S101, PT018 # likewise
        return Endpoint.from_files(self.endpoint, ca=self.ca, certificate=self.certificate, key=self.key)


def session_of(context: typer.Context) -> Session:
    """The global options of this call."""
    session = context.obj
    assert isinstance(session, Session)  # noqa: S101 # the callback set it
    return session


def show_json(document: Mapping[str, Any]) -> None:
    """Writes one JSON document in a line."""
    sys.stdout.write(json.dumps(document, default=_plain) + "\n")


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def parse_context(pairs: list[str], option: str = "--context") -> dict[str, str]:
    """Reads `key=value` options; a key given twice ends the command."""
    context: dict[str, str] = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator or not key:
            usage(f"{option} takes key=value, not {pair!r}.")
        if key in context:
            usage(f"{option} has {key!r} twice.")
        context[key] = value
    return context
