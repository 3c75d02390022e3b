"""`strongroom tag`: tags of keys."""

from typing import Annotated

import typer

from strongroom.cli.failures import EXIT_CODES
from strongroom.cli.options import KeyId, parse_tags
from strongroom.cli.session import session_of, show_json
from strongroom.cli.tables import show_table

app = typer.Typer(help="Tag keys; tags are not secret.", no_args_is_help=True)


@app.command("set", epilog=f"Example:  strongroom tag set KEY team=web stage=test\n\n{EXIT_CODES}")
def set_(
    context: typer.Context,
    key_id: KeyId,
    tags: Annotated[list[str], typer.Argument(help="Tags name=value.", metavar="TAG...")],
) -> None:
    """Set tags of a key; others stay."""
    with session_of(context).client() as client:
        client.tag_resource(key_id, parse_tags(tags))


@app.command(epilog=f"Example:  strongroom tag remove KEY stage\n\n{EXIT_CODES}")
def remove(
    context: typer.Context,
    key_id: KeyId,
    names: Annotated[list[str], typer.Argument(help="Names of tags.", metavar="NAME...")],
) -> None:
    """Remove tags of a key; those that it hasn't got are ignored."""
    with session_of(context).client() as client:
        client.untag_resource(key_id, names)


@app.command("list", epilog=f"Example:  strongroom -o json tag list KEY | jq .tags.team\n\n{EXIT_CODES}")
def list_(context: typer.Context, key_id: KeyId) -> None:
    """List the tags of a key."""
    session = session_of(context)
    with session.client() as client:
        tags = client.list_resource_tags(key_id).tags
    if session.as_json:
        show_json({"tags": dict(tags)})
        return
    show_table(("tag", "value"), tags.items())
