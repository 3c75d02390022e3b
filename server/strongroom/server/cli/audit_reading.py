"""`strongroomd audit query` and `strongroomd audit tail`: what the audit trail tells."""

import os
import sys
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from strongroom.server.cli.audit_choices import error_name, operation_names
from strongroom.server.cli.audit_trails import files_of, printable
from strongroom.server.cli.options import DEFAULT_CONFIG, ConfigOption, OutputOption, examples
from strongroom.server.cli.output import Output, errors, show_error

if TYPE_CHECKING:  # heavy
    from strongroom.server.audit.filters import Wanted

QUERY_EXAMPLES = examples(
    "strongroomd audit query --key 1234abcd-12ab-34cd-56ef-1234567890ab --since 24h",
    "strongroomd audit query --outcome denied --principal 'arn:aws:iam::111122223333:role/billing*'",
    "strongroomd audit query --operation Decrypt --all -o json | jq -r .userIdentity.arn | sort | uniq -c",
)
TAIL_EXAMPLES = examples(
    "strongroomd audit tail --follow", "strongroomd audit tail --follow --outcome failed --output json"
)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_POLL_S = 0.2

Key = Annotated[str | None, typer.Option(help="Id or ARN of a key, name or ARN of an alias.")]
Principal = Annotated[str | None, typer.Option(help="ARN of the caller; * stands for anything.")]
Account = Annotated[str | None, typer.Option(help="Account of the caller, 12 digits.")]
Operations = Annotated[
    list[str] | None, typer.Option("--operation", help="Name of an operation, in any case; repeatable.")
]
Outcome = Annotated[str | None, typer.Option(help="ok, denied, failed, or an error as DisabledException.")]
RequestId = Annotated[str | None, typer.Option("--request-id", help="The id that the caller learnt.")]
Source = Annotated[str | None, typer.Option(help="A part of the caller's address.")]
AllEvents = Annotated[
    bool, typer.Option("--all-events", help="Also the records that the trail has about itself.")
]
Trails = Annotated[
    list[Path] | None,
    typer.Option("--trail", help="Directory of the trail, repeatable; by default as configured."),
]


class TimeInvalid(Exception):
    """A text that is no time."""


def query(
    config: ConfigOption = DEFAULT_CONFIG,
    output: OutputOption = Output.TEXT,
    *,
    key: Key = None,
    principal: Principal = None,
    account: Account = None,
    operations: Operations = None,
    since: Annotated[str | None, typer.Option(help="No earlier: a time (ISO 8601), or 30m, 24h, 7d.")] = None,
    until: Annotated[str | None, typer.Option(help="Earlier: likewise.")] = None,
    outcome: Outcome = None,
    request_id: RequestId = None,
    source: Source = None,
    all_events: AllEvents = False,
    limit: Annotated[int, typer.Option(min=1, help="Show the last so many.")] = 100,
    everything: Annotated[bool, typer.Option("--all", help="Show all of them.")] = False,
    trails: Trails = None,
) -> None:
    """Show records of the audit trail, of all processes, the newest last; as JSON a line each.

    Exit codes: 0 done, whether there were any or not; 2 wrong usage; 75 the trail can't be read; 78 the
    configuration must be changed.
    """
    from strongroom.server.audit.filters import Wanted

    with show_error():
        wanted = Wanted(
            key,
            principal,
            account,
            operation_names(operations or ()),
            _time(since),
            _time(until),
            error_name(outcome),
            request_id,
            source,
            about_itself=all_events,
        )
        found = _read(_directories(config, trails), wanted)
        _show(found if everything else deque(found, limit), output)


def tail(
    config: ConfigOption = DEFAULT_CONFIG,
    output: OutputOption = Output.TEXT,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as records are written.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="Begin with the last so many.")] = 10,
    key: Key = None,
    principal: Principal = None,
    account: Account = None,
    operations: Operations = None,
    outcome: Outcome = None,
    source: Source = None,
    all_events: AllEvents = False,
    trails: Trails = None,
) -> None:
    """Show the newest records of the audit trail, of all processes; Ctrl-C ends it.

    Exit codes: as query.
    """
    from strongroom.server.audit.filters import Wanted
    from strongroom.server.audit.following import Follower

    with show_error():
        wanted = Wanted(
            key,
            principal,
            account,
            operation_names(operations or ()),
            outcome=error_name(outcome),
            source=source,
            about_itself=all_events,
        )
        directories = _directories(config, trails)
        follower = Follower(directories, _warn)  # first: better shown twice than not at all
        _show(deque(_read(directories, wanted), lines), output)
        with suppress(KeyboardInterrupt):
            while follow:
                time.sleep(_POLL_S)
                _show(filter(wanted.fits, follower.poll()), output)


def _directories(config: Path, trails: Sequence[Path] | None) -> Sequence[Path]:
    from strongroom.server.config import load_settings

    return trails or [load_settings(config).audit.directory]


def _read(directories: Sequence[Path], wanted: "Wanted") -> Iterable[dict[str, Any]]:
    from strongroom.server.audit.reading import records_of

    return filter(wanted.fits, records_of(files_of(directories), _warn))


def _warn(path: Path, text: str) -> None:
    place = escape(printable(path.name))
    errors.print(f"[bold yellow]Warning:[/] {place}: {escape(text)}.", soft_wrap=True)


def _time(text: str | None) -> str | None:
    """ISO 8601 in UTC, as records have it; a length of time is meant back from now."""
    from strongroom.server.core.clock import utc_now

    if text is None:
        return None
    try:
        if text[:-1].isdecimal() and text[-1] in _UNITS:
            found = utc_now() - timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
        else:
            found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise TimeInvalid(f"{text} is no time: give it as 2026-11-28T14:00, or as 30m, 24h, 7d.") from None
    return found.astimezone(UTC).isoformat()


def _show(records: Iterable[dict[str, Any]], output: Output) -> None:
    """Shows records; whoever closes the pipe has seen enough."""
    import orjson

    try:
        for record in records:
            text = orjson.dumps(record).decode() if output is Output.JSON else _line(record)
            typer.echo(text)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to be flushed
        raise typer.Exit from None


def _line(record: dict[str, Any]) -> str:
    """A record for people: when, what, whom it came to, who, and about which keys."""
    from strongroom.server.audit.reading import members

    caller = members(record, "userIdentity")
    columns = (
        f"{record['eventTime'][:23]:23}",
        f"{record.get('eventName', '')!s:22}",
        f"{record.get('errorCode', 'ok')!s:22}",
        f"{caller.get('arn') or caller.get('type') or 'the service'}",
        _keys(record),
        str(record.get("sourceIPAddress", "-")),
    )
    return printable("  ".join(columns))


def _keys(record: dict[str, Any]) -> str:
    """The keys that it is about, or the one that was made."""
    from strongroom.server.audit.reading import arns_of, made_key_of, members

    named = " ".join(arn.rpartition(":")[2] for arn in arns_of(record))
    made, of_service = made_key_of(record).get("keyId"), members(record, "serviceEventDetails").get("keyId")
    return named or (f"key/{made}" if made else str(of_service or "-"))
