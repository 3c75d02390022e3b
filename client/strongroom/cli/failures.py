"""How failures are told: what went wrong, what to do, and an exit code that scripts can use."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from strongroom.cli.text import printable
from strongroom.client import StrongroomError, errors


class ExitCode(IntEnum):
    """Exit codes of the command."""

    OK = 0
    REFUSED = 1  # the service refused the request
    USAGE = 2  # the command was called wrongly
    UNAVAILABLE = 3  # the service or the token can't be reached now: try again
    DENIED = 4  # this client may not do it
    DRY_RUN = 5  # the dry run found nothing wrong
    NOT_ALLOWED = 6  # policy explain --check: the principal may not do it


EXIT_CODES = (
    "Exit codes: 0 done; 1 the service refused; 2 wrong usage; 3 service or token not reachable, try again; "
    "4 access denied; 5 a dry run found nothing wrong."
)

_CODES: Mapping[type[StrongroomError], ExitCode] = {
    errors.AccessDenied: ExitCode.DENIED,
    errors.ChecksumMismatch: ExitCode.UNAVAILABLE,
    errors.CredentialsInvalid: ExitCode.DENIED,
    errors.DeadlineExceeded: ExitCode.UNAVAILABLE,
    errors.DryRunOperation: ExitCode.DRY_RUN,
    errors.KeyUnavailable: ExitCode.UNAVAILABLE,
    errors.ServiceUnavailable: ExitCode.UNAVAILABLE,
    errors.Throttled: ExitCode.UNAVAILABLE,
}
_REMEDIES: Mapping[type[StrongroomError], str] = {
    errors.AccessDenied: (
        "An administrator of the account can allow it: strongroom policy put-principal, or put for a key's "
        "policy. strongroom policy explain says what decides."
    ),
    errors.ChecksumMismatch: "If it happens again, look for a proxy or for memory that alters bytes.",
    errors.CredentialsInvalid: "Is this the right certificate (--cert, --key) or token (--token-file)?",
    errors.DeadlineExceeded: "Check --endpoint, and --timeout; then look whether it was done.",
    errors.Disabled: "Switch the key on with: strongroom key enable KEY",
    errors.ImportTokenExpired: "Get another with: strongroom key import-parameters KEY",
    errors.IncorrectKey: "Leave --key-id out: the key is found in the ciphertext.",
    errors.IncorrectKeyMaterial: (
        "A key takes back only the material that it had; another goes into a symmetric key with --new. "
        "What each kind of key takes: docs/imports.md"
    ),
    errors.InvalidCiphertext: (
        "Give exactly the --context pairs that were given when it was encrypted; for an RSA key, --algorithm."
    ),
    errors.InvalidImportToken: "Get another with: strongroom key import-parameters KEY",
    errors.InvalidMac: "Give the same message, key and --algorithm, and --digest if it was made so.",
    errors.InvalidSignature: (
        "Give the same message, key and --algorithm, and --digest or --message-type as it was signed."
    ),
    errors.InvalidState: "Look at the key's state with: strongroom key describe KEY",
    errors.KeyUnavailable: "The service reconnects to its token by itself; try again in a moment.",
    errors.NotFound: "List the keys with: strongroom key list; a key of another account needs its ARN.",
    errors.ServiceUnavailable: (
        "Check --endpoint, --ca, --cert and --key or --token-file, and that the service runs."
    ),
    errors.Throttled: "The account asks for too much at once; try again in a moment.",
    errors.UnsupportedOperation: "What the token can do shows: strongroom token",
}
_PRINCIPAL_OF_ANOTHER_ACCOUNT = (
    "No policy can allow it: only clients of the principal's account administer it, list what it may retire, "
    "and explain its access to that account's keys."
)

_errors = Console(stderr=True)


@contextmanager
def shown_failures(*, as_json: bool) -> Iterator[None]:
    """Shows what the service refused, and ends with the code for it."""
    try:
        yield
    except StrongroomError as error:
        code = _CODES.get(type(error), ExitCode.REFUSED)
        if as_json:
            _show_json(error, code)
        else:
            _show_text(error, code)
        raise typer.Exit(code) from None


def usage(message: str) -> NoReturn:
    """Ends because the command was called wrongly."""
    _errors.print(f"[bold red]Error:[/] {escape(message)}", highlight=False, soft_wrap=True)
    raise typer.Exit(ExitCode.USAGE)


def _show_text(error: StrongroomError, code: ExitCode) -> None:
    is_good = code is ExitCode.DRY_RUN
    head = "[bold green]Dry run:[/]" if is_good else f"[bold red]{type(error).__name__}:[/]"
    _errors.print(f"{head} {escape(printable(str(error)))}", highlight=False, soft_wrap=True)
    remedy = _remedy(error)
    if remedy:
        _errors.print(escape(remedy), highlight=False, soft_wrap=True)
    if error.request_id and not is_good:
        _errors.print(f"[dim]request id {error.request_id}[/]", highlight=False)


def _remedy(error: StrongroomError) -> str | None:
    if isinstance(error, errors.UnsupportedOperation) and "origin" in error.metadata:
        return "Look at the key's origin with: strongroom key describe KEY"
    if isinstance(error, errors.AccessDenied) and "principal" in error.metadata:
        return _PRINCIPAL_OF_ANOTHER_ACCOUNT
    return _REMEDIES.get(type(error))


def _show_json(error: StrongroomError, code: ExitCode) -> None:
    document = {
        "error": type(error).__name__,
        "message": str(error),
        "reason": error.reason,
        "metadata": dict(error.metadata),
        "requestId": error.request_id,
        "retryAfterSeconds": error.retry_after_s,
        "exitCode": int(code),
    }
    sys.stderr.write(json.dumps(document) + "\n")
