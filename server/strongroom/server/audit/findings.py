"""What a verification finds."""

from dataclasses import dataclass, field
from pathlib import Path

from strongroom.server.audit.chain import Head
from strongroom.server.audit.endings import Closing
from strongroom.server.audit.openings import Opening


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that isn't as it was written, or that can't be told.

    Args:
        place: the file, and the line where there is one: `worker-0-00000001.jsonl:12`.
        text: what it is.
    """

    place: str
    text: str


@dataclass(slots=True)
class Segment:
    """What was found of a segment.

    Args:
        path: its file.
        head: how far it goes.
        torn_bytes: of half a line at its end.
        opening: what its first record says; None without one.
        proven: the sequence up to which a signature proves it.
        closing: whether its writer said that nothing follows.
        is_broken: True if it was given up at a line that isn't as it was written.
    """

    path: Path
    head: Head
    torn_bytes: int = 0
    opening: Opening | None = None
    proven: int = 0
    closing: Closing = Closing.OPEN
    is_broken: bool = False

    @property
    def follows(self) -> Head | None:
        """How far the one before it went; None of a chain's first."""
        return None if self.opening is None else self.opening.follows


@dataclass(slots=True)
class Verification:
    """What came of a verification.

    Args:
        segments: those that were found.
        problems: what isn't as it was written.
        notes: what can't be told: beginnings that aren't there, ends that nothing proves yet.
        records: how many records there are.
        checkpoints: how many signed checkpoints hold.
    """

    segments: list[Segment] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    records: int = 0
    checkpoints: int = 0
