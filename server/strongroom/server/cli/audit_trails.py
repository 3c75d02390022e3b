"""Where the audit trail is that a command reads, and how what is in it is printed."""

from collections.abc import Sequence
from pathlib import Path


class NoTrail(Exception):
    """There is no such directory."""


def files_of(trails: Sequence[Path]) -> list[Path]:
    """The files of directories that may be segments, and files that are named.

    Raises:
        NoTrail: one of them isn't there.
    """
    for trail in trails:
        if not trail.exists():
            raise NoTrail(f"There is no audit trail at {trail}.")
    return [file for trail in trails for file in (trail.glob("*.jsonl") if trail.is_dir() else [trail])]


def printable(text: str) -> str:
    """Text of a record or a file's name, without what a terminal would obey."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
