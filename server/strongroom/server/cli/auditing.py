"""`strongroomd audit`: proves that the audit trail is as it was written."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from strongroom.server.cli.options import DEFAULT_CONFIG, ConfigOption, OutputOption, examples
from strongroom.server.cli.output import Output, console, print_json, show_error

if TYPE_CHECKING:  # heavy
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    from strongroom.server.audit import Head
    from strongroom.server.audit.findings import Problem, Verification
    from strongroom.server.config import Settings

VERIFY_EXAMPLES = examples(
    "strongroomd audit verify --config /etc/strongroom/strongroom.toml",
    "strongroomd audit verify --public-key audit-key.pem --trail /mnt/archive/audit",
    "strongroomd audit verify --closed --output json | jq .problems",
)
PUBLIC_KEY_EXAMPLES = examples("strongroomd audit public-key > audit-key.pem")
_FOUND = 1


class NoPublicKey(Exception):
    """There is nothing to verify checkpoints with."""


class NothingToVerify(Exception):
    """There are no segments."""


def verify(
    config: ConfigOption = DEFAULT_CONFIG,
    output: OutputOption = Output.TEXT,
    *,
    public_key: Annotated[
        Path | None,
        typer.Option(
            "--public-key",
            help="The audit key's public key in PEM, kept elsewhere; no database is needed then.",
        ),
    ] = None,
    trails: Annotated[
        list[Path] | None,
        typer.Option("--trail", help="Directory or file of the trail, repeatable; by default as configured."),
    ] = None,
    closed: Annotated[
        bool,
        typer.Option("--closed", help="The service has stopped: what isn't closed and signed is a problem."),
    ] = False,
) -> None:
    """Check that no record of the audit trail was altered, removed, inserted or reordered.

    With the database at hand it also finds what was cut off an end. Nothing is changed; it may run while the
    service serves.

    Exit codes: 0 as it was written; 1 problems were found; 2 wrong usage; 75 not now, for database or trail
    can't be read; 78 the configuration must be changed.
    """
    with show_error(output):
        found = _verify(config, public_key, trails or [])
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
        key, _ = _of_deployment(_settings(config))
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    typer.echo(pem.decode(), nl=False)


def _verify(config: Path, public_key: Path | None, trails: "Sequence[Path]") -> "Verification":
    from strongroom.server.audit.verification import Verifier

    if public_key is not None:
        trails = trails or [_settings(config).audit.directory]
        return Verifier([_read(public_key)]).verify(_files(trails))
    settings = _settings(config)
    key, known = _of_deployment(settings)
    return Verifier([key], known).verify(_files(trails or [settings.audit.directory]))


def _settings(config: Path) -> "Settings":
    from strongroom.server.config import load_settings

    return load_settings(config)


def _of_deployment(settings: "Settings") -> "tuple[EllipticCurvePublicKey, tuple[Head, ...]]":
    """The audit key's public key, and how far the chains went, by the database."""
    from contextlib import closing

    from cryptography.hazmat.primitives.serialization import load_der_public_key

    from strongroom.server.deployment import open_store, require_own
    from strongroom.server.trail import StoreLedger, find_audit_key

    with closing(open_store(settings)) as store:
        require_own(settings, store.deployment())
        found = find_audit_key(store)
        if found is None:
            raise NoPublicKey(
                "There is no audit key yet: the housekeeper makes it when the service first serves."
            )
        return _p256(load_der_public_key(found.check)), StoreLedger(store.audit_chains).all()


def _read(path: Path) -> "EllipticCurvePublicKey":
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        return _p256(load_pem_public_key(path.read_bytes()))
    except (OSError, ValueError):
        raise NoPublicKey(
            f"{path} is no public key in PEM: `strongroomd audit public-key` prints it."
        ) from None


def _p256(key: object) -> "EllipticCurvePublicKey":
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    if not isinstance(key, EllipticCurvePublicKey):
        raise NoPublicKey("The audit key is an ECDSA key; this one isn't.")
    return key


def _files(trails: "Sequence[Path]") -> "list[Path]":
    """The segments of directories, and files that are named; NothingToVerify if there is none."""
    files = [file for trail in trails for file in (trail.glob("*.jsonl") if trail.is_dir() else [trail])]
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
    verdict = "[bold red]altered[/]" if found.problems else "[green]as written[/]"
    console.print(
        f"{verdict}: {found.records} records in {len(found.segments)} segments, "
        f"{found.checkpoints} signed checkpoints, {len(found.problems)} problems",
        soft_wrap=True,
    )


def _say_one(mark: str, problem: "Problem") -> None:
    console.print(f"{mark} {escape(problem.place)}: {escape(problem.text)}", soft_wrap=True)
