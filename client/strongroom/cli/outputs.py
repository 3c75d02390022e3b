"""Answers of several parts: each part goes to its own file, what is told about them is shown."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from strongroom.cli.failures import usage
from strongroom.cli.files import Encoding, check_writable, is_standard_output, write_bytes
from strongroom.cli.session import Session, show_json
from strongroom.client import DataKey, DataKeyPair, Encapsulated


class Part(NamedTuple):
    """A field of an answer, and where it goes.

    Args:
        field: the field's name.
        target: the file; None if the part wasn't asked for.
        is_secret: True to let only the owner read the file.
    """

    field: str
    target: Path | None
    is_secret: bool = False


def check_parts(parts: Iterable[Part], *, force: bool) -> None:
    """Ends early if a part couldn't be kept, before anything is asked of the service."""
    targets = [part.target for part in parts if part.target is not None]
    if len(set(targets)) < len(targets):
        usage("Each output needs a file of its own.")
    for target in targets:
        check_writable(target, force=force)


def write_parts(
    session: Session,
    answer: DataKey | DataKeyPair | Encapsulated,
    parts: Iterable[Part],
    encoding: Encoding,
    *,
    force: bool,
) -> None:
    """Writes the parts of an answer; as JSON, what isn't in a file is shown in one document.

    Args:
        session: the global options.
        answer: one of the client's results.
        parts: all its parts.
        encoding: how they are written.
        force: True to overwrite files.
    """
    document = asdict(answer)
    for part in parts:
        data = document.pop(part.field)
        if part.target is None:
            continue
        if session.as_json and is_standard_output(part.target):
            document[part.field] = data
            continue
        write_bytes(part.target, data, encoding, force=force, is_secret=part.is_secret)
    if session.as_json:
        show_json(document)
