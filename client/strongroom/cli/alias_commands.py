"""`strongroom alias`: names of keys."""

from dataclasses import asdict
from typing import Annotated

import typer

from strongroom.cli.failures import EXIT_CODES
from strongroom.cli.options import KeyId
from strongroom.cli.session import session_of, show_json
from strongroom.cli.tables import show_table

app = typer.Typer(help="Name keys, and move the names.", no_args_is_help=True)

_PREFIX = "alias/"

Name = Annotated[
    str, typer.Argument(help="The name; alias/ in front of it may be left out.", metavar="ALIAS")
]


@app.command(
    epilog=f"Example:  strongroom alias create orders 1234abcd-12ab-34cd-56ef-1234567890ab\n\n{EXIT_CODES}"
)
def create(context: typer.Context, alias: Name, key_id: KeyId) -> None:
    """Give a key a name."""
    with session_of(context).client() as client:
        client.create_alias(_full(alias), key_id)


@app.command(epilog=f"Example:  strongroom alias update orders KEY\n\n{EXIT_CODES}")
def update(context: typer.Context, alias: Name, key_id: KeyId) -> None:
    """Move a name to another key of the same type and usage."""
    with session_of(context).client() as client:
        client.update_alias(_full(alias), key_id)


@app.command(epilog=f"Example:  strongroom alias delete orders\n\n{EXIT_CODES}")
def delete(context: typer.Context, alias: Name) -> None:
    """Take a name away; the key stays as it is."""
    with session_of(context).client() as client:
        client.delete_alias(_full(alias))


@app.command(
    "list", epilog=f"Example:  strongroom -o json alias list | jq -r '.aliases[].arn'\n\n{EXIT_CODES}"
)
def list_(
    context: typer.Context,
    key_id: Annotated[str | None, typer.Option("--key-id", help="List only this key's; id or ARN.")] = None,
) -> None:
    """List the names of the account's keys."""
    session = session_of(context)
    with session.client() as client:
        found = list(client.all_aliases(key_id=key_id))
    if session.as_json:
        show_json({"aliases": [asdict(entry) for entry in found]})
        return
    rows = (
        (entry.alias_name, entry.target_key_id, entry.last_updated_date.isoformat(timespec="seconds"))
        for entry in found
    )
    show_table(("alias", "key", "updated"), rows)


def _full(name: str) -> str:
    return name if name.startswith(_PREFIX) else f"{_PREFIX}{name}"
