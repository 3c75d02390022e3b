"""`strongroom policy`: who may do what."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from strongroom.cli.failures import EXIT_CODES, ExitCode
from strongroom.cli.files import Encoding, read_bytes
from strongroom.cli.options import KeyId
from strongroom.cli.session import console, parse_context, session_of, show_json
from strongroom.cli.tables import show_table
from strongroom.cli.text import printable
from strongroom.client import AccessExplained

app = typer.Typer(help="Say who may do what, and ask why.", no_args_is_help=True)

_MAX_POLICY_BYTES = 32_768

Principal = Annotated[
    str, typer.Argument(help="ARN of a user or a role of your account.", metavar="PRINCIPAL")
]
PolicyName = Annotated[str, typer.Argument(help="The policy's name.", metavar="NAME")]
Document = Annotated[
    Path, typer.Option("--in", help="File with the policy, JSON; - for standard input.", metavar="FILE")
]


@app.command(epilog=f"Example:  strongroom policy put KEY --in policy.json\n\n{EXIT_CODES}")
def put(
    context: typer.Context,
    key_id: KeyId,
    document: Document,
    bypass: Annotated[
        bool,
        typer.Option("--bypass-lockout-check", help="Put it even if you can't change it afterwards."),
    ] = False,
) -> None:
    """Replace the policy of a key."""
    text = _read(document)
    with session_of(context).client() as client:
        client.put_key_policy(key_id, text, bypass_policy_lockout_safety_check=bypass)


@app.command(epilog=f"Example:  strongroom policy get KEY > policy.json\n\n{EXIT_CODES}")
def get(context: typer.Context, key_id: KeyId) -> None:
    """Show the policy of a key."""
    with session_of(context).client() as client:
        _show(client.get_key_policy(key_id))


@app.command(
    "put-principal",
    epilog="Example:  strongroom policy put-principal arn:aws:iam::111122223333:role/billing orders "
    f"--in orders.json\n\n{EXIT_CODES}",
)
def put_principal(context: typer.Context, principal: Principal, name: PolicyName, document: Document) -> None:
    """Write a policy of a principal, in the place of one of this name."""
    text = _read(document)
    with session_of(context).client() as client:
        client.put_principal_policy(principal, name, text)


@app.command(
    "get-principal",
    epilog=f"Example:  strongroom policy get-principal PRINCIPAL orders\n\n{EXIT_CODES}",
)
def get_principal(context: typer.Context, principal: Principal, name: PolicyName) -> None:
    """Show a policy of a principal."""
    with session_of(context).client() as client:
        _show(client.get_principal_policy(principal, name))


@app.command(
    "delete-principal",
    epilog=f"Example:  strongroom policy delete-principal PRINCIPAL orders\n\n{EXIT_CODES}",
)
def delete_principal(context: typer.Context, principal: Principal, name: PolicyName) -> None:
    """Delete a policy of a principal; what it allowed is denied from then on."""
    with session_of(context).client() as client:
        client.delete_principal_policy(principal, name)


@app.command("principals", epilog=f"Example:  strongroom -o json policy principals\n\n{EXIT_CODES}")
def principals(context: typer.Context) -> None:
    """List the principals that have policies."""
    session = session_of(context)
    with session.client() as client:
        found = list(client.all_principals())
    if session.as_json:
        show_json({"principals": [asdict(entry) for entry in found]})
        return
    show_table(
        ("principal", "policies"), ((entry.principal, ", ".join(entry.policy_names)) for entry in found)
    )


@app.command(
    epilog="Example:  strongroom policy explain KEY --principal arn:aws:iam::111122223333:role/billing "
    "--action kms:Decrypt --condition kms:EncryptionContext:tenant=a\n\n"
    f"{EXIT_CODES} With --check, 6 where the principal may not do it."
)
def explain(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(help="Key id, ARN or alias.", metavar="KEY")],
    principal: Annotated[str, typer.Option(help="ARN of who would do it.")],
    action: Annotated[str, typer.Option(help="What, as kms:Decrypt.")],
    conditions: Annotated[
        list[str] | None,
        typer.Option("--condition", help="Value of a condition key, NAME=VALUE; repeatable."),
    ] = None,
    *,
    check: Annotated[bool, typer.Option("--check", help="Exit with 6 where it is denied.")] = False,
) -> None:
    """Say whether a principal may do something with a key, and which statement decides; nothing is done.

    Both verdicts are answers, with exit code 0, unless --check is given.
    """
    session = session_of(context)
    with session.client() as client:
        found = client.explain_access(
            key_id, principal, action, conditions=parse_context(conditions or [], "--condition")
        )
    if session.as_json:
        show_json(asdict(found))
    else:
        _show_verdict(found)
    if check and not found.allowed:
        raise typer.Exit(ExitCode.NOT_ALLOWED)


def _show_verdict(found: AccessExplained) -> None:
    by = f" ({found.decided_by})" if found.decided_by else ""
    verdict = "allowed" if found.allowed else f"denied {found.reason}"
    console.print(printable(f"{verdict}{by}"), highlight=False, markup=False, soft_wrap=True)


def _read(document: Path) -> str:
    data = read_bytes(
        document,
        Encoding.RAW,
        most=_MAX_POLICY_BYTES,
        too_long=f"A policy has at most {_MAX_POLICY_BYTES} bytes.",
    )
    return data.decode(errors="replace")


def _show(policy: str) -> None:
    sys.stdout.write(policy if policy.endswith("\n") else policy + "\n")
