"""Public keys, and key pairs for the caller's own use."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from strongroom.cli import options, pem, public_keys
from strongroom.cli.failures import usage
from strongroom.cli.files import Encoding, check_writable, write_bytes
from strongroom.cli.outputs import Part, check_parts, write_parts
from strongroom.cli.public_keys import Format
from strongroom.cli.registration import Command
from strongroom.cli.session import parse_context, session_of, show_json
from strongroom.client.names import DATA_KEY_PAIR_SPECS

_PAIR_EXAMPLE = (
    "strongroom data-key-pair KEY --spec RSA_3072 --private-out rsa.pem --public-out rsa.pub.pem "
    "--ciphertext-out rsa.enc"
)


def public_key(
    context: typer.Context,
    key_id: options.KeyId,
    form: Annotated[
        Format, typer.Option("--format", help="How to write it: pem and der are SubjectPublicKeyInfo.")
    ] = Format.PEM,
    target: options.OutputFile = options.STDOUT,
    force: options.Force = False,
) -> None:
    """Get the public key of an asymmetric key. As jwk and ssh: RSA, the NIST curves and Ed25519.

    secp256k1 is among them for jwk only. Other keys: pem and der.
    """
    session = session_of(context)
    check_writable(target, force=force)
    with session.client() as client:
        answer = client.get_public_key(key_id)
    if session.as_json and target == options.STDOUT:
        show_json(asdict(answer))
        return
    try:
        text = public_keys.written(answer.public_key, form, answer.key_id)
    except ValueError as error:
        usage(f"A key of spec {answer.key_spec} can't be written as {form.value}. {error}")
    write_bytes(target, text, Encoding.RAW, force=force, is_secret=False)


def data_key_pair(
    context: typer.Context,
    key_id: options.KeyId,
    spec: Annotated[str, options.named("--spec", DATA_KEY_PAIR_SPECS, "The kind of key pair.")],
    ciphertext: Annotated[
        Path, typer.Option("--ciphertext-out", help="Where the encrypted private key goes.")
    ],
    public: Annotated[Path, typer.Option("--public-out", help="Where the public key goes.")],
    private: Annotated[
        Path | None, typer.Option("--private-out", help="Where the private key goes, unencrypted PKCS #8.")
    ] = None,
    without_plaintext: Annotated[
        bool, typer.Option("--without-plaintext", help="Only make the encrypted private key.")
    ] = False,
    pairs: options.Context = None,
    force: options.Force = False,
    dry_run: options.DryRun = False,
) -> None:
    """Make a key pair for your own use; the file of its private key is readable by you alone.

    Keys are written as PEM into files whose names end in .pem, otherwise as DER. `strongroom decrypt` gives
    the private key, in DER, back from its ciphertext.
    """
    if without_plaintext == (private is not None):
        usage("Give either --private-out or --without-plaintext.")
    session = session_of(context)
    parts = (
        Part("private_key_ciphertext_blob", ciphertext),
        Part("public_key", public),
        Part("private_key_plaintext", private, is_secret=True),
    )
    check_parts(parts, force=force)
    with session.client() as client:
        make = (
            client.generate_data_key_pair_without_plaintext
            if without_plaintext
            else client.generate_data_key_pair
        )
        made = make(key_id, spec, encryption_context=parse_context(pairs or []), dry_run=dry_run)
    made = replace(
        made,
        public_key=_as_named(public, pem.PUBLIC_KEY, made.public_key),
        private_key_plaintext=_as_named(private, pem.PRIVATE_KEY, made.private_key_plaintext),
    )
    write_parts(session, made, parts, Encoding.AUTO, force=force)


def _as_named(path: Path | None, label: str, der: bytes) -> bytes:
    return pem.to_pem(label, der) if path is not None and path.suffix == ".pem" else der


COMMANDS: tuple[Command, ...] = (
    ("public-key", public_key, "strongroom public-key KEY --format ssh >> ~/.ssh/authorized_keys"),
    (
        "data-key-pair",
        data_key_pair,
        _PAIR_EXAMPLE,
    ),
)
