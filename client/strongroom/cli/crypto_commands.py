"""Encrypting, decrypting, data keys and random numbers."""

from pathlib import Path
from typing import Annotated

import typer

from strongroom.cli import options
from strongroom.cli.failures import usage
from strongroom.cli.files import Encoding, check_writable, read_bytes, write_bytes
from strongroom.cli.outputs import Part, check_parts, write_parts
from strongroom.cli.registration import Command
from strongroom.cli.session import parse_context, session_of, show_json
from strongroom.client.names import ENCRYPTION_ALGORITHMS

MAX_PLAINTEXT_BYTES = 4096
MAX_BLOB_BYTES = 6144

_PLAINTEXT_TOO_LONG = (
    f"At most {MAX_PLAINTEXT_BYTES} bytes can be encrypted by the service. For more, make a data key with "
    "`strongroom data-key`, encrypt with it yourself, and keep its ciphertext beside the data."
)
_BLOB_TOO_LONG = f"A ciphertext has at most {MAX_BLOB_BYTES} bytes: this isn't one."


def encrypt(
    context: typer.Context,
    key_id: options.KeyId,
    source: options.InputFile = options.STDIN,
    target: options.OutputFile = options.STDOUT,
    algorithm: options.EncryptionAlgorithm = None,
    pairs: options.Context = None,
    in_encoding: options.InputEncoding = Encoding.RAW,
    encoding: options.OutputEncoding = Encoding.AUTO,
    force: options.Force = False,
    dry_run: options.DryRun = False,
) -> None:
    """Encrypt up to 4096 bytes; with an RSA key and the algorithm, up to its size."""
    session = session_of(context)
    check_writable(target, force=force)
    plaintext = read_bytes(source, in_encoding, most=MAX_PLAINTEXT_BYTES, too_long=_PLAINTEXT_TOO_LONG)
    with session.client() as client:
        answer = client.encrypt(
            key_id,
            plaintext,
            encryption_context=parse_context(pairs or []),
            encryption_algorithm=algorithm,
            dry_run=dry_run,
        )
    if session.as_json and target == options.STDOUT:
        show_json({"ciphertext_blob": answer.ciphertext_blob, "key_id": answer.key_id})
        return
    write_bytes(target, answer.ciphertext_blob, encoding, force=force, is_secret=False)


def decrypt(
    context: typer.Context,
    key_id: Annotated[
        str | None, typer.Option(help="Decrypt only if this key encrypted it; an RSA key must be named.")
    ] = None,
    source: options.InputFile = options.STDIN,
    target: options.OutputFile = options.STDOUT,
    algorithm: options.EncryptionAlgorithm = None,
    pairs: options.Context = None,
    in_encoding: options.InputEncoding = Encoding.RAW,
    encoding: options.OutputEncoding = Encoding.RAW,
    force: options.Force = False,
    dry_run: options.DryRun = False,
) -> None:
    """Decrypt what `encrypt`, `re-encrypt` or `data-key` made; an output file is readable by you alone."""
    session = session_of(context)
    check_writable(target, force=force)
    blob = read_bytes(source, in_encoding, most=MAX_BLOB_BYTES, too_long=_BLOB_TOO_LONG)
    with session.client() as client:
        answer = client.decrypt(
            blob,
            key_id=key_id,
            encryption_context=parse_context(pairs or []),
            encryption_algorithm=algorithm,
            dry_run=dry_run,
        )
    if session.as_json and target == options.STDOUT:
        show_json({"plaintext": answer.plaintext, "key_id": answer.key_id})
        return
    write_bytes(target, answer.plaintext, encoding, force=force, is_secret=True)


def re_encrypt(
    context: typer.Context,
    destination: Annotated[str, typer.Argument(help="The key to encrypt with.", metavar="KEY")],
    source_key_id: Annotated[str | None, typer.Option(help="The only key that may decrypt.")] = None,
    source: options.InputFile = options.STDIN,
    target: options.OutputFile = options.STDOUT,
    source_algorithm: Annotated[
        str | None, options.named("--source-algorithm", ENCRYPTION_ALGORITHMS, "The old algorithm.")
    ] = None,
    algorithm: Annotated[
        str | None, options.named("--algorithm", ENCRYPTION_ALGORITHMS, "The new algorithm.")
    ] = None,
    pairs: Annotated[
        list[str] | None, typer.Option("--context", help="A pair of the old encryption context.")
    ] = None,
    new_pairs: Annotated[
        list[str] | None, typer.Option("--new-context", help="A pair of the new encryption context.")
    ] = None,
    in_encoding: options.InputEncoding = Encoding.RAW,
    encoding: options.OutputEncoding = Encoding.AUTO,
    force: options.Force = False,
    dry_run: options.DryRun = False,
) -> None:
    """Encrypt anew under another key or context; the plaintext stays in the service."""
    session = session_of(context)
    check_writable(target, force=force)
    blob = read_bytes(source, in_encoding, most=MAX_BLOB_BYTES, too_long=_BLOB_TOO_LONG)
    with session.client() as client:
        answer = client.re_encrypt(
            blob,
            destination,
            source_key_id=source_key_id,
            source_encryption_context=parse_context(pairs or []),
            source_encryption_algorithm=source_algorithm,
            destination_encryption_context=parse_context(new_pairs or []),
            destination_encryption_algorithm=algorithm,
            dry_run=dry_run,
        )
    if session.as_json and target == options.STDOUT:
        show_json({"ciphertext_blob": answer.ciphertext_blob, "key_id": answer.key_id})
        return
    write_bytes(target, answer.ciphertext_blob, encoding, force=force, is_secret=False)


def data_key(
    context: typer.Context,
    key_id: options.KeyId,
    ciphertext: Annotated[Path, typer.Option("--ciphertext-out", help="Where the encrypted data key goes.")],
    plaintext: Annotated[
        Path | None, typer.Option("--plaintext-out", help="Where the data key goes; - is standard output.")
    ] = None,
    number_of_bytes: Annotated[
        int | None, typer.Option("--bytes", min=1, max=1024, help="Its length. [default: 32]")
    ] = None,
    without_plaintext: Annotated[
        bool, typer.Option("--without-plaintext", help="Only make the encrypted data key.")
    ] = False,
    pairs: options.Context = None,
    encoding: options.OutputEncoding = Encoding.AUTO,
    force: options.Force = False,
    dry_run: options.DryRun = False,
) -> None:
    """Make a data key for encrypting data of any size yourself; its file is readable by you alone."""
    if without_plaintext == (plaintext is not None):
        usage("Give either --plaintext-out or --without-plaintext.")
    session = session_of(context)
    parts = (Part("ciphertext_blob", ciphertext), Part("plaintext", plaintext, is_secret=True))
    check_parts(parts, force=force)
    with session.client() as client:
        make = client.generate_data_key_without_plaintext if without_plaintext else client.generate_data_key
        made = make(
            key_id,
            number_of_bytes=number_of_bytes,
            encryption_context=parse_context(pairs or []),
            dry_run=dry_run,
        )
    write_parts(session, made, parts, encoding, force=force)


def random(
    context: typer.Context,
    number_of_bytes: Annotated[int, typer.Argument(min=1, max=1024, help="How many bytes.", metavar="BYTES")],
    target: options.OutputFile = options.STDOUT,
    encoding: options.OutputEncoding = Encoding.AUTO,
    force: options.Force = False,
) -> None:
    """Get random bytes from the token."""
    session = session_of(context)
    check_writable(target, force=force)
    with session.client() as client:
        data = client.generate_random(number_of_bytes)
    if session.as_json and target == options.STDOUT:
        show_json({"plaintext": data})
        return
    write_bytes(target, data, encoding, force=force, is_secret=True)


COMMANDS: tuple[Command, ...] = (
    ("encrypt", encrypt, "strongroom encrypt KEY --in card.txt --out card.bin --context table=orders"),
    ("decrypt", decrypt, "strongroom decrypt --in card.bin --out card.txt --context table=orders"),
    (
        "re-encrypt",
        re_encrypt,
        "strongroom re-encrypt NEWKEY --in old.bin --out new.bin --context table=orders",
    ),
    ("data-key", data_key, "strongroom data-key KEY --plaintext-out dk --ciphertext-out dk.bin"),
    ("random", random, "strongroom random 32 --encoding hex"),
)
