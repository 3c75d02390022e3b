"""`strongroomd token probe`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from strongroom.server.cli.options import DEFAULT_CONFIG, ConfigOption, OutputOption, examples
from strongroom.server.cli.output import Output, console, print_json, show_error

if TYPE_CHECKING:  # heavy
    from collections.abc import Iterator

    from strongroom.hsm import CapabilityReport
    from strongroom.server.cli.token_choice import Probed

EXAMPLES = examples(
    "strongroomd token probe --config var/dev/strongroom.toml",
    "strongroomd token probe --profile vendor.toml --label keys --pin file:/etc/hsm/pin",
    "strongroomd token probe --module /opt/hsm/lib/pkcs11.so --label keys --pin file:/etc/hsm/pin",
)
_DIRECT = "Without a configuration"
_COLOURS: Mapping[str, str] = {"supported": "green", "lying": "bold red", "failed": "red"}


def probe(
    config: ConfigOption = DEFAULT_CONFIG,
    output: OutputOption = Output.TEXT,
    module: Annotated[Path | None, typer.Option(help="The PKCS#11 module.", rich_help_panel=_DIRECT)] = None,
    profile: Annotated[
        str | None,
        typer.Option(help="Name or path of the token profile. [default: generic]", rich_help_panel=_DIRECT),
    ] = None,
    label: Annotated[str | None, typer.Option(help="The token's label.", rich_help_panel=_DIRECT)] = None,
    serial: Annotated[str | None, typer.Option(help="Its serial number.", rich_help_panel=_DIRECT)] = None,
    pin: Annotated[
        str | None,
        typer.Option(
            help="Where its PIN is: file:PATH, env:NAME or credential:NAME. Never the PIN itself.",
            rich_help_panel=_DIRECT,
        ),
    ] = None,
) -> None:
    """Show what a token can do, by trying it with keys that vanish; no object on it is changed.

    Exit codes: 0 keys can be made in it; 1 they can't; 2 wrong usage; 75 the token can't be reached; 78 the
    configuration, the token profile or the PIN must be changed.
    """
    from strongroom.server.cli.token_choice import configured, direct, probe_token

    with show_error(output):
        is_direct = any((module, profile, label, serial, pin))
        choice = direct(module, profile or "generic", label, serial, pin) if is_direct else configured(config)
        probed = probe_token(choice)
    show = _show_json if output is Output.JSON else _show_table
    show(probed)
    raise typer.Exit(0 if probed.report.offered() else 1)


def _show_json(probed: "Probed") -> None:
    token = probed.description
    print_json(
        {
            "token": {name: getattr(token, name) for name in ("label", "serial", "manufacturer", "model")},
            "capabilities": [
                {
                    "capability": row.capability.name,
                    "mechanism": row.mechanism,
                    "finding": row.finding.value,
                    "detail": row.detail,
                }
                for row in probed.report.rows
            ],
            "keys": list(_keys(probed.report)),
        }
    )


def _show_table(probed: "Probed") -> None:
    token = probed.description
    console.print(f"[bold]{escape(token.label)}[/], serial {escape(token.serial)}: {escape(_maker(probed))}")
    table = Table("Capability", "By", "Finding", "Shown by")
    for row in probed.report.rows:
        colour = _COLOURS.get(row.finding.value, "yellow")
        finding = f"[{colour}]{row.finding.value}[/]"
        table.add_row(row.capability.value, row.mechanism, finding, escape(row.detail))
    console.print(table)
    keys = Table("Key spec", "Key usage", "Can be made", "Lacks")
    for key in _keys(probed.report):
        answer = "[green]yes[/]" if key["supported"] else "[yellow]no[/]"
        keys.add_row(str(key["key_spec"]), str(key["key_usage"]), answer, escape(str(key["missing"])))
    console.print(keys)
    if not probed.report.offered():
        console.print("[red]✗[/] No keys can be made in this token.", soft_wrap=True)


def _keys(report: "CapabilityReport") -> "Iterator[dict[str, object]]":
    from strongroom.hsm import NEEDED

    for kind, purpose in NEEDED:
        missing = report.missing_for(kind, purpose)
        yield {
            "key_spec": kind.value,
            "key_usage": purpose.value,
            "supported": not missing,
            "missing": missing,
        }


def _maker(probed: "Probed") -> str:
    return " ".join(part for part in (probed.description.manufacturer, probed.description.model) if part)
