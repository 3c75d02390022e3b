"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from strongroom.cli.files import STANDARD, Encoding

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

STDIN = STANDARD
STDOUT = STANDARD
