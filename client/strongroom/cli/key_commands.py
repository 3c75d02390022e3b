"""`strongroom key`: create, show and switch keys."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from strongroom.cli import import_commands, rotation_commands
from strongroom.cli.failures import EXIT_CODES
from strongroom.cli.options import KeyId, named, parse_tags
from strongroom.cli.session import Session, console, session_of, show_json
from strongroom.cli.text import printable
from strongroom.client import KeyEntry, KeyMetadata
from strongroom.client.names import KEY_SPECS, KEY_USAGES, ORIGINS

app = typer.Typer(help="Create, show, switch, import, rotate and delete keys.", no_args_is_help=True)
app.add_typer(rotation_commands.app, name="rotation")
app.command("rotate", epilog=f"Example:  strongroom key rotate KEY\n\n{EXIT_CODES}")(rotation_commands.rotate)
app.command("import", epilog=f"Example:  strongroom key import KEY --in private.pem\n\n{EXIT_CODES}")(
    import_commands.import_
)
app.command(
    "import-parameters",
    epilog=(
        "Example:  strongroom key import-parameters KEY --public-key wrapping.pem --import-token token.bin"
        f"\n\n{EXIT_CODES}"
    ),
)(import_commands.import_parameters)
app.command("delete-material", epilog=f"Example:  strongroom key delete-material KEY\n\n{EXIT_CODES}")(
    import_commands.delete_material
)


@app.command(
    epilog="Example:  strongroom key create --key-spec ECC_NIST_P256 --key-usage SIGN_VERIFY --tag team=web"
)
def create(
    context: typer.Context,
    description: Annotated[str, typer.Option(help="What the key is for; not secret.")] = "",
    key_spec: Annotated[
        str, named("--key-spec", KEY_SPECS, "The kind of key; `strongroom token` shows which can be made.")
    ] = "SYMMETRIC_DEFAULT",
    key_usage: Annotated[
        str | None,
        named("--key-usage", KEY_USAGES, "What it may be used for; only SYMMETRIC_DEFAULT needs none."),
    ] = None,
    origin: Annotated[
        str, named("--origin", ORIGINS, "AWS_KMS: the token makes it. EXTERNAL: you import it (key import).")
    ] = "AWS_KMS",
    tag: Annotated[list[str] | None, typer.Option(help="A tag name=value; may be repeated.")] = None,
) -> None:
    """Create a key, generated inside the token and never to leave it, or one to import material into."""
    session = session_of(context)
    tags = parse_tags(tag or [])
    with session.client() as client:
        key = client.create_key(
            description=description, key_spec=key_spec, key_usage=key_usage, origin=origin, tags=tags
        )
    _show(session, key)


@app.command(epilog=f"Example:  strongroom key describe 1234abcd-12ab-34cd-56ef-1234567890ab\n\n{EXIT_CODES}")
def describe(context: typer.Context, key_id: KeyId) -> None:
    """Show what is known of a key."""
    session = session_of(context)
    with session.client() as client:
        _show(session, client.describe_key(key_id))


@app.command("list", epilog="Example:  strongroom --output json key list | jq -r '.keys[].key_id'")
def list_(
    context: typer.Context,
    limit: Annotated[int | None, typer.Option(min=1, help="Show at most so many.")] = None,
) -> None:
    """List the keys of the account."""
    session = session_of(context)
    with session.client() as client:
        found: list[KeyEntry] = []
        for entry in client.all_keys():
            if limit is not None and len(found) >= limit:
                break
            found.append(entry)
    if session.as_json:
        show_json({"keys": [asdict(entry) for entry in found]})
        return
    for entry in found:
        console.print(entry.arn, highlight=False, soft_wrap=True)


@app.command(epilog="Example:  strongroom key enable 1234abcd-12ab-34cd-56ef-1234567890ab")
def enable(context: typer.Context, key_id: KeyId) -> None:
    """Make a disabled key usable."""
    with session_of(context).client() as client:
        client.enable_key(key_id)


@app.command(epilog="Example:  strongroom key disable 1234abcd-12ab-34cd-56ef-1234567890ab")
def disable(context: typer.Context, key_id: KeyId) -> None:
    """Make a key unusable until it is enabled."""
    with session_of(context).client() as client:
        client.disable_key(key_id)


@app.command(
    "update-description", epilog="Example:  strongroom key update-description KEY 'orders, since 2026'"
)
def update_description(
    context: typer.Context,
    key_id: KeyId,
    description: Annotated[str, typer.Argument(help="The new description; not secret.")],
) -> None:
    """Replace a key's description."""
    with session_of(context).client() as client:
        client.update_key_description(key_id, description)


@app.command("last-usage", epilog=f"Example:  strongroom -o json key last-usage KEY\n\n{EXIT_CODES}")
def last_usage(context: typer.Context, key_id: KeyId) -> None:
    """Show when and by what a key was last used; no proof that nothing needs it any more."""
    session = session_of(context)
    with session.client() as client:
        found = client.get_key_last_usage(key_id)
    if session.as_json:
        show_json(asdict(found))
    elif found.timestamp is None:
        since = found.tracking_start_date.isoformat(timespec="seconds")
        console.print(f"No use is known since {since}; the last minute's may come later.", highlight=False)
    else:
        when = found.timestamp.isoformat(timespec="seconds")
        console.print(f"{found.operation} at {when}, request {found.kms_request_id}.", highlight=False)


@app.command(
    epilog=f"Example:  strongroom key delete 1234abcd-12ab-34cd-56ef-1234567890ab --days 7\n\n{EXIT_CODES}"
)
def delete(
    context: typer.Context,
    key_id: KeyId,
    days: Annotated[int, typer.Option(min=7, max=30, help="Days until the key is deleted.")] = 30,
) -> None:
    """Make a key unusable now, and delete it after some days: what it encrypted is lost then."""
    session = session_of(context)
    with session.client() as client:
        scheduled = client.schedule_key_deletion(key_id, pending_window_in_days=days)
    if session.as_json:
        show_json(asdict(scheduled))
        return
    when = scheduled.deletion_date.isoformat(timespec="seconds")
    console.print(f"{scheduled.key_id} will be deleted at {when}.", highlight=False, soft_wrap=True)
    console.print("Until then it can be kept with: strongroom key cancel-deletion KEY", highlight=False)


@app.command(
    "cancel-deletion",
    epilog=f"Example:  strongroom key cancel-deletion 1234abcd-12ab-34cd-56ef-1234567890ab\n\n{EXIT_CODES}",
)
def cancel_deletion(context: typer.Context, key_id: KeyId) -> None:
    """Keep a key that is pending deletion; it is disabled afterwards."""
    with session_of(context).client() as client:
        client.cancel_key_deletion(key_id)


def _show(session: Session, key: KeyMetadata) -> None:
    if session.as_json:
        show_json(asdict(key))
        return
    for name, value in asdict(key).items():
        if value in ((), None):  # algorithms of other usages, and what it hasn't got
            continue
        label = f"{name.replace('_', ' '):<24}"
        console.print(f"[dim]{label}[/]{escape(_text(value))}", highlight=False, soft_wrap=True)


def _text(value: object) -> str:
    return printable(", ".join(map(str, value)) if isinstance(value, tuple) else str(value))
