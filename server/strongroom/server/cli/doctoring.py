"""`strongroomd doctor`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from strongroom.server.cli.options import DEFAULT_CONFIG, ConfigOption, OutputOption, examples
from strongroom.server.cli.output import Output, console, print_json

if TYPE_CHECKING:  # heavy
    from strongroom.server.cli.examination import ClientFiles, Finding

EXAMPLES = examples(
    "strongroomd doctor --config var/dev/strongroom.toml",
    ". var/dev/env.sh && strongroomd doctor --config var/dev/strongroom.toml",
    "strongroomd doctor --output json",
)
_CLIENT = "To ask the service for its health"
_MARKS: Mapping[str, str] = {
    "ok": "[green]✓[/]",
    "warning": "[yellow]![/]",
    "failed": "[red]✗[/]",
    "skipped": "[dim]·[/]",
}


def _client_file(variable: str, text: str) -> Any:  # noqa: ANN401 # typer's OptionInfo
    return typer.Option(envvar=variable, help=text, exists=True, dir_okay=False, rich_help_panel=_CLIENT)


def doctor(
    config: ConfigOption = DEFAULT_CONFIG,
    output: OutputOption = Output.TEXT,
    cert: Annotated[Path | None, _client_file("STRONGROOM_CERT", "A client's certificate.")] = None,
    key: Annotated[Path | None, _client_file("STRONGROOM_KEY", "Its private key.")] = None,
    ca: Annotated[
        Path | None, _client_file("STRONGROOM_CA", "The authority of the server's certificate.")
    ] = None,
) -> None:
    """Look a deployment over: configuration, files, database, token, keys, and the running service.

    Nothing is changed. Run it as the service's user: it reads what the service reads.

    Exit codes: 0 nothing is wrong; 1 something is; 2 wrong usage.
    """
    from strongroom.server.cli.examination import Verdict, examine

    findings: list[tuple[str, Finding]] = []
    for name, finding in examine(config, _client(cert, key, ca)):
        findings.append((name, finding))
        if output is Output.TEXT:
            _print(name, finding)
    is_well = all(finding.verdict is not Verdict.FAILED for _, finding in findings)
    if output is Output.JSON:
        print_json({"ok": is_well, "findings": [_as_json(name, finding) for name, finding in findings]})
    raise typer.Exit(0 if is_well else 1)


def _client(cert: Path | None, key: Path | None, ca: Path | None) -> "ClientFiles | None":
    from strongroom.server.cli.examination import ClientFiles

    if cert and key and ca:
        return ClientFiles(cert, key, ca)
    if cert or key or ca:
        raise typer.BadParameter("--cert, --key and --ca go together.")
    return None


def _print(name: str, finding: "Finding") -> None:
    console.print(f"{_MARKS[finding.verdict]} [bold]{name}[/]: {escape(finding.text)}", soft_wrap=True)
    if finding.remedy:
        console.print(f"    {escape(finding.remedy)}", soft_wrap=True)


def _as_json(name: str, finding: "Finding") -> Mapping[str, object]:
    document = {"check": name, "verdict": finding.verdict, "text": finding.text, "remedy": finding.remedy}
    return {**document, "figures": finding.figures} if finding.figures else document
