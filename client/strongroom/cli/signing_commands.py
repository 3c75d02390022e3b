"""Signing and verifying."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from strongroom.cli import algorithms, options
from strongroom.cli.failures import usage
from strongroom.cli.files import STANDARD, Encoding, check_writable, read_bytes, write_bytes
from strongroom.cli.messages import MAX_MESSAGE_BYTES, Message
from strongroom.cli.registration import Command
from strongroom.cli.session import console, session_of, show_json
from strongroom.client.names import MESSAGE_TYPES, SIGNING_ALGORITHMS

MAX_SIGNATURE_BYTES = 6144

_MESSAGE_TOO_LONG = (
    f"At most {MAX_MESSAGE_BYTES} bytes can be signed as they are. For more, add --digest: then the input is "
    "hashed here, and only its digest is sent. ML-DSA keys sign no digests; Ed25519 keys do if the token "
    "knows Ed25519ph."
)
_SIGNATURE_TOO_LONG = f"A signature has at most {MAX_SIGNATURE_BYTES} bytes: this isn't one."

Algorithm = Annotated[
    str | None,
    options.named(
        "--algorithm",
        SIGNING_ALGORITHMS,
        "By default the key's only one for such messages; for RSA, RSASSA_PSS_SHA_256.",
    ),
]
MessageType = Annotated[
    str | None, options.named("--message-type", MESSAGE_TYPES, "What the input is, by default RAW.")
]


def sign(
    context: typer.Context,
    key_id: options.KeyId,
    algorithm: Algorithm = None,
    source: options.InputFile = options.STDIN,
    target: options.OutputFile = options.STDOUT,
    digest: options.Digest = False,
    message_type: MessageType = None,
    in_encoding: options.InputEncoding = Encoding.RAW,
    encoding: options.OutputEncoding = Encoding.AUTO,
    force: options.Force = False,
    dry_run: options.DryRun = False,
) -> None:
    """Sign up to 4096 bytes, or the digest of a file of any size.

    Without --algorithm the key is looked up first, for which its description must be allowed too. Ed25519
    signs digests by ED25519_PH_SHA_512, and every other message by ED25519_SHA_512.
    """
    session = session_of(context)
    kind = _message_type(message_type, is_digested=digest)
    check_writable(target, force=force)
    message = Message.read(source, in_encoding, is_digested=digest, too_long=_MESSAGE_TOO_LONG)
    with session.client() as client:
        chosen = algorithm or algorithms.signing_algorithm(client.describe_key(key_id), kind)
        data = message.bytes_for(chosen, as_json=session.as_json)
        answer = client.sign(key_id, data, signing_algorithm=chosen, message_type=kind, dry_run=dry_run)
    if session.as_json and target == options.STDOUT:
        show_json(asdict(answer))
        return
    write_bytes(target, answer.signature, encoding, force=force, is_secret=False)


def verify(
    context: typer.Context,
    key_id: options.KeyId,
    signature: Annotated[
        Path, typer.Option("--signature", help="File of the signature; - is standard input.")
    ],
    algorithm: Algorithm = None,
    source: options.InputFile = options.STDIN,
    digest: options.Digest = False,
    message_type: MessageType = None,
    in_encoding: options.InputEncoding = Encoding.RAW,
    signature_encoding: Annotated[
        Encoding, typer.Option(help="How the signature is written.")
    ] = Encoding.RAW,
    dry_run: options.DryRun = False,
) -> None:
    """Verify a signature: exit code 0 if it is valid, 1 with InvalidSignature if it isn't."""
    if source == signature == STANDARD:
        usage("Message and signature can't both come from standard input: give --in.")
    session = session_of(context)
    kind = _message_type(message_type, is_digested=digest)
    signed = read_bytes(signature, signature_encoding, most=MAX_SIGNATURE_BYTES, too_long=_SIGNATURE_TOO_LONG)
    message = Message.read(source, in_encoding, is_digested=digest, too_long=_MESSAGE_TOO_LONG)
    with session.client() as client:
        chosen = algorithm or algorithms.signing_algorithm(client.describe_key(key_id), kind)
        data = message.bytes_for(chosen, as_json=session.as_json)
        answer = client.verify(
            key_id, data, signed, signing_algorithm=chosen, message_type=kind, dry_run=dry_run
        )
    if session.as_json:
        show_json(asdict(answer))
        return
    console.print("The signature is valid.")


def _message_type(given: str | None, *, is_digested: bool) -> str:
    if is_digested and given not in {None, "DIGEST"}:
        usage("--digest sends a digest: leave --message-type out.")
    return "DIGEST" if is_digested else given or "RAW"


COMMANDS: tuple[Command, ...] = (
    ("sign", sign, "strongroom sign KEY --digest --in release.tar.gz --out release.sig"),
    ("verify", verify, "strongroom verify KEY --digest --in release.tar.gz --signature release.sig"),
)
