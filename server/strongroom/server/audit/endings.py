"""Where a segment ended: what the next one begins behind."""

import re
from dataclasses import dataclass
from pathlib import Path

from strongroom.server.audit.chain import Head

_NAME = re.compile(r"(?P<name>.+)-(?P<number>[0-9]{8,18})\.jsonl", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a segment ended.

    Args:
        head: how far it goes.
        torn_bytes: how long the half of a line behind that is, which a crash or a full disk left.
        vouched: up to which record who begins the next one knows that they are the service's; None for all.
        otherwise: name of a file that isn't as the service left it, as far as it knows.
    """

    head: Head
    torn_bytes: int = 0
    vouched: int | None = None
    otherwise: str | None = None

    def as_json(self) -> dict[str, object]:
        """What the segment behind it says of it."""
        said: dict[str, object] = {"follows": None}
        if self.head.number:
            vouched = self.head.sequence if self.vouched is None else self.vouched
            said = {"follows": self.head.as_json(), "tornBytes": self.torn_bytes, "vouched": vouched}
        if self.otherwise is not None:
            said["otherwise"] = self.otherwise
        return said


def path_of(directory: Path, head: Head) -> Path:
    """The file of a segment."""
    return directory / f"{head.name}-{head.number:08d}.jsonl"


def chain_of(path: Path) -> tuple[str, int] | None:
    """The name of the chain and the number of the segment that a file is of; None for another file."""
    found = _NAME.fullmatch(path.name)
    if found is None or f"{int(found['number']):08d}" != found["number"]:
        return None  # two names of one number could stand for each other
    return found["name"], int(found["number"])


def segments_in(directory: Path, name: str) -> list[tuple[int, Path]]:
    """The numbers and files of a chain's segments, in their order."""
    files = (path for path in directory.glob(f"{name}-*.jsonl") if path.is_file() and not path.is_symlink())
    found = ((chain_of(path), path) for path in files)
    return sorted((chain[1], path) for chain, path in found if chain is not None and chain[0] == name)
