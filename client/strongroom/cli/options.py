"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Any

import typer

from strongroom.cli.failures import usage
from strongroom.cli.files import STANDARD, Encoding
from strongroom.client.names import ENCRYPTION_ALGORITHMS, Names


def named(flag: str, names: Names[Any], text: str) -> Any:  # noqa: ANN401 # as typer.Option does
    """An option that takes one of AWS KMS's names, in any case; its help lists them."""
    return typer.Option(
        flag,
        callback=lambda value: None if value is None else _known(names, value),
        autocompletion=lambda: list(names.allowed),
        help=f"{text} One of: {', '.join(names.allowed)}.",
    )


def named_several(flag: str, names: Names[Any], text: str) -> Any:  # noqa: ANN401 # likewise
    """An option that takes such names, repeated."""
    return typer.Option(
        flag,
        callback=lambda values: [_known(names, value) for value in values or ()],
        autocompletion=lambda: list(names.allowed),
        help=f"{text} Repeatable; of: {', '.join(names.allowed)}.",
    )


def _known(names: Names[Any], value: str) -> str:
    """The name as AWS KMS spells it."""
    spelt = {name.upper(): name for name in names.allowed}.get(value.upper(), value)
    try:
        names.number(spelt)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return spelt


def parse_tags(pairs: list[str]) -> dict[str, str]:
    """Reads `name=value`; a name given twice ends the command."""
    tags: dict[str, str] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or name in tags:
            usage(f"A tag is name=value, each name once; not {pair!r}.")
        tags[name] = value
    return tags


KeyId = Annotated[str, typer.Argument(help="Key id or ARN.", metavar="KEY")]
Context = Annotated[
    list[str] | None,
    typer.Option(
        "--context",
        help="A pair key=value of the encryption context; may be repeated. Not secret: it is logged.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Make every check, and nothing else.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite output files.")]
InputFile = Annotated[Path, typer.Option("--in", "-i", help="File to read; - is standard input.")]
OutputFile = Annotated[Path, typer.Option("--out", "-O", help="File to write; - is standard output.")]
InputEncoding = Annotated[Encoding, typer.Option("--in-encoding", help="How the input is written.")]
OutputEncoding = Annotated[
    Encoding,
    typer.Option(
        "--encoding", help="How to write: raw, base64, hex; auto is base64 on a terminal, else raw."
    ),
]
EncryptionAlgorithm = Annotated[
    str | None,
    named("--algorithm", ENCRYPTION_ALGORITHMS, "The algorithm; an RSA key needs it."),
]
Digest = Annotated[
    bool,
    typer.Option("--digest", help="Hash the input, of any size, by the algorithm's hash; send the digest."),
]

STDIN = STANDARD
STDOUT = STANDARD
