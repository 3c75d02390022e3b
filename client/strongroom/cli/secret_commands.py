"""Secrets that two parties share: key agreement and encapsulation."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from strongroom.cli import options, pem
from strongroom.cli.failures import usage
from strongroom.cli.files import STANDARD, Encoding, check_writable, read_bytes, write_bytes
from strongroom.cli.outputs import Part, check_parts, write_parts
from strongroom.cli.registration import Command
from strongroom.cli.session import session_of, show_json

MAX_PUBLIC_KEY_BYTES = 8192
MAX_BLOB_BYTES = 6144
_MAX_PEM_BYTES = 2 * MAX_PUBLIC_KEY_BYTES

_PEER_TOO_LONG = f"A public key has at most {MAX_PUBLIC_KEY_BYTES} bytes: this isn't one."
_BLOB_TOO_LONG = f"An encapsulated secret has at most {MAX_BLOB_BYTES} bytes: this isn't one."


def derive(
    context: typer.Context,
    key_id: options.KeyId,
    peer: Annotated[
        Path, typer.Option("--peer", help="The other's public key, PEM or DER; - is standard input.")
    ],
    target: options.OutputFile = options.STDOUT,
    encoding: options.OutputEncoding = Encoding.AUTO,
    force: options.Force = False,
    dry_run: options.DryRun = False,
) -> None:
    """Derive the raw ECDH secret shared with a peer; derive a key from it, and don't use it as one.

    An output file is readable by you alone.
    """
    session = session_of(context)
    check_writable(target, force=force)
    public_key = _public_key(peer)
    with session.client() as client:
        answer = client.derive_shared_secret(key_id, public_key, dry_run=dry_run)
    if session.as_json and target == options.STDOUT:
        show_json(asdict(answer))
        return
    write_bytes(target, answer.shared_secret, encoding, force=force, is_secret=True)


def encapsulate(
    context: typer.Context,
    key_id: options.KeyId,
    secret: Annotated[
        Path, typer.Option("--secret-out", help="Where the secret goes; - is standard output.")
    ],
    ciphertext: Annotated[Path, typer.Option("--ciphertext-out", help="Where the encapsulated secret goes.")],
    encoding: options.OutputEncoding = Encoding.AUTO,
    force: options.Force = False,
    dry_run: options.DryRun = False,
) -> None:
    """Make a secret of 32 bytes and encapsulate it for a key; its file is readable by you alone."""
    session = session_of(context)
    parts = (
        Part("shared_secret_ciphertext_blob", ciphertext),
        Part("shared_secret", secret, is_secret=True),
    )
    check_parts(parts, force=force)
    with session.client() as client:
        answer = client.encapsulate(key_id, dry_run=dry_run)
    write_parts(session, answer, parts, encoding, force=force)


def decapsulate(
    context: typer.Context,
    key_id: options.KeyId,
    source: options.InputFile = options.STDIN,
    target: options.OutputFile = options.STDOUT,
    in_encoding: options.InputEncoding = Encoding.RAW,
    encoding: options.OutputEncoding = Encoding.AUTO,
    force: options.Force = False,
    dry_run: options.DryRun = False,
) -> None:
    """Get the secret that was encapsulated; an output file is readable by you alone.

    A ciphertext that was altered gives another secret and no error: confirm the secret with the other side.
    """
    session = session_of(context)
    check_writable(target, force=force)
    blob = read_bytes(source, in_encoding, most=MAX_BLOB_BYTES, too_long=_BLOB_TOO_LONG)
    with session.client() as client:
        answer = client.decapsulate(key_id, blob, dry_run=dry_run)
    if session.as_json and target == options.STDOUT:
        show_json(asdict(answer))
        return
    write_bytes(target, answer.shared_secret, encoding, force=force, is_secret=True)


def _public_key(file: Path) -> bytes:
    data = read_bytes(file, Encoding.RAW, most=_MAX_PEM_BYTES, too_long=_PEER_TOO_LONG)
    try:
        return pem.to_der(pem.PUBLIC_KEY, data)
    except ValueError as error:
        usage(f"{'The input' if file == STANDARD else file} is no public key. {error}")


COMMANDS: tuple[Command, ...] = (
    ("derive", derive, "strongroom derive KEY --peer their-public-key.pem --out secret"),
    (
        "encapsulate",
        encapsulate,
        "strongroom encapsulate KEY --secret-out secret --ciphertext-out secret.kem",
    ),
    ("decapsulate", decapsulate, "strongroom decapsulate KEY --in secret.kem --out secret"),
)
