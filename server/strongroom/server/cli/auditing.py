"""`strongroomd audit`: proves that the audit trail is as it was written."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from strongroom.server.cli.audit_anchors import of_deployment, of_file
from strongroom.server.cli.audit_trails import files_of, printable
from strongroom.server.cli.options import DEFAULT_CONFIG, ConfigOption, OutputOption, examples
from strongroom.server.cli.output import Output, console, print_json, show_error

if TYPE_CHECKING:  # heavy
    from collections.abc import Mapping, Sequence

    from strongroom.server.audit.findings import Problem, Verification
    from strongroom.server.config import Settings

VERIFY_EXAMPLES = examples(
    "strongroomd audit verify --config /etc/strongroom/strongroom.toml",
    "strongroomd audit verify --public-key audit-key.pem --trail /mnt/archive/audit",
    "strongroomd audit verify --config /etc/strongroom/strongroom.toml --public-key audit-key.pem",
    "strongroomd audit verify --from-segment worker-0=12 --from-segment worker-1=9",
    "strongroomd audit verify --closed --output json | jq .problems",
)
PUBLIC_KEY_EXAMPLES = examples("strongroomd audit public-key > audit-key.pem")
_FOUND = 1


class NothingToVerify(Exception):
    """There are no segments."""


class SegmentInvalid(Exception):
    """A text that names no segment."""


def verify(
    context: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    output: OutputOption = Output.TEXT,
    *,
    public_key: Annotated[
        Path | None,
        typer.Option(
            "--public-key",
            help="The audit key's public key in PEM, kept elsewhere; with --trail and without --config "
            "no database is asked.",
        ),
    ] = None,
    trails: Annotated[
        list[Path] | None,
        typer.Option("--trail", help="Directory or file of the trail, repeatable; by default as configured."),
    ] = None,
    from_segments: Annotated[
        list[str] | None,
        typer.Option(
            "--from-segment",
            metavar="CHAIN=NUMBER",
            help="Older segments of the chain were archived: this one must be the first here; repeatable.",
        ),
    ] = None,
    closed: Annotated[
        bool,
        typer.Option("--closed", help="The service has stopped: what isn't closed and signed is a problem."),
    ] = False,
) -> None:
    """Check that no record of the audit trail was altered, removed, inserted or reordered.

    The database tells what was cut off an end. Its audit key is believed unless --public-key gives one that
    whoever can write the database couldn't replace. Nothing is changed; it may run while the service serves.

    Exit codes: 0 as it was written; 1 problems were found; 2 wrong usage; 75 not now, for database or trail
    can't be read; 78 the configuration must be changed.
    """
    with show_error(output):
        chosen = _configuration(context, config, is_needed=not (public_key and trails))
        found = _verify(chosen, public_key, trails or [], _begins(from_segments or ()))
    if closed:
        found.problems += found.notes
        found.notes = []
    if output is Output.JSON:
        print_json(_as_json(found))
    else:
        _say(found)
    if found.problems:
        raise typer.Exit(_FOUND)


def public_key(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Print the audit key's public key, in PEM. Keep it where nobody who can write the trail can.

    Exit codes: 0 done; 75 not now: there is none before the service has served for a moment; 78 the
    configuration must be changed.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    with show_error():
        pem = of_deployment(_settings(config)).key.public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )
    typer.echo(pem.decode(), nl=False)


def _verify(
    config: Path | None, public_key: Path | None, trails: "Sequence[Path]", begins: "Mapping[str, int]"
) -> "Verification":
    """Verifies a trail; without a configuration, by the public key alone."""
    from strongroom.server.audit.verification import Verifier

    if config is None and public_key is not None:
        return Verifier([of_file(public_key)], begins=begins).verify(_files(trails))
    settings = _settings(config or DEFAULT_CONFIG)
    told = of_deployment(settings)
    files = _files(trails or [settings.audit.directory])
    if public_key is None:
        return Verifier([told.key], told.known, told.asked_at, begins=begins).verify(files)
    key = of_file(public_key)
    verifier = Verifier([key], told.known, told.asked_at, known_proves=False, begins=begins)
    found = verifier.verify(files)
    if key != told.key:
        found.problems.append(_other_key())
    return found


def _other_key() -> "Problem":
    from strongroom.server.audit.findings import Problem

    return Problem("the database", "it has another audit key than the one that was given")


def _configuration(context: typer.Context, config: Path, *, is_needed: bool) -> Path | None:
    """The configuration, if it is needed or was asked for: a trail from elsewhere isn't this machine's."""
    source = context.get_parameter_source("config")
    is_asked_for = source is not None and source.name == "COMMANDLINE"
    return config if is_needed or is_asked_for else None


def _begins(said: "Sequence[str]") -> dict[str, int]:
    """The first segment that must be here, by the name of its chain."""
    found = {}
    for text in said:
        name, _, number = text.rpartition("=")
        if not name or not (number.isascii() and number.isdecimal()):
            raise SegmentInvalid(f"{text} is no segment: give it as worker-0=12.")
        found[name] = int(number)
    return found


def _settings(config: Path) -> "Settings":
    from strongroom.server.config import load_settings

    return load_settings(config)


def _files(trails: "Sequence[Path]") -> "list[Path]":
    """The segments of directories, and files that are named; NothingToVerify if there is none."""
    files = files_of(trails)
    if not files:
        raise NothingToVerify(f"There are no segments (*.jsonl) in {', '.join(map(str, trails))}.")
    return files


def _as_json(found: "Verification") -> dict[str, object]:
    return {
        "valid": not found.problems,
        "records": found.records,
        "segments": len(found.segments),
        "checkpoints": found.checkpoints,
        "problems": [asdict(problem) for problem in found.problems],
        "notes": [asdict(note) for note in found.notes],
    }


def _say(found: "Verification") -> None:
    for problem in found.problems:
        _say_one("[bold red]✗[/]", problem)
    for note in found.notes:
        _say_one("[yellow]·[/]", note)
    verdict = "[bold red]altered, or not whole[/]" if found.problems else "[green]as written[/]"
    console.print(
        f"{verdict}: {found.records} records in {len(found.segments)} segments, "
        f"{found.checkpoints} signed checkpoints, {len(found.problems)} problems",
        soft_wrap=True,
    )


def _say_one(mark: str, problem: "Problem") -> None:
    place, text = escape(printable(problem.place)), escape(printable(problem.text))
    console.print(f"{mark} {place}: {text}", soft_wrap=True)
