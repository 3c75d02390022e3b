"""Where a chain ended: what the next segment begins behind."""

import re
from dataclasses import dataclass
from pathlib import Path

from strongroom.server.audit.chain import ChainBroken, Head, checked, segment_of

_NAME = re.compile(r"(?P<name>.+)-(?P<number>[0-9]{8,})\.jsonl")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a segment ended.

    Args:
        head: how far it goes.
        torn_bytes: how long the half of a line behind that is, which a crash or a full disk left.
    """

    head: Head
    torn_bytes: int = 0

    def as_json(self) -> dict[str, object]:
        """What the segment behind it says of it."""
        if not self.head.number:
            return {"follows": None}
        return {"follows": self.head.as_json(), "tornBytes": self.torn_bytes}


def path_of(directory: Path, head: Head) -> Path:
    """The file of a segment."""
    return directory / f"{head.name}-{head.number:08d}.jsonl"


def chain_of(path: Path) -> tuple[str, int] | None:
    """The name of the chain and the number of the segment that a file is of; None for another file."""
    found = _NAME.fullmatch(path.name)
    return (found["name"], int(found["number"])) if found else None


def segments_in(directory: Path, name: str) -> list[tuple[int, Path]]:
    """The numbers and files of a chain's segments, in their order."""
    files = (path for path in directory.glob(f"{name}-*.jsonl") if path.is_file() and not path.is_symlink())
    found = ((chain_of(path), path) for path in files)
    return sorted((chain[1], path) for chain, path in found if chain is not None and chain[0] == name)


def newest(directory: Path, name: str, known: Head | None) -> Ending:
    """How a chain ended: by its newest file, or by what is known elsewhere where that goes further.

    Files that go less far than they did were altered: what follows says how far they went.
    """
    found = Ending(Head(name, 0, ""))
    files = segments_in(directory, name)
    if files:
        found = _ending_of(files[-1][1], name, files[-1][0])
    if known is None or (known.number, known.sequence) <= (found.head.number, found.head.sequence):
        return found
    return Ending(known)


def _ending_of(path: Path, name: str, number: int) -> Ending:
    """Where the chain of a file ends: at its last line that follows the one before it."""
    head, read = Head(name, number, ""), 0
    with path.open("rb") as file:
        for line in file:
            try:
                head = _next(head, line)
            except ChainBroken:
                break
            read += len(line)
    return Ending(head, path.stat().st_size - read)


def _next(head: Head, line: bytes) -> Head:
    text = line.removesuffix(b"\n")
    if text == line:
        raise ChainBroken("it isn't whole")
    if not head.sequence:
        head = Head(head.name, head.number, segment_of(text))
    checked(text, head)
    return head.next(text)
