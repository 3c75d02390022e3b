"""`strongroomd backup`."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from strongroom.server.cli.options import DEFAULT_CONFIG, ConfigOption, OutputOption, examples
from strongroom.server.cli.output import Output, console, print_json, show_error

if TYPE_CHECKING:  # heavy
    from strongroom.server.cli.backups.manifests import Manifest

EXAMPLES = examples(
    "strongroomd backup --config var/dev/strongroom.toml --out backups/monday",
    "strongroomd backup --out /backups/$(date +%F) --output json",
    "strongroomd backup --out /backups/now --without-token",
)


def backup(
    out: Annotated[Path, typer.Option("--out", help="The backup, a new directory.")],
    config: ConfigOption = DEFAULT_CONFIG,
    output: OutputOption = Output.TEXT,
    *,
    without_token: Annotated[
        bool, typer.Option("--without-token", help="Don't ask the token which keys it has.")
    ] = False,
) -> None:
    """Copy the database, while the service serves, with a manifest of the keys that must be on the token.

    The keys themselves stay on the token: it needs a backup of its own. Keep this one as you keep the
    database: it holds the same. Run it as the service's user.

    Exit codes: 0 made; 1 there is something at that place; 2 wrong usage; 75 not now, for token, database or
    audit trail can't be had; 78 the configuration, the PIN or the database must be changed.
    """
    from strongroom.server.cli.backups.making import make_backup
    from strongroom.server.config import load_settings

    with show_error(output):
        manifest = make_backup(load_settings(config), out.absolute(), with_token=not without_token)
    if output is Output.JSON:
        print_json({"backup": str(out.absolute()), **manifest.model_dump(mode="json")})
    else:
        _say_made(out, manifest)


def _say_made(out: Path, manifest: "Manifest") -> None:
    console.print(
        f"[green]✓[/] Backed up {manifest.keys()} keys to [bold]{escape(str(out))}[/].", soft_wrap=True
    )
    console.print(_table(manifest))
    if any(material.on_token is False and material.state == "enabled" for material in manifest.materials):
        console.print("[yellow]![/] The token lacks some: `strongroomd doctor` tells which.", soft_wrap=True)
    console.print("The keys are on the token only: back it up, too, by its own means.", soft_wrap=True)


def _table(manifest: "Manifest") -> Table:
    table = Table("Key spec", "Material", "In the backup", "On the token")
    total = Counter((material.key_spec, material.state) for material in manifest.materials)
    there = Counter(
        (material.key_spec, material.state) for material in manifest.materials if material.on_token
    )
    for kind in sorted(total):
        on_token = str(there[kind]) if manifest.token else "not asked"
        table.add_row(*kind, str(total[kind]), on_token)
    return table
