"""`strongroom key import` and what belongs to it: key material that was made elsewhere."""

import importlib
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from strongroom.cli.failures import usage
from strongroom.cli.files import Encoding, check_writable, read_bytes, write_bytes
from strongroom.cli.options import Force, InputEncoding, KeyId, named
from strongroom.cli.pem import PUBLIC_KEY, to_pem
from strongroom.cli.session import console, session_of, show_json
from strongroom.client import Client, KeyMaterial, KeyMetadata
from strongroom.client.names import WRAPPING_ALGORITHMS, WRAPPING_KEY_SPECS

_MOST_BYTES = 16_384
_MOST_TOKEN_BYTES = 6144
_MOST_PASSPHRASE_BYTES = 1024
_MOST_DAYS = 365
_KEY_BYTES = {
    "SYMMETRIC_DEFAULT": (32, 32),
    "HMAC_224": (28, 128),
    "HMAC_256": (32, 128),
    "HMAC_384": (48, 128),
    "HMAC_512": (64, 128),
}
_OAEP = "RSAES_OAEP_SHA_256"
_TWO_STEPS = "RSA_AES_KEY_WRAP_SHA_256"

_Algorithm = Annotated[
    str | None,
    named(
        "--wrapping-algorithm",
        WRAPPING_ALGORITHMS,
        "How it is wrapped. RSAES_OAEP_SHA_256 for secret keys, else RSA_AES_KEY_WRAP_SHA_256.",
    ),
]
_KeySpec = Annotated[
    str, named("--wrapping-key-spec", WRAPPING_KEY_SPECS, "The kind of public key it is wrapped under.")
]
_Material = Annotated[
    str, typer.Option("--material", help="A key material id of a symmetric key; the current one if left out.")
]


def import_(
    context: typer.Context,
    key_id: KeyId,
    source: Annotated[
        Path, typer.Option("--in", "-i", help="File with the key: PEM, or raw bytes; - is standard input.")
    ],
    encoding: InputEncoding = Encoding.RAW,
    valid_days: Annotated[
        int | None,
        typer.Option(min=1, max=_MOST_DAYS, help="Days until the service deletes it; never if left out."),
    ] = None,
    never_expires: Annotated[
        bool,
        typer.Option("--never-expires", help="The service never deletes it, whatever was said before."),
    ] = False,
    new: Annotated[
        bool,
        typer.Option("--new", help="Material that a symmetric key hasn't had; key rotate makes it current."),
    ] = False,
    description: Annotated[
        str, typer.Option(help="What the material of a symmetric key is; not secret.")
    ] = "",
    wrapping_algorithm: _Algorithm = None,
    wrapping_key_spec: _KeySpec = "RSA_4096",
    passphrase_file: Annotated[
        Path | None, typer.Option(help="File with the private key's passphrase; without it you are asked.")
    ] = None,
    import_token: Annotated[
        Path | None,
        typer.Option(help="File of key import-parameters: what --in has is wrapped already."),
    ] = None,
) -> None:
    """Import key material into a key that was created with --origin EXTERNAL.

    The material is wrapped here, under a public key that the token makes for this import alone. An RSA or
    elliptic curve key is read from PEM or DER, with a passphrase if it has one; a secret key is read as raw
    bytes, or as --in-encoding says. Importing the same material again changes when it expires.
    """
    if never_expires and valid_days is not None:
        usage("Give --valid-days or --never-expires, not both.")
    session = session_of(context)
    data = read_bytes(source, encoding, most=_MOST_BYTES, too_long="That is no key: it is too long.")
    token = None if import_token is None else _read_token(import_token)
    valid_to = None if valid_days is None else datetime.now(UTC) + timedelta(days=valid_days)
    with session.client() as client:
        key = client.describe_key(key_id)
        if key.valid_to and not (new or never_expires or valid_days):
            when = key.valid_to.isoformat(timespec="seconds")
            usage(f"The key's material expires at {when}: say --valid-days, or --never-expires.")
        algorithm = wrapping_algorithm or (_OAEP if _is_secret(key) else _TWO_STEPS)
        if token is None:
            material = _secret(data, key) if _is_secret(key) else _private_key(data, passphrase_file)
            token, data = _wrapped(client, key_id, material, algorithm, wrapping_key_spec)
        done = client.import_key_material(
            key_id,
            token,
            data,
            valid_to=valid_to,
            import_type="NEW_KEY_MATERIAL" if new else None,
            key_material_description=description,
        )
        state = client.describe_key(key_id).key_state
    _show(done, state, as_json=session.as_json)


def import_parameters(
    context: typer.Context,
    key_id: KeyId,
    public_key: Annotated[Path, typer.Option(help="File to write the public key to, as PEM.")],
    import_token: Annotated[Path, typer.Option(help="File to write the import token to.")],
    wrapping_algorithm: Annotated[
        str, named("--wrapping-algorithm", WRAPPING_ALGORITHMS, "How it will be wrapped.")
    ] = _OAEP,
    wrapping_key_spec: _KeySpec = "RSA_4096",
    force: Force = False,
) -> None:
    """Get what key material can be wrapped with elsewhere: a public key and a token for one import.

    Both are good for 24 hours, for this key alone.
    """
    session = session_of(context)
    if public_key.resolve() == import_token.resolve():
        usage("Public key and import token need a file each.")
    for path in (public_key, import_token):
        check_writable(path, force=force)
    with session.client() as client:
        found = client.get_parameters_for_import(
            key_id, wrapping_algorithm=wrapping_algorithm, wrapping_key_spec=wrapping_key_spec
        )
    pem = to_pem(PUBLIC_KEY, found.public_key)
    write_bytes(public_key, pem, Encoding.RAW, force=force, is_secret=False)
    write_bytes(import_token, found.import_token, Encoding.RAW, force=force, is_secret=False)
    if session.as_json:
        show_json(asdict(found))
        return
    when = found.parameters_valid_to.isoformat(timespec="seconds")
    console.print(f"Wrap the material by {wrapping_algorithm}, and before {when}:", highlight=False)
    command = f"  strongroom key import {key_id} --in WRAPPED --import-token {import_token}"
    console.print(command, highlight=False, soft_wrap=True)


def delete_material(
    context: typer.Context,
    key_id: KeyId,
    material: _Material = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
) -> None:
    """Delete imported material at once. The key can't be used until the very same is imported again."""
    if not yes and not typer.confirm(f"Delete key material of {key_id}? Only you can bring it back."):
        raise typer.Exit(1)
    session = session_of(context)
    with session.client() as client:
        done = client.delete_imported_key_material(key_id, key_material_id=material)
        state = client.describe_key(key_id).key_state
    _show(done, state, as_json=session.as_json)


def _wrapped(
    client: Client, key_id: str, material: bytes, algorithm: str, wrapping_key_spec: str
) -> tuple[bytes, bytes]:
    """An import token, and the material under the public key that goes with it."""
    wrapping = _wrapping()
    parameters = client.get_parameters_for_import(
        key_id, wrapping_algorithm=algorithm, wrapping_key_spec=wrapping_key_spec
    )
    try:
        return parameters.import_token, wrapping.wrap(material, parameters.public_key, algorithm)
    except wrapping.NotAKey as error:
        usage(str(error))


def _secret(data: bytes, key: KeyMetadata) -> bytes:
    """Says what is wrong with a secret's length before the token makes a pair for it."""
    least, most = _KEY_BYTES[key.key_spec]
    if not least <= len(data) <= most:
        wanted = f"{least} bytes" if least == most else f"{least} to {most} bytes"
        usage(f"A {key.key_spec} key has {wanted}, not {len(data)}: is --in-encoding right?")
    return data


def _private_key(data: bytes, passphrase_file: Path | None) -> bytes:
    wrapping = _wrapping()
    passphrase = None if passphrase_file is None else _read_passphrase(passphrase_file)
    try:
        if wrapping.is_encrypted(data) and passphrase is None:
            passphrase = _ask_passphrase()
        return bytes(wrapping.private_key(data, passphrase))
    except wrapping.NotAKey as error:
        usage(str(error))


def _ask_passphrase() -> bytes:
    if not sys.stdin.isatty():
        usage("The private key is encrypted: give --passphrase-file, or call this at a terminal.")
    return str(typer.prompt("Passphrase of the private key", hide_input=True, err=True)).encode()


def _read_passphrase(path: Path) -> bytes:
    data = read_bytes(path, Encoding.RAW, most=_MOST_PASSPHRASE_BYTES, too_long=f"{path} is no passphrase.")
    return data.removesuffix(b"\n")


def _wrapping() -> Any:  # noqa: ANN401 # the module `wrapping`
    try:
        return importlib.import_module("strongroom.cli.wrapping")
    except ImportError:
        usage("Wrapping needs the package cryptography: pip install 'strongroom[import]'.")


def _is_secret(key: KeyMetadata) -> bool:
    return key.key_spec in _KEY_BYTES


def _read_token(path: Path) -> bytes:
    return read_bytes(path, Encoding.RAW, most=_MOST_TOKEN_BYTES, too_long=f"{path} is no import token.")


def _show(material: KeyMaterial, state: str, *, as_json: bool) -> None:
    if as_json:
        show_json({**asdict(material), "key_state": state})
        return
    name = f", material {material.key_material_id}" if material.key_material_id else ""
    console.print(f"{material.key_id}{name}: the key is {state}.", highlight=False, soft_wrap=True)
