"""Making and verifying message authentication codes."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from strongroom.cli import algorithms, options
from strongroom.cli.failures import usage
from strongroom.cli.files import STANDARD, Encoding, check_writable, read_bytes, write_bytes
from strongroom.cli.messages import MAX_MESSAGE_BYTES, Message
from strongroom.cli.registration import Command
from strongroom.cli.session import Session, console, session_of, show_json
from strongroom.client.names import MAC_ALGORITHMS

MAX_MAC_BYTES = 6144

_MESSAGE_TOO_LONG = (
    f"At most {MAX_MESSAGE_BYTES} bytes can be sent as they are. For more, add --digest, and do so again to "
    "verify: then the input is hashed here, and the MAC is one of its digest."
)
_MAC_TOO_LONG = f"A MAC has at most {MAX_MAC_BYTES} bytes: this isn't one."


def mac(
    context: typer.Context,
    key_id: options.KeyId,
    algorithm: Annotated[
        str | None, options.named("--algorithm", MAC_ALGORITHMS, "By default the key's own.")
    ] = None,
    source: options.InputFile = options.STDIN,
    target: options.OutputFile = options.STDOUT,
    verify: Annotated[
        Path | None, typer.Option("--verify", help="Verify the MAC in this file; - is standard input.")
    ] = None,
    digest: options.Digest = False,
    in_encoding: options.InputEncoding = Encoding.RAW,
    mac_encoding: Annotated[Encoding, typer.Option(help="How the MAC to verify is written.")] = Encoding.RAW,
    encoding: options.OutputEncoding = Encoding.AUTO,
    force: options.Force = False,
    dry_run: options.DryRun = False,
) -> None:
    """Make the HMAC of up to 4096 bytes, or verify it: exit code 0 if it is valid, 1 with InvalidMac if not.

    Without --algorithm the key is looked up first, for which its description must be allowed too. With
    --digest it is the HMAC of the input's digest, and so another than that of the input.
    """
    session = session_of(context)
    given = _given_mac(verify, source, target, mac_encoding)
    check_writable(target, force=force)
    message = Message.read(source, in_encoding, is_digested=digest, too_long=_MESSAGE_TOO_LONG)
    with session.client() as client:
        chosen = algorithm or algorithms.mac_algorithm(client.describe_key(key_id))
        data = message.bytes_for(chosen, as_json=session.as_json)
        if given is not None:
            checked = client.verify_mac(key_id, data, given, mac_algorithm=chosen, dry_run=dry_run)
            _show_valid(session, asdict(checked))
            return
        made = client.generate_mac(key_id, data, mac_algorithm=chosen, dry_run=dry_run)
    if session.as_json and target == options.STDOUT:
        show_json(asdict(made))
        return
    write_bytes(target, made.mac, encoding, force=force, is_secret=False)


def _given_mac(file: Path | None, source: Path, target: Path, encoding: Encoding) -> bytes | None:
    if file is None:
        return None
    if target != STANDARD:
        usage("Give either --out or --verify.")
    if source == file == STANDARD:
        usage("Message and MAC can't both come from standard input: give --in.")
    return read_bytes(file, encoding, most=MAX_MAC_BYTES, too_long=_MAC_TOO_LONG)


def _show_valid(session: Session, answer: dict[str, object]) -> None:
    if session.as_json:
        show_json(answer)
    else:
        console.print("The MAC is valid.")


COMMANDS: tuple[Command, ...] = (
    (
        "mac",
        mac,
        "strongroom mac KEY --in order --out order.mac; strongroom mac KEY --in order --verify order.mac",
    ),
)
