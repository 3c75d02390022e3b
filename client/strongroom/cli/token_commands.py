"""`strongroom token`: what the service's token can do."""

from collections.abc import Iterable
from dataclasses import asdict

import typer
from rich.markup import escape
from rich.table import Table

from strongroom.cli.registration import Command
from strongroom.cli.session import console, session_of, show_json
from strongroom.client import DataKeyPairSupport, Token


def token(context: typer.Context) -> None:
    """Show what the token is, which keys can be created, and what the token was tried for."""
    session = session_of(context)
    with session.client() as client:
        found = client.describe_token()
    if session.as_json:
        show_json(asdict(found))
        return
    _show(found)


def _show(found: Token) -> None:
    head = f"{found.label}: {found.manufacturer} {found.model}, serial number {found.serial}"
    console.print(escape(head), highlight=False)
    specs = ((s.key_spec, s.key_usage, _yes(s.is_supported), s.missing) for s in found.key_specs)
    console.print(_table("Keys", ("spec", "usage", "can be made", "lacks"), specs))
    pairs = ((p.key_pair_spec, _yes(p.is_supported), _pool(p), p.missing) for p in found.data_key_pairs)
    console.print(_table("Data key pairs", ("spec", "can be made", "made ahead", "lacks"), pairs))
    tried = ((c.name, c.mechanism, c.finding, c.detail) for c in found.capabilities)
    console.print(_table("Capabilities", ("what", "mechanism", "found", "how, or what is wrong"), tried))


def _table(title: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def _yes(is_so: bool) -> str:  # noqa: FBT001 # it is what is shown
    return "yes" if is_so else "no"


def _pool(pair: DataKeyPairSupport) -> str:
    return f"{pair.pooled} of {pair.pool_size}" if pair.pool_size else ""


COMMANDS: tuple[Command, ...] = (("token", token, "strongroom -o json token | jq .key_specs"),)
