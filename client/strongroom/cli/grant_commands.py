"""`strongroom grant`: permissions on a key that come and go without a change of policies."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from strongroom.cli import options
from strongroom.cli.failures import EXIT_CODES, usage
from strongroom.cli.files import Encoding, read_bytes
from strongroom.cli.options import KeyId
from strongroom.cli.session import Session, parse_context, session_of, show_json
from strongroom.cli.tables import show_table
from strongroom.client import GrantEntry
from strongroom.client.names import GRANT_OPERATIONS

app = typer.Typer(help="Lend a key, and take it back.", no_args_is_help=True)

_MOST_TOKEN_BYTES = 8192
_WAYS_TO_NAME = {(False, True, True), (True, False, False)}  # without the token, the key, the grant

GrantId = Annotated[str, typer.Argument(help="The grant's id.", metavar="GRANT")]
Grantee = Annotated[
    str | None, typer.Option("--grantee", help="List only the grants to this ARN.", metavar="ARN")
]


@app.command(
    epilog="Example:  strongroom grant create KEY --to arn:aws:iam::111122223333:role/backup "
    f"--operation Decrypt --context-has tenant=a\n\n{EXIT_CODES}"
)
def create(
    context: typer.Context,
    key_id: KeyId,
    grantee: Annotated[
        str, typer.Option("--to", help="ARN of a user, role, session or account.", metavar="ARN")
    ],
    operations: Annotated[
        list[str], options.named_several("--operation", GRANT_OPERATIONS, "What it may do.")
    ],
    retiring: Annotated[
        str | None,
        typer.Option("--retiring-principal", help="ARN of who else may retire the grant.", metavar="ARN"),
    ] = None,
    equals: Annotated[
        list[str] | None,
        typer.Option("--context-is", help="A pair of the encryption context that requests must have, whole."),
    ] = None,
    subset: Annotated[
        list[str] | None,
        typer.Option("--context-has", help="A pair that their encryption context must have, among others."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="A name; the same command gives the same grant again then.")
    ] = None,
    dry_run: options.DryRun = False,
) -> None:
    """Let a principal use a key; it may from now on."""
    session = session_of(context)
    with session.client() as client:
        created = client.create_grant(
            key_id,
            grantee,
            operations,
            retiring_principal=retiring,
            encryption_context_equals=parse_context(equals or [], "--context-is") or None,
            encryption_context_subset=parse_context(subset or [], "--context-has") or None,
            name=name,
            dry_run=dry_run,
        )
    if session.as_json:
        show_json(asdict(created))
    else:
        typer.echo(created.grant_id)


@app.command("list", epilog=f"Example:  strongroom -o json grant list KEY\n\n{EXIT_CODES}")
def list_(context: typer.Context, key_id: KeyId, grantee: Grantee = None) -> None:
    """List the grants on a key."""
    session = session_of(context)
    with session.client() as client:
        _show(session, client.all_grants(key_id, grantee_principal=grantee))


@app.command(
    "list-retirable",
    epilog=f"Example:  strongroom grant list-retirable arn:aws:iam::111122223333:role/backup\n\n{EXIT_CODES}",
)
def list_retirable(
    context: typer.Context,
    principal: Annotated[str, typer.Argument(help="ARN of a principal of your account.")],
) -> None:
    """List the grants, on keys of any account, that a principal may retire."""
    session = session_of(context)
    with session.client() as client:
        _show(session, client.all_retirable_grants(principal))


@app.command(
    epilog="Example:  strongroom grant retire KEY GRANT, or  strongroom grant retire --grant-token FILE"
    f"\n\n{EXIT_CODES}"
)
def retire(
    context: typer.Context,
    key_id: Annotated[str | None, typer.Argument(help="Key id or ARN.", metavar="KEY")] = None,
    grant_id: Annotated[str | None, typer.Argument(help="The grant's id.", metavar="GRANT")] = None,
    grant_token: Annotated[
        Path | None,
        typer.Option(
            help="File with the grant's token, as -o json grant create tells it; - for standard input.",
            metavar="FILE",
        ),
    ] = None,
    dry_run: options.DryRun = False,
) -> None:
    """End a grant that did its work, as its retiring principal or its grantee."""
    if (grant_token is None, key_id is None, grant_id is None) not in _WAYS_TO_NAME:
        usage("Give KEY and GRANT, or --grant-token.")
    token = None if grant_token is None else _read_token(grant_token)
    with session_of(context).client() as client:
        client.retire_grant(grant_token=token, key_id=key_id, grant_id=grant_id, dry_run=dry_run)


@app.command(epilog=f"Example:  strongroom grant revoke KEY GRANT\n\n{EXIT_CODES}")
def revoke(context: typer.Context, key_id: KeyId, grant_id: GrantId, dry_run: options.DryRun = False) -> None:
    """End a grant on a key that you administer."""
    with session_of(context).client() as client:
        client.revoke_grant(key_id, grant_id, dry_run=dry_run)


def _read_token(path: Path) -> str:
    data = read_bytes(path, Encoding.RAW, most=_MOST_TOKEN_BYTES, too_long=f"{path} is no grant token.")
    return data.decode(errors="replace").strip() or usage(f"{path} is no grant token.")


def _show(session: Session, grants: Iterable[GrantEntry]) -> None:
    found = list(grants)
    if session.as_json:
        show_json({"grants": [asdict(entry) for entry in found]})
        return
    rows = (
        (entry.grant_id, entry.key_id, entry.grantee_principal, ", ".join(entry.operations))
        for entry in found
    )
    show_table(("grant", "key", "grantee", "operations"), rows)
