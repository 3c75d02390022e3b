"""`strongroom key rotate` and `strongroom key rotation`: new material for symmetric keys."""

from dataclasses import asdict
from typing import Annotated

import typer

from strongroom.cli.failures import EXIT_CODES
from strongroom.cli.options import KeyId
from strongroom.cli.session import console, session_of, show_json
from strongroom.cli.tables import show_table
from strongroom.cli.text import printable

app = typer.Typer(help="Have keys rotate by themselves, and look at it.", no_args_is_help=True)


def rotate(context: typer.Context, key_id: KeyId) -> None:
    """Give a symmetric key new material now, at most 25 times; what it encrypted before still decrypts."""
    with session_of(context).client() as client:
        client.rotate_key_on_demand(key_id)


@app.command(epilog=f"Example:  strongroom key rotation enable KEY --days 90\n\n{EXIT_CODES}")
def enable(
    context: typer.Context,
    key_id: KeyId,
    days: Annotated[int, typer.Option(min=90, max=2560, help="Days between two rotations.")] = 365,
) -> None:
    """Have a symmetric key rotate by itself, from now on."""
    with session_of(context).client() as client:
        client.enable_key_rotation(key_id, rotation_period_in_days=days)


@app.command(epilog=f"Example:  strongroom key rotation disable KEY\n\n{EXIT_CODES}")
def disable(context: typer.Context, key_id: KeyId) -> None:
    """Have it rotate no more by itself."""
    with session_of(context).client() as client:
        client.disable_key_rotation(key_id)


@app.command(epilog=f"Example:  strongroom -o json key rotation status KEY\n\n{EXIT_CODES}")
def status(context: typer.Context, key_id: KeyId) -> None:
    """Show whether and when a key rotates by itself."""
    session = session_of(context)
    with session.client() as client:
        found = client.get_key_rotation_status(key_id)
    if session.as_json:
        show_json(asdict(found))
    elif found.next_rotation_date is None:
        console.print("It doesn't rotate by itself.")
    else:
        when = found.next_rotation_date.isoformat(timespec="seconds")
        console.print(f"Every {found.rotation_period_in_days} days; next at {when}.", highlight=False)


@app.command("list", epilog=f"Example:  strongroom key rotation list KEY --all\n\n{EXIT_CODES}")
def list_(
    context: typer.Context,
    key_id: KeyId,
    all_: Annotated[bool, typer.Option("--all", help="List the first one and one that waits, too.")] = False,
) -> None:
    """List the materials of a key that rotations made, the oldest first."""
    session = session_of(context)
    with session.client() as client:
        found = list(client.all_key_rotations(key_id, all_key_material=all_))
    if session.as_json:
        show_json({"rotations": [asdict(entry) for entry in found]})
        return
    rows = (
        (
            entry.key_material_id,
            entry.key_material_state,
            entry.rotation_date.isoformat(timespec="seconds") if entry.rotation_date else "",
            entry.rotation_type or "",
            entry.import_state or "",
            entry.valid_to.isoformat(timespec="seconds") if entry.valid_to else "",
            printable(entry.key_material_description or ""),
        )
        for entry in found
    )
    show_table(("material", "state", "rotated", "by", "import", "expires", "description"), rows)
